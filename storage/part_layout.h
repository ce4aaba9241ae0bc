// PartLayout: where the part file keeps the ends of files that are not made.
//
// A piece that is wanted for one file may begin or end in another that is not.  Only the
// ends of a file can lie in such a piece, so each file has room for two: its head, up to
// its first piece edge, and its tail, from its last one.  The places depend on the torrent
// alone and never on the selection, so a part file outlives any change of it.
//
// Immutable; every function is safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "storage/file_map.h"

namespace btfast::storage {

struct Fragment {
  std::uint32_t number = 0;   // in the torrent: two for each file, its head's and its tail's
  std::uint64_t in_file = 0;  // offset
  std::uint64_t in_part = 0;  // offset
  std::uint64_t length = 0;
};

class PartLayout {
 public:
  PartLayout(FileMap const& map, std::uint64_t piece_length);

  // The head and the tail; either may be empty.
  std::array<Fragment, 2> fragments(FileIndex file) const noexcept;
  Fragment fragment(std::uint32_t number) const noexcept;
  std::uint32_t fragment_count() const noexcept;
  // From byte `offset` of the file to the end of the fragment that holds it; empty where
  // none does.
  std::optional<Fragment> at(FileIndex file, std::uint64_t offset) const noexcept;
  // …and to the end of what no fragment holds.
  std::uint64_t between(FileIndex file, std::uint64_t offset) const noexcept;
  // Of the files that are not wanted, those with an end in a piece that is: by FileIndex.
  std::vector<bool> beside(std::vector<bool> const& wanted) const;
  std::uint64_t total_size() const noexcept { return places_.back(); }

 private:
  struct Ends {
    std::uint64_t head;
    std::uint64_t tail;
  };
  Ends ends(FileIndex file) const noexcept;

  FileMap const& map_;
  std::uint64_t const piece_length_;
  std::vector<std::uint64_t> places_;  // of each file's head, and the total at the end
};

}  // namespace btfast::storage
