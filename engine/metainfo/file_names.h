// FileNames: the files of a torrent by the names that people know them by, each as it is and as
// it is printed (engine/metainfo/file_pattern.h says which names a file answers to).
//
// Threads:   one.
// Ownership: `layout` outlives it.
// Bound:     who asks for a name that no file has pays no look at the files: a list with thousands
//            of commas has a million stretches that might be a name of a million files.  And a
//            stretch is only asked about while names begin so: one name of thousands of commas
//            makes every part of a list no longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/file_map.h"

namespace btfast {

// A hash of any stretch of one text, in constant time once the text was read.
class StretchHashes {
 public:
  explicit StretchHashes(std::string_view text);

  // Of text[begin, end).
  std::uint64_t of(std::size_t begin, std::size_t end) const noexcept {
    return upto_[end] - upto_[begin] * power_[end - begin];
  }

 private:
  std::vector<std::uint64_t> upto_;
  std::vector<std::uint64_t> power_;
};

class FileNames {
 public:
  using Files = std::vector<std::size_t>;

  explicit FileNames(std::span<storage::FileSpec const> layout);

  // A part of a list that is a name holds no more commas than the longest list of names has.
  std::size_t commas_max() const noexcept { return commas_max_; }

  // False: no file, or no folder, has a name of that hash.  True is a reason to look.
  bool may_be_file(std::uint64_t hash) const noexcept;
  bool may_be_folder(std::uint64_t hash) const noexcept;
  // False: behind a text of that hash, which is as many stretches as a power of two, no name of a
  // file or a folder goes on with a comma.
  bool may_begin(std::uint64_t hash) const noexcept;

  // Each looks at every file.
  Files whole(std::string_view path) const;
  Files named(std::string_view name) const;  // "x/" is what is in the folder x
  Files in_folder(std::string_view name) const;
  Files matching(std::string_view glob) const;

  // How often that was.
  std::size_t looks() const noexcept { return looks_; }
  // And how often one of the three was asked that spare a look.
  std::size_t asked() const noexcept { return asked_; }

 private:
  void add(std::string_view path, bool with_folders);
  // As it is, and as it is printed.
  template <class Answers>
  Files find(Answers const& answers) const;

  std::span<storage::FileSpec const> layout_;
  std::vector<std::pair<std::size_t, std::string>> shown_;  // those printed otherwise
  std::size_t commas_max_ = 0;
  std::vector<std::uint64_t> files_;    // hashes of their names, in order
  std::vector<std::uint64_t> folders_;  // the same
  // Hashes of what stands in front of their first comma, second, fourth and so on.
  std::vector<std::uint64_t> begins_;
  mutable std::size_t looks_ = 0;
  mutable std::size_t asked_ = 0;
};

}  // namespace btfast
