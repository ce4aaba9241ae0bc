// RequestRing: the blocks asked of one peer, in the order asked.  Answers come in
// that order, so finding one is a look at the front; after a burst it never allocates.
//
// Threads: plain data of one net thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/types.h"
#include "engine/pieces/piece_assembly.h"

namespace btfast {

struct OutstandingRequest {
  BlockRange range;
  TimePoint sent{};
  // Empty: an endgame duplicate, or given back after a time-out; the bytes, if they come
  // first, are committed as a copy.
  std::optional<BlockClaim> claim;
};

class RequestRing {
 public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  OutstandingRequest& operator[](std::size_t i) noexcept { return *slots_[wrap(head_ + i)]; }
  OutstandingRequest const& operator[](std::size_t i) const noexcept {
    return *slots_[wrap(head_ + i)];
  }
  OutstandingRequest& front() noexcept { return (*this)[0]; }

  void push_back(OutstandingRequest request) {
    if (size_ == slots_.size()) grow();
    slots_[wrap(head_ + size_)].emplace(std::move(request));
    ++size_;
  }

  std::optional<std::size_t> find(BlockRange const& range) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      if ((*this)[i].range == range) return i;
    }
    return std::nullopt;
  }

  // Removes and returns the request at `i`; those before it keep their order.
  OutstandingRequest take(std::size_t i) {
    OutstandingRequest taken = std::move((*this)[i]);
    for (; i > 0; --i) {
      auto& slot = slots_[wrap(head_ + i)];
      slot.reset();
      slot.emplace(std::move((*this)[i - 1]));
    }
    slots_[head_].reset();
    head_ = wrap(head_ + 1);
    --size_;
    return taken;
  }

  void clear() {
    while (size_ > 0) take(0);
  }

 private:
  // A power of two, so that wrapping is a mask.
  std::size_t wrap(std::size_t i) const noexcept { return i & (slots_.size() - 1); }
  void grow() {
    std::vector<std::optional<OutstandingRequest>> larger(slots_.empty() ? 64 : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) larger[i].emplace(std::move((*this)[i]));
    slots_ = std::move(larger);
    head_ = 0;
  }

  std::vector<std::optional<OutstandingRequest>> slots_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace btfast
