// SegmentPool: the memory of piece buffers, bounded in bytes (--cache).  Segments of
// one size from 2 MiB-aligned slabs (huge pages where the kernel gives them), reused
// last-in first-out so that the hottest memory is reused first.
//
// Threads:   any; no lock, no allocation once a slab exists.
// Ownership: a Segment is the right to its bytes and gives them back when dropped;
//            the pool must outlive its segments.
// Bound:     try_take() is empty when `budget` bytes are out.  Who needs several, and takes
//            them one by one, reserves them first; where everyone does, each comes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/high_water.h"

namespace btfast {

class SegmentPool;

class [[nodiscard]] Segment {
 public:
  Segment() = default;
  Segment(Segment&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), data_(other.data_), index_(other.index_) {}
  Segment& operator=(Segment&& other) noexcept;
  ~Segment() { reset(); }

  explicit operator bool() const noexcept { return pool_ != nullptr; }
  std::byte* data() const noexcept { return data_; }
  void reset() noexcept;

 private:
  friend class SegmentPool;
  Segment(SegmentPool& pool, std::byte* data, std::uint32_t index) noexcept
      : pool_(&pool), data_(data), index_(index) {}
  SegmentPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::uint32_t index_ = 0;
};

class SegmentPool {
 public:
  // At least one segment is always granted, whatever the budget.
  SegmentPool(std::size_t segment_bytes, std::uint64_t budget_bytes);
  ~SegmentPool();
  SegmentPool(SegmentPool const&) = delete;
  SegmentPool& operator=(SegmentPool const&) = delete;

  Segment try_take() noexcept;
  // A count beside what is taken: false when it would exceed the capacity.
  bool try_reserve(std::uint32_t segments) noexcept;
  void unreserve(std::uint32_t segments) noexcept;
  std::size_t segment_bytes() const noexcept { return segment_bytes_; }
  std::uint32_t capacity() const noexcept { return capacity_; }  // in segments
  std::uint32_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }
  HighWater const& most_in_use() const noexcept { return most_in_use_; }
  std::uint32_t reserved() const noexcept { return reserved_.load(std::memory_order_relaxed); }

 private:
  friend class Segment;
  struct State;
  void give_back(std::uint32_t index) noexcept;

  std::size_t const segment_bytes_;
  std::uint32_t const capacity_;
  std::unique_ptr<State> const state_;
  alignas(64) std::atomic<std::uint32_t> in_use_{0};
  std::atomic<std::uint32_t> reserved_{0};
  HighWater most_in_use_;
};

// A pool of one segment: a buffer on huge pages, into which the kernel copies faster than
// across small ones (perf/README.md).
class HugeBuffer {
 public:
  explicit HugeBuffer(std::size_t size)
      : size_(size), pool_(size, size), segment_(pool_.try_take()) {
    BTF_CHECK(segment_);  // no memory for one buffer
  }
  std::span<std::byte> bytes() const noexcept { return {segment_.data(), size_}; }

 private:
  std::size_t const size_;
  SegmentPool pool_;
  Segment segment_;
};

}  // namespace btfast
