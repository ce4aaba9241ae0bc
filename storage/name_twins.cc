#include "storage/name_twins.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "engine/base/ascii.h"
#include "storage/former_names.h"
#include "storage/name_fold.h"
#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

// A hash stands for a path: two that meet by chance are looked at twice, and no harm is done.
using Place = std::uint64_t;
constexpr Place kTop = 0;

// Letters, digits and a few signs: what no file system changes but for the letters' case.
bool plain(std::string_view element) noexcept {
  return element.size() <= kFormerElementBytes && std::ranges::all_of(element, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == ' ' || (c >= 'A' && c <= 'Z') || c == '_';
         });
}

std::string folded(std::string_view element) {
  if (!plain(element) || is_device_name(element))
    return fold_name(portable_element(former_element(element)));
  return ascii_lower(element);
}

Place below(Place parent, std::string_view element) {
  std::string name = folded(element);
  // What stood at the end is dropped here and mended there.
  name.resize(name.find_last_not_of("._ ") + 1);
  std::uint64_t const mixed = std::hash<std::string>{}(name) + 0x9e3779b97f4a7c15;
  return (parent ^ mixed) * 0xff51afd7ed558ccd + (parent >> 29);
}

class Twins {
 public:
  // Files come in the torrent's order, mostly one directory after the other.
  Place place_of(std::string_view path) {
    std::size_t const slash = path.rfind('/');
    if (slash == std::string_view::npos) return below(kTop, path);
    if (path.substr(0, slash) != directory_) enter(path.substr(0, slash));
    return below(ancestors_.back(), path.substr(slash + 1));
  }
  void note(std::string_view path) {
    auto& flags = flags_[place_of(path)];
    flags |= (flags & kFile) != 0 ? kFiles : kFile;
    if (path.find('/') == std::string_view::npos) return;
    if (noted_directory_ == directory_) return;
    noted_directory_ = directory_;
    for (Place const up : ancestors_) flags_[up] |= kDirectory;
  }
  bool contested(std::string_view path) {
    if ((flags_[place_of(path)] & (kFiles | kDirectory)) != 0) return true;
    if (path.find('/') == std::string_view::npos) return false;
    for (Place const up : ancestors_) {
      if ((flags_[up] & kFile) != 0) return true;
    }
    return false;
  }

 private:
  static constexpr std::uint8_t kFile = 1;
  static constexpr std::uint8_t kFiles = 2;  // more than one
  static constexpr std::uint8_t kDirectory = 4;

  void enter(std::string_view directory) {
    directory_ = directory;
    ancestors_.clear();
    Place place = kTop;
    for (std::string_view rest = directory; !rest.empty();) {
      std::size_t const slash = rest.find('/');
      place = below(place, rest.substr(0, slash));
      ancestors_.push_back(place);
      rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
  }

  std::unordered_map<Place, std::uint8_t> flags_;
  std::string directory_;  // the one entered last, and all on the way to it
  std::vector<Place> ancestors_;
  std::string noted_directory_;
};

}  // namespace

void mark_twins(std::vector<FileSpec>& files) {
  Twins twins;
  for (auto const& file : files) {
    if (!file.pad) twins.note(file.path);
  }
  for (auto& file : files) {
    if (!file.pad) file.contested = twins.contested(file.path);
  }
}

}  // namespace btfast::storage
