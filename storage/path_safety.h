// What a torrent calls its files, made safe to create below one directory: never absolute,
// never "..", no control or invisible characters, no two files on one name under any file
// system.  Pure: the same input gives the same names, and a control file notes the version.
//
// Threads: safe_element() any; SafePaths has one owner.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/expected.h"

namespace btfast::storage {

// Raised whenever any name would come out differently.
inline constexpr int kPathSafetyVersion = 1;

// One element of a path: valid UTF-8, 1 to limits::kPathElementBytes bytes.
std::string safe_element(std::string_view raw);

// The paths of one torrent in their order.  The first to want a name keeps it; a later one
// becomes "name.1.ext", "name.2.ext", …; a directory that meets a file of its name, "name.1".
// Directories that differ in case only become one.
class SafePaths {
 public:
  // Every path begins with `top`, which must be safe already; "" for none.
  explicit SafePaths(std::string top) : top_(std::move(top)) {}

  // The safe path, '/' between elements.  kBadMetainfo where it is empty, too deep, too
  // long, or too many want its name.
  Result<std::string> add(std::span<std::string const> raw);

 private:
  // A name taken in a directory.  Keys are the directory's number and the folded name.
  struct Taken {
    bool directory = false;
    std::uint32_t number = 0;  // of the directory
    std::string name;          // as it is on disk
  };
  Taken const* enter_directory(std::uint32_t parent, std::string const& name);
  Taken const* take_file(std::uint32_t parent, std::string const& name);

  std::string const top_;
  std::unordered_map<std::string, Taken> taken_;
  std::uint32_t directories_ = 1;  // number 0 is the top
};

}  // namespace btfast::storage
