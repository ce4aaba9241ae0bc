// FileMap: which bytes of which file a range of the torrent is.  Pure arithmetic.
//
// Threads: FileMap is immutable but for rename(); a SliceWalk has one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/types.h"

namespace btfast::storage {

// What else a file of the torrent may be called on disk.
struct OtherName {
  std::string path;
  bool former = false;  // only a finished file is called so (former_names.h)
};

struct FileSpec {
  std::string path;  // safe, relative, '/' between elements (path_safety.h)
  std::uint64_t length = 0;
  bool pad = false;  // exists in no file: reads as zeros, writes vanish
  bool executable = false;

  // For name_search.h and name_choice.h; plain names need none of it.
  bool noted = false;       // a control file says that the path is this one
  bool contested = false;   // some file systems take its name for another one's of the torrent
  bool top_chosen = false;  // the first element is the person's own word
  std::vector<OtherName> other_names = {};  // the likelier first
};

struct FileSlice {
  FileIndex file;
  std::uint64_t offset = 0;  // within the file
  std::uint64_t length = 0;
};

class FileMap {
 public:
  explicit FileMap(std::vector<FileSpec> files);

  // Where the file really is.  Before any other thread knows the map.
  void rename(FileIndex file, std::string path) { files_[file.value].path = std::move(path); }

  std::uint64_t total_size() const noexcept { return offsets_.back(); }
  std::span<FileSpec const> files() const noexcept { return files_; }
  FileSpec const& file(FileIndex f) const noexcept { return files_[f.value]; }
  std::uint64_t file_offset(FileIndex f) const noexcept { return offsets_[f.value]; }

  // The file that holds the byte at `offset`; REQUIRES: offset < total_size().
  FileIndex file_at(std::uint64_t offset) const noexcept;
  // Slices in order, none empty.  REQUIRES: offset + length <= total_size().
  std::vector<FileSlice> slices(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::vector<FileSpec> files_;
  std::vector<std::uint64_t> offsets_;  // of each file, and the total at the end
};

// The same slices one by one, without a list: what the data path uses.
class SliceWalk {
 public:
  // REQUIRES: offset + length <= map.total_size(); the map outlives the walk.
  SliceWalk(FileMap const& map, std::uint64_t offset, std::uint64_t length) noexcept;
  std::optional<FileSlice> next() noexcept;

 private:
  FileMap const& map_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::uint32_t file_ = 0;
};

}  // namespace btfast::storage
