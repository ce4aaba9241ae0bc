#include "engine/metainfo/file_names.h"

#include <algorithm>
#include <bit>

#include "engine/base/escape.h"
#include "engine/metainfo/file_pattern.h"

namespace btfast {
namespace {

// A polynomial modulo 2^64.  Two names of one hash cost a look, and change no answer.
constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15;

std::uint64_t with_next(std::uint64_t hash, char c) noexcept {
  return hash * kBase + static_cast<unsigned char>(c) + 1;
}

std::string_view folder_of(std::string_view path) noexcept {
  auto const slash = path.rfind('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

// One of the names of a path, while it is read.
struct ReadName {
  std::uint64_t hash = 0;
  std::size_t commas = 0;

  void add(char c) noexcept { hash = with_next(hash, c); }
  bool ends_a_power_of_stretches() noexcept { return std::has_single_bit(++commas); }
};

bool holds(std::vector<std::uint64_t> const& sorted, std::uint64_t hash) noexcept {
  return std::binary_search(sorted.begin(), sorted.end(), hash);
}

void sort_and_thin(std::vector<std::uint64_t>& hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

}  // namespace

StretchHashes::StretchHashes(std::string_view text) : upto_{0}, power_{1} {
  upto_.reserve(text.size() + 1);
  power_.reserve(text.size() + 1);
  for (char const c : text) {
    upto_.push_back(with_next(upto_.back(), c));
    power_.push_back(power_.back() * kBase);
  }
}

FileNames::FileNames(std::span<storage::FileSpec const> layout) : layout_(layout) {
  std::string_view folder;  // of the file before
  for (std::size_t f = 0; f < layout.size(); ++f) {
    std::string_view const path = layout[f].path;
    std::string shown = escaped(path);
    if (!layout[f].pad) {
      // Most files lie where the one before lies.
      bool const elsewhere = folder_of(path) != std::exchange(folder, folder_of(path));
      add(path, elsewhere);
      if (shown != path) add(shown, elsewhere);
    }
    if (shown != path) shown_.emplace_back(f, std::move(shown));
    auto const commas = std::count(path.begin(), path.end(), ',');
    commas_max_ = std::max(commas_max_, static_cast<std::size_t>(commas));
  }
  sort_and_thin(files_);
  sort_and_thin(folders_);
  sort_and_thin(begins_);
}

// The hashes of the three names of the path and of each folder on its way, read once.
void FileNames::add(std::string_view path, bool with_folders) {
  ReadName all;
  ReadName below_top;
  ReadName last;
  bool in_top = true;
  for (char const c : path) {
    if (c == '/' && with_folders) {
      folders_.insert(folders_.end(), {all.hash, (in_top ? all : below_top).hash, last.hash});
    }
    for (ReadName* const name : {&all, &below_top, &last}) {
      if (in_top && name == &below_top) continue;
      if (c == ',' && name->ends_a_power_of_stretches()) begins_.push_back(name->hash);
      name->add(c);
    }
    if (c == '/') last = {};
    in_top = in_top && c != '/';
  }
  files_.insert(files_.end(), {all.hash, (in_top ? all : below_top).hash, last.hash});
}

bool FileNames::may_be_file(std::uint64_t hash) const noexcept {
  ++asked_;
  return holds(files_, hash);
}
bool FileNames::may_be_folder(std::uint64_t hash) const noexcept {
  ++asked_;
  return holds(folders_, hash);
}
bool FileNames::may_begin(std::uint64_t hash) const noexcept {
  ++asked_;
  return holds(begins_, hash);
}

FileNames::Files FileNames::whole(std::string_view path) const {
  return find([path](std::string_view each) { return each == path; });
}
FileNames::Files FileNames::named(std::string_view name) const {
  if (name.ends_with('/')) return in_folder(name);
  return find([name](std::string_view each) { return path_is(each, name); });
}
FileNames::Files FileNames::in_folder(std::string_view name) const {
  std::string_view const folder = name.substr(0, name.size() - name.ends_with('/'));
  return find([folder](std::string_view each) { return lies_in(each, folder); });
}
FileNames::Files FileNames::matching(std::string_view glob) const {
  bool const folder = glob.ends_with('/');
  std::string_view const pattern = glob.substr(0, glob.size() - folder);
  return find([&](std::string_view each) {
    return folder ? lies_in_match(each, pattern) : path_matches(each, pattern);
  });
}

template <class Answers>
FileNames::Files FileNames::find(Answers const& answers) const {
  ++looks_;
  Files found;
  for (std::size_t f = 0; f < layout_.size(); ++f) {
    if (!layout_[f].pad && answers(std::string_view{layout_[f].path})) found.push_back(f);
  }
  if (!found.empty()) return found;
  for (auto const& [f, shown] : shown_) {
    if (!layout_[f].pad && answers(std::string_view{shown})) found.push_back(f);
  }
  return found;
}

}  // namespace btfast
