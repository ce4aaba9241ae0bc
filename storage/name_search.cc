#include "storage/name_search.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

std::pair<std::string, std::string> split(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// By the f_type of statfs(2).  Others are believed to refuse names: they tell it only of a file
// that is to be made.
bool holds_every_name(std::uint64_t magic) noexcept {
  constexpr std::uint64_t kHold[] = {
      0xef53,      // ext2, ext3, ext4
      0x58465342,  // XFS
      0x9123683e,  // btrfs
      0xf2f52010,  // F2FS
      0x01021994,  // tmpfs
      0x2fc12fc1,  // ZFS
      0xca451a4e,  // bcachefs
      0x794c7630,  // overlay
  };
  return std::ranges::find(kHold, magic) != std::end(kHold);
}

bool has_device(std::string_view path) noexcept {
  for (;;) {
    std::size_t const slash = path.find('/');
    if (is_device_name(path.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

// Whether any file system may refuse it: a plain ASCII path is known at a glance.
bool may_be_refused(FileSpec const& spec, std::size_t name_max) {
  auto const plain = [](char c) {
    return (c >= '-' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  if (has_device(spec.path)) return true;
  bool const short_enough = spec.path.size() <= name_max;
  bool const ends_well = !spec.path.ends_with('.') && spec.path.find("./") == std::string::npos;
  if (short_enough && ends_well && std::ranges::all_of(spec.path, plain)) return false;
  return NameChoice{spec, spec.path, name_max}.cannot_be_held();
}

}  // namespace

NameSearch::NameSearch(int root, FileMap& map)
    : root_(root),
      map_(map),
      name_max_(io::name_max(root)),
      holds_all_(holds_every_name(io::file_system_magic(root))) {}

void NameSearch::run() {
  std::vector<FileIndex> open;
  for (std::uint32_t f = 0; f < map_.files().size(); ++f) {
    FileSpec const& spec = map_.files()[f];
    if (spec.pad) continue;
    by_name_.push_back(f);
    bool const plain = !spec.noted && !spec.contested && spec.other_names.empty() &&
                       !may_be_refused(spec, name_max_);
    if (!plain) open.push_back(FileIndex{f});
  }
  if (open.empty()) return;
  auto const path_of = [this](std::uint32_t f) -> std::string const& {
    return map_.files()[f].path;
  };
  std::ranges::sort(by_name_, {}, path_of);
  is_moved_.assign(map_.files().size(), false);
  for (Pass const pass :
       {Pass::kNoted, Pass::kMarked, Pass::kWhole, Pass::kFormer, Pass::kAlike, Pass::kAnySize}) {
    std::erase_if(open, [&](FileIndex file) { return settle(file, pass); });
  }
  for (FileIndex const file : open) name_missing(file);
  // Until now the map says whose a name is.
  for (auto const& [name, file] : moved_) map_.rename(file, name);
}

bool NameSearch::settle(FileIndex file, Pass pass) {
  auto found = find(file, pass);
  if (!found) return false;
  take_seen(file, *std::move(found));
  return true;
}

void NameSearch::take_seen(FileIndex file, std::string name) {
  // With several links to it the user may have given it several names.
  if (seen_.links == 1) taken_.emplace(std::pair{seen_.device, seen_.inode}, file);
  move(file, std::move(name));
}

void NameSearch::move(FileIndex file, std::string name) {
  std::string own = map_.file(file).path;
  if (name == own) return;
  is_moved_[file.value] = true;
  moved_.emplace(name, file);
  if (std::ranges::count(own, '/') != std::ranges::count(name, '/')) return;
  while (own.find('/') != std::string::npos) {
    own.resize(own.rfind('/'));
    name.resize(name.rfind('/'));
    // Where this one is known those above it are.
    if (own != name && !folders_.emplace(own, name).second) return;
  }
}

std::optional<std::string> NameSearch::find(FileIndex file, Pass pass) {
  FileSpec const& spec = map_.file(file);
  if (pass == Pass::kNoted) {
    return spec.noted ? find_from(file, spec.path, pass) : std::nullopt;
  }
  bool const twins_only = pass == Pass::kMarked || pass == Pass::kAlike;
  if (twins_only && !spec.contested) return std::nullopt;
  auto const look = [&](std::string const& path) {
    return pass == Pass::kMarked ? find_marked(file, path) : find_from(file, path, pass);
  };
  for (auto const& other : spec.other_names) {
    if (other.former != (pass == Pass::kFormer)) continue;
    if (auto found = look(other.path)) return found;
  }
  if (pass == Pass::kFormer) return std::nullopt;
  return look(spec.path);
}

// The mark is the file's own, or of a folder that met a file.
std::optional<std::string> NameSearch::find_marked(FileIndex file, std::string const& path) {
  auto const depth = static_cast<std::size_t>(std::ranges::count(path, '/')) + 1;
  for (std::size_t count = depth; count > 0; --count) {
    if (auto found = find_from(file, path, Pass::kMarked, count)) return found;
  }
  return std::nullopt;
}

std::optional<std::string> NameSearch::find_from(FileIndex file, std::string const& path, Pass pass,
                                                 std::size_t marked) {
  FileSpec const& spec = map_.file(file);
  bool const any_size = pass == Pass::kNoted || pass == Pass::kAnySize;
  bool mended = false;
  NameChoice choice{spec, path, name_max_};
  if (marked > 0 && !choice.a_file_is_on_the_way(marked)) return std::nullopt;
  for (;;) {
    std::string name = choice.name();
    bool more = false;
    switch (ask(file, name, pass)) {
      case Answer::kHere:
        // Where the torrent's own name can be made, what it is mended to may be somebody's.
        if (seen_.size != spec.length && ((mended && holds_all_) || !any_size)) {
          return std::nullopt;
        }
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

NameSearch::Answer NameSearch::ask(FileIndex file, std::string const& name, Pass pass) {
  FileSpec const& spec = map_.file(file);
  auto const seen = io::info_beneath(root_, name);
  if (!seen) {
    bool const blocked = spec.contested && seen.error().sys_errno == ENOTDIR;
    return blocked ? Answer::kFileOnTheWay : Answer::kNothing;
  }
  seen_ = *seen;
  if (seen_.directory && spec.contested) return Answer::kAnothers;
  if (seen_.links == 1 && taken_.contains({seen_.device, seen_.inode})) return Answer::kAnothers;
  if (is_anothers(file, name)) {
    // By the former rule names were dealt out otherwise: what has one file's length is not the
    // other's, whose name it would be by now.
    auto const owner = owner_of(name);
    bool const dealt_otherwise = pass == Pass::kFormer && !moved_.contains(name) && owner &&
                                 !map_.file(*owner).noted && seen_.size != map_.file(*owner).length;
    if (!dealt_otherwise) return Answer::kAnothers;
  }
  bool const letter_by_letter = spec.contested && pass != Pass::kMarked && pass != Pass::kAlike;
  if (letter_by_letter && !stands_exactly(name)) return Answer::kAnothers;
  return Answer::kHere;
}

bool NameSearch::is_anothers(FileIndex file, std::string const& name) const {
  if (moved_.contains(name)) return true;
  auto const owner = owner_of(name);
  return owner && owner->value != file.value && !is_moved_[owner->value];
}

// Whose first name it is.
std::optional<FileIndex> NameSearch::owner_of(std::string const& name) const {
  auto const path_of = [this](std::uint32_t f) -> std::string const& {
    return map_.files()[f].path;
  };
  auto const at = std::ranges::lower_bound(by_name_, name, {}, path_of);
  if (at == by_name_.end() || path_of(*at) != name) return std::nullopt;
  return FileIndex{*at};
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

// It stands nowhere, and gets the name that a download gives it: the first that leads to nobody's
// file.
void NameSearch::name_missing(FileIndex file) {
  FileSpec const& spec = map_.file(file);
  NameChoice choice{spec, spec.path, name_max_};
  for (;;) {
    std::string const name = choice.name();
    auto const answer = ask(file, name, Pass::kAnySize);
    bool const has_it = is_anothers(file, name);
    if (answer == Answer::kHere) return;
    if (answer == Answer::kNothing && !has_it) {
      return name == spec.path ? go_where_others_are(file) : move(file, name);
    }
    if (answer == Answer::kAnothers && !has_it) doubt_whose_it_is();
    bool const more = answer == Answer::kFileOnTheWay
                          ? choice.a_file_is_on_the_way(file_on_the_way(choice))
                          : choice.another_file_has_it();
    if (!more) return;
  }
}

// Its name leads to another one's file, as the last ask() saw.  Whose that is was told by its
// letters: where there is a capital among those that are listed, they are what it was called.
void NameSearch::doubt_whose_it_is() {
  auto const at = taken_.find({seen_.device, seen_.inode});
  if (at == taken_.end() || map_.file(at->second).noted) return;
  std::string const& path = map_.file(at->second).path;
  bool const capital = std::ranges::any_of(path, [](char c) { return c >= 'A' && c <= 'Z'; });
  bool const told_by_letters = capital && stands_exactly(path);
  if (!told_by_letters && !is_moved_[at->second.value]) doubtful_.push_back(at->second);
}

// A file that is missing in a folder of which others stand under the torrent's own name, or under
// the one of the former rule, belongs into that folder.
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
        if (!folders_.contains({own.prefix(count), folder})) continue;
        if (goes_to(file, folder + spec.path.substr(own.prefix(count).size()))) return;
      }
    }
  }
}

// Unless it is another's name, or something else stands there.  What it went to before is there.
bool NameSearch::goes_to(FileIndex file, std::string const& target) {
  if (is_anothers(file, target)) return false;
  switch (ask(file, target, Pass::kWhole)) {
    case Answer::kNothing:
      move(file, target);
      return true;
    case Answer::kHere:
      if (seen_.size != map_.file(file).length) return false;
      take_seen(file, target);
      return true;
    default:
      return false;
  }
}

}  // namespace btfast::storage
