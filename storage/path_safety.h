// What a torrent calls its files, made safe to create below one directory: never absolute,
// never "..", nothing that acts on a terminal or makes a name read as another, no two files
// on one name.  All else stays byte for byte what the torrent says: what a file system
// cannot hold is mended only where it says so (name_choice.h).
//
// Pure: the same input gives the same names.
//
// Threads: the functions any; SafePaths has one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/expected.h"
#include "engine/base/limits.h"

namespace btfast::storage {

// Raised whenever any name would come out differently; a control file says by which version
// its names were chosen.
inline constexpr int kPathSafetyVersion = 2;

// Who begins a download with one version of btfast and goes on with the next finds it under
// the names of the rule before (former_names.h).
enum class NameRule : std::uint8_t { kNow, kFormer };

// One element of a path, 1 to limits::kPathElementBytes bytes.  Mended are "", ".", "..",
// '/', NUL, control characters but TAB, embeddings, overrides and isolates of direction, by
// which "photo\u202egnp.exe" reads as a picture, and the zero-width space and no-break space;
// longer names are cut and marked.
std::string safe_element(std::string_view raw);

// Whether an element can be looked for below a directory as it is.
bool is_plain_element(std::string_view raw) noexcept;

// Whether it is what Windows calls a device, as CON and aux.txt are.
bool is_device_name(std::string_view element) noexcept;

// An element that Windows takes: UTF-8 without the characters that it keeps for itself, no
// device, no dot or space at its end, at most `bytes_max` long.
std::string portable_element(std::string_view element,
                             std::size_t bytes_max = limits::kPathElementBytes);

// An element that every file system takes: what is left of it in ASCII, and a mark where that is
// not all.
std::string ascii_element(std::string_view element, std::string_view of,
                          std::size_t bytes_max = limits::kPathElementBytes);

// "name.ext" with "~" and eight digits made of `of` before its extension, the name cut so that
// the whole fits: no other name of a torrent is likely to be it.
std::string marked_element(std::string_view element, std::string_view of,
                           std::size_t bytes_max = limits::kPathElementBytes);

// `name` and `suffix`, as the name of a file beside it.  Where the two are too long for one
// name the first is cut and marked.
std::string beside_name(std::string_view name, std::string_view suffix,
                        std::size_t bytes_max = limits::kPathElementBytes);

// The paths of one torrent.  The first to want a name keeps it; a later one becomes
// "name.1.ext", "name.2.ext", …; a directory that meets a file of its name, "name.1".
class SafePaths {
 public:
  // Every path begins with `top`, which must be safe already; "" for none.
  explicit SafePaths(std::string top, NameRule rule = NameRule::kNow)
      : top_(std::move(top)), rule_(rule) {}

  // The safe path, '/' between elements.  kBadMetainfo where it is empty, too deep, too
  // long, or too many want its name.
  Result<std::string> add(std::span<std::string const> raw);

 private:
  // A name taken in a directory.  Keys are the directory's number and the name, by the former
  // rule folded.
  struct Taken {
    bool directory = false;
    std::uint32_t number = 0;  // of the directory
    std::string name;          // as it is on disk
  };
  Taken const* enter_directory(std::uint32_t parent, std::string const& name);
  Taken const* take_file(std::uint32_t parent, std::string const& name);
  std::string key_of(std::uint32_t parent, std::string_view name) const;
  std::string element(std::string_view raw) const;

  std::string const top_;
  NameRule const rule_;
  std::unordered_map<std::string, Taken> taken_;
  std::uint32_t directories_ = 1;  // number 0 is the top
};

}  // namespace btfast::storage
