// PartialPayload: a block whose header has come and whose payload has not, or not all.
//
// Threads:   plain data, one owner.
// Ownership: writes to the expecting side's destination, or to a buffer of its own when
//            nobody expects the block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "net/wire/message.h"

namespace btfast::net {

class PartialPayload {
 public:
  bool active() const noexcept { return active_; }
  PieceHeader const& block() const noexcept { return block_; }
  bool in_place() const noexcept { return destination_ != nullptr; }

  // `done` bytes are at the destination already.
  void begin_in_place(PieceHeader const& block, std::byte* destination, std::size_t done) noexcept {
    block_ = block;
    destination_ = destination;
    done_ = done;
    active_ = true;
  }
  void begin_stray(PieceHeader const& block) {
    begin_in_place(block, nullptr, 0);
    stray_.resize(block.length);
  }
  // What came so far moves to our own buffer; the destination is not touched again.
  void leave_destination() {
    if (!active_ || destination_ == nullptr) return;
    stray_.resize(block_.length);
    std::memcpy(stray_.data(), destination_, done_);
    destination_ = nullptr;
  }

  std::span<std::byte> missing() noexcept {
    std::byte* const start = destination_ != nullptr ? destination_ : stray_.data();
    return {start + done_, block_.length - done_};
  }
  // That many of missing() are there now.
  void advance(std::size_t bytes) noexcept { done_ += bytes; }
  bool whole() const noexcept { return done_ == block_.length; }

  // Ends it; returns what was collected of a block that nobody expected.
  std::vector<std::byte> finish() noexcept {
    active_ = false;
    destination_ = nullptr;
    return std::exchange(stray_, {});
  }

 private:
  PieceHeader block_;
  std::byte* destination_ = nullptr;
  std::size_t done_ = 0;
  bool active_ = false;
  std::vector<std::byte> stray_;
};

}  // namespace btfast::net
