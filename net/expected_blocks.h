// ExpectedBlocks: the blocks one peer was asked for, in the order asked, and where
// their payload goes.
//
// Threads: the connection's net thread.
// Bound:   the requests its owner sends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/flat_queue.h"
#include "net/wire/message.h"

namespace btfast::net {

// A block asked for and where its payload goes.
struct ExpectedBlock {
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::byte* destination = nullptr;
};

inline PieceHeader header_of(ExpectedBlock const& block) noexcept {
  return {block.piece, block.begin, block.length};
}

class ExpectedBlocks {
 public:
  bool empty() const noexcept { return queue_.empty(); }
  std::span<ExpectedBlock const> in_order() const noexcept { return queue_.items(); }

  void push(ExpectedBlock const& block) { queue_.push_back(block); }
  // REQUIRES: not empty.
  ExpectedBlock pop() { return queue_.pop_front(); }

  // The block that `header` brings, if it was asked for at that length.  Blocks that
  // were asked for before it were passed over by the peer and now come last.
  std::optional<ExpectedBlock> take(PieceHeader const& header) {
    auto const blocks = queue_.items();
    auto const found = std::find_if(blocks.begin(), blocks.end(), [&](ExpectedBlock const& b) {
      return b.piece == header.piece && b.begin == header.begin && b.length == header.length;
    });
    if (found == blocks.end()) return std::nullopt;
    std::rotate(blocks.begin(), found, blocks.end());
    return queue_.pop_front();
  }

  bool contains(std::uint32_t piece, std::uint32_t begin) const noexcept {
    return index_of(piece, begin) < queue_.size();
  }
  // False when it was not there.
  bool remove(std::uint32_t piece, std::uint32_t begin) {
    std::size_t const index = index_of(piece, begin);
    if (index == queue_.size()) return false;
    queue_.erase(index);
    return true;
  }
  void clear() noexcept { queue_.clear(); }

 private:
  std::size_t index_of(std::uint32_t piece, std::uint32_t begin) const noexcept {
    auto const blocks = queue_.items();
    auto const found = std::find_if(blocks.begin(), blocks.end(), [&](ExpectedBlock const& b) {
      return b.piece == piece && b.begin == begin;
    });
    return static_cast<std::size_t>(found - blocks.begin());
  }

  FlatQueue<ExpectedBlock> queue_;
};

}  // namespace btfast::net
