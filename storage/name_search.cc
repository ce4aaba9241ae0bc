#include "storage/name_search.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

std::pair<std::string, std::string> split(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// Whether any file system may refuse it: a plain ASCII path is known at a glance.
bool may_be_refused(FileSpec const& spec, std::size_t name_max) {
  auto const plain = [](char c) {
    return (c >= '-' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  bool const short_enough = spec.path.size() <= name_max;
  bool const ends_well = !spec.path.ends_with('.') && spec.path.find("./") == std::string::npos;
  if (short_enough && ends_well && std::ranges::all_of(spec.path, plain)) return false;
  return NameChoice{spec, spec.path, name_max}.cannot_be_held();
}

}  // namespace

NameSearch::NameSearch(int root, FileMap& map)
    : root_(root), map_(map), name_max_(io::name_max(root)) {}

void NameSearch::run() {
  std::vector<FileIndex> open;
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    FileSpec const& spec = map_.files()[f];
    bool const plain = !spec.noted && !spec.contested && spec.other_names.empty() &&
                       !may_be_refused(spec, name_max_);
    if (!spec.pad && !plain) open.push_back(FileIndex{f});
  }
  for (Pass const pass :
       {Pass::kNoted, Pass::kMarked, Pass::kWhole, Pass::kFormer, Pass::kAlike, Pass::kAnySize}) {
    std::erase_if(open, [&](FileIndex file) { return settle(file, pass); });
  }
  for (FileIndex const file : open) go_where_others_are(file);
}

bool NameSearch::settle(FileIndex file, Pass pass) {
  auto found = find(map_.file(file), pass);
  if (!found) return false;
  // With several links to it the user may have given it several names.
  if (seen_.links == 1) taken_.emplace(seen_.device, seen_.inode);
  map_.rename(file, *std::move(found));
  return true;
}

std::optional<std::string> NameSearch::find(FileSpec const& spec, Pass pass) {
  if (pass == Pass::kNoted) {
    return spec.noted ? find_from(spec, spec.path, pass) : std::nullopt;
  }
  bool const twins_only = pass == Pass::kMarked || pass == Pass::kAlike;
  if (twins_only && !spec.contested) return std::nullopt;
  for (auto const& other : spec.other_names) {
    if (other.former != (pass == Pass::kFormer)) continue;
    if (auto found = find_from(spec, other.path, pass)) return found;
  }
  if (pass == Pass::kFormer) return std::nullopt;
  return find_from(spec, spec.path, pass);
}

std::optional<std::string> NameSearch::find_from(FileSpec const& spec, std::string const& path,
                                                 Pass pass) {
  bool const any_size = pass == Pass::kNoted || pass == Pass::kAnySize;
  bool mended = false;
  NameChoice choice{spec, path, name_max_};
  if (pass == Pass::kMarked) (void)choice.another_file_has_it();
  for (;;) {
    std::string name = choice.name();
    bool more = false;
    switch (ask(spec, name, pass)) {
      case Answer::kHere:
        if (seen_.size != spec.length && (mended || !any_size)) return std::nullopt;
        return name;
      case Answer::kAnothers:
        more = choice.another_file_has_it();
        break;
      case Answer::kFileOnTheWay:
        more = choice.a_file_is_on_the_way(file_on_the_way(choice));
        break;
      case Answer::kNothing:
        more = mended = choice.cannot_be_held();
        break;
    }
    if (!more) return std::nullopt;
  }
}

NameSearch::Answer NameSearch::ask(FileSpec const& spec, std::string const& name, Pass pass) {
  auto const seen = io::info_beneath(root_, name);
  if (!seen) {
    bool const blocked = spec.contested && seen.error().sys_errno == ENOTDIR;
    return blocked ? Answer::kFileOnTheWay : Answer::kNothing;
  }
  seen_ = *seen;
  if (seen_.links == 1 && taken_.contains({seen_.device, seen_.inode})) return Answer::kAnothers;
  bool const letter_by_letter = spec.contested && pass != Pass::kMarked && pass != Pass::kAlike;
  if (letter_by_letter && !stands_exactly(name)) return Answer::kAnothers;
  return Answer::kHere;
}

// The number of elements that lead to it.
std::size_t NameSearch::file_on_the_way(NameChoice const& choice) const {
  std::size_t count = 1;
  while (count + 1 < choice.depth() && io::open_directory_beneath(root_, choice.prefix(count))) {
    ++count;
  }
  return count;
}

// A file system may find "README" where "readme" stands: then it is the other file's.
bool NameSearch::stands_exactly(std::string const& path) {
  for (std::string rest = path; !rest.empty();) {
    auto [directory, name] = split(rest);
    if (!is_listed(directory, name)) return false;
    rest = std::move(directory);
  }
  return true;
}

bool NameSearch::is_listed(std::string const& directory, std::string const& name) {
  constexpr std::size_t kNamesMax = 2'000'000;
  if (names_listed_ > kNamesMax) {
    listed_.clear();
    names_listed_ = 0;
  }
  auto const [at, fresh] = listed_.try_emplace(directory);
  if (fresh) {
    auto const names = io::names_in(root_, directory, kNamesMax);
    if (names) at->second.emplace(names->begin(), names->end());
    names_listed_ += names ? names->size() : 1;
  }
  // Who cannot list it has to take the file system's word.
  return !at->second || at->second->contains(name);
}

// A file that is missing in a folder that stands under the torrent's own name, or under the
// one of the former rule, belongs into that folder.
void NameSearch::go_where_others_are(FileIndex file) {
  FileSpec const& spec = map_.file(file);
  if (spec.noted || spec.other_names.empty()) return;
  NameChoice const own{spec, spec.path, name_max_};
  for (std::size_t count = own.depth() - 1; count > 0; --count) {
    for (bool const former : {false, true}) {
      if (former && io::open_directory_beneath(root_, own.prefix(count))) return;
      for (auto const& other : spec.other_names) {
        NameChoice const choice{spec, other.path, name_max_};
        if (other.former != former || choice.depth() != own.depth()) continue;
        std::string const folder = choice.prefix(count);
        if (!io::open_directory_beneath(root_, folder)) continue;
        return map_.rename(file, folder + spec.path.substr(own.prefix(count).size()));
      }
    }
  }
}

}  // namespace btfast::storage
