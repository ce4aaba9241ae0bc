#include "engine/base/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>

#include "engine/base/check.h"

namespace btfast {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kAlignment = 4096;  // of segments
constexpr std::uint32_t kNone = ~std::uint32_t{0};

constexpr std::size_t round_up(std::size_t n, std::size_t to) noexcept {
  return (n + to - 1) / to * to;
}

std::uint32_t capacity_of(std::size_t segment_bytes, std::uint64_t budget_bytes) noexcept {
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(budget_bytes / segment_bytes, 1, kNone - 1));
}

// Null when the kernel refuses.  mmap aligns to small pages only, so one huge page more
// is asked for and what stands out on either side is given back.
std::byte* map_slab(std::size_t bytes) noexcept {
  std::size_t const asked = bytes + kHugePage;
  void* const at = mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(at);
  std::size_t const skipped = kHugePage - reinterpret_cast<std::uintptr_t>(at) % kHugePage;
  std::byte* const slab = begin + skipped;
  munmap(begin, skipped);
  if (skipped < kHugePage) munmap(slab + bytes, kHugePage - skipped);
#if defined(MADV_HUGEPAGE)
  madvise(slab, bytes, MADV_HUGEPAGE);  // a wish; small pages do as well
#endif
  return slab;
}

}  // namespace

// The free list is a stack of indices.  Its head carries a tag that every change
// increments, so that a pop which was overtaken by pop, pop, push fails (ABA).
// Segments beyond `fresh` were never handed out and are on no list.
struct SegmentPool::State {
  State(std::size_t segment_bytes, std::uint32_t capacity)
      : stride(round_up(segment_bytes, kAlignment)),
        slab_bytes(round_up(std::max(stride, kHugePage), kHugePage)),
        per_slab(static_cast<std::uint32_t>(slab_bytes / stride)),
        slab_count((capacity - 1) / per_slab + 1),
        slabs(std::make_unique<std::atomic<std::byte*>[]>(slab_count)),
        next(std::make_unique<std::atomic<std::uint32_t>[]>(capacity)) {}

  ~State() {
    for (std::size_t i = 0; i < slab_count; ++i) {
      if (std::byte* const slab = slabs[i].load(std::memory_order_relaxed)) {
        munmap(slab, slab_bytes);
      }
    }
  }

  static std::uint32_t index_of(std::uint64_t head) noexcept {
    return static_cast<std::uint32_t>(head);
  }
  static std::uint64_t with_index(std::uint64_t head, std::uint32_t index) noexcept {
    return ((head >> 32) + 1) << 32 | index;
  }

  std::uint32_t pop() noexcept {
    // acquire: the segment's last user wrote to it before the push.
    std::uint64_t head = free_head.load(std::memory_order_acquire);
    while (index_of(head) != kNone) {
      // relaxed: stale when another thread took it meanwhile, and then the tag differs.
      std::uint32_t const below = next[index_of(head)].load(std::memory_order_relaxed);
      if (free_head.compare_exchange_weak(head, with_index(head, below),
                                          std::memory_order_acquire)) {
        return index_of(head);
      }
    }
    return kNone;
  }

  void push(std::uint32_t index) noexcept {
    std::uint64_t head = free_head.load(std::memory_order_relaxed);
    do {
      next[index].store(index_of(head), std::memory_order_relaxed);
      // release: pairs with pop(), for the segment's bytes and for next[index].
    } while (!free_head.compare_exchange_weak(
        head, with_index(head, index), std::memory_order_release, std::memory_order_relaxed));
  }

  std::uint32_t take_fresh(std::uint32_t capacity) noexcept {
    // relaxed: the number alone is claimed; its memory is published by slabs[].
    std::uint32_t index = fresh.load(std::memory_order_relaxed);
    while (index < capacity) {
      if (fresh.compare_exchange_weak(index, index + 1, std::memory_order_relaxed)) return index;
    }
    return kNone;
  }

  // Null when the kernel refuses memory.
  std::byte* memory_of(std::uint32_t index) noexcept {
    std::atomic<std::byte*>& slot = slabs[index / per_slab];
    std::byte* slab = slot.load(std::memory_order_acquire);
    if (slab == nullptr) {
      std::byte* const mapped = map_slab(slab_bytes);
      if (mapped == nullptr) return nullptr;
      if (slot.compare_exchange_strong(slab, mapped, std::memory_order_acq_rel)) {
        slab = mapped;
      } else {
        munmap(mapped, slab_bytes);  // another thread was first
      }
    }
    return slab + std::size_t{index % per_slab} * stride;
  }

  // Immutable after construction.
  std::size_t const stride;
  std::size_t const slab_bytes;
  std::uint32_t const per_slab;
  std::size_t const slab_count;

  // Atomic: each slab once, on first need.
  std::unique_ptr<std::atomic<std::byte*>[]> const slabs;
  std::unique_ptr<std::atomic<std::uint32_t>[]> const next;
  alignas(64) std::atomic<std::uint64_t> free_head{kNone};
  std::atomic<std::uint32_t> fresh{0};
};

Segment& Segment::operator=(Segment&& other) noexcept {
  if (this != &other) {
    reset();
    pool_ = std::exchange(other.pool_, nullptr);
    data_ = other.data_;
    index_ = other.index_;
  }
  return *this;
}

void Segment::reset() noexcept {
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->give_back(index_);
}

SegmentPool::SegmentPool(std::size_t segment_bytes, std::uint64_t budget_bytes)
    : segment_bytes_(segment_bytes),
      capacity_(capacity_of(segment_bytes, budget_bytes)),
      state_(std::make_unique<State>(segment_bytes, capacity_)) {}

SegmentPool::~SegmentPool() { BTF_CHECK(in_use() == 0); }

Segment SegmentPool::try_take() noexcept {
  std::uint32_t index = state_->pop();
  if (index == kNone) index = state_->take_fresh(capacity_);
  if (index == kNone) return {};
  std::byte* const data = state_->memory_of(index);
  if (data == nullptr) {
    state_->push(index);
    return {};
  }
  // A figure; the list is the bound.
  most_in_use_.note(in_use_.fetch_add(1, std::memory_order_relaxed) + 1);
  return Segment{*this, data, index};
}

bool SegmentPool::try_reserve(std::uint32_t segments) noexcept {
  std::uint32_t reserved = reserved_.load(std::memory_order_relaxed);
  do {
    if (segments > capacity_ - reserved) return false;
  } while (!reserved_.compare_exchange_weak(reserved, reserved + segments,
                                            std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void SegmentPool::unreserve(std::uint32_t segments) noexcept {
  // release, and above acquire: what was taken under it is on the list again by then.
  reserved_.fetch_sub(segments, std::memory_order_release);
}

void SegmentPool::give_back(std::uint32_t index) noexcept {
  in_use_.fetch_sub(1, std::memory_order_relaxed);
  state_->push(index);
}

}  // namespace btfast
