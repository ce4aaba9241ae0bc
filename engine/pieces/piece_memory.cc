#include "engine/pieces/piece_memory.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast {

bool PieceMemory::start(SegmentPool& pool, std::uint32_t piece_bytes, bool streamed) {
  auto const segment_bytes = static_cast<std::uint32_t>(pool.segment_bytes());
  std::uint32_t const count = (piece_bytes - 1) / segment_bytes + 1;
  if (!streamed && !pool.try_reserve(count)) return false;
  pool_ = &pool;
  streamed_ = streamed;
  counted_ = streamed || count > 1;
  blocks_per_segment_ = (segment_bytes - 1) / limits::kBlockSize + 1;
  count_ = count;
  reserved_ = streamed ? 0 : count;
  if (count_ > slots_max_) {
    slots_ = std::make_unique<Slot[]>(count_);
    slots_max_ = count_;
  }
  for (std::uint32_t i = 0; i < count_; ++i) {
    slots_[i].users.store(kUntaken, std::memory_order_relaxed);
  }
  if (counted_) return true;
  slots_[0].memory = pool.try_take();
  if (slots_[0].memory) return true;
  reset();
  return false;
}

void PieceMemory::reset() noexcept {
  for (std::uint32_t i = 0; i < count_; ++i) slots_[i].memory.reset();
  pool_->unreserve(reserved_);
  count_ = reserved_ = 0;
}

std::uint32_t PieceMemory::segment_of(BlockIndex block) const noexcept {
  return block.value / blocks_per_segment_;
}

std::byte* PieceMemory::place(BlockIndex block) const noexcept {
  std::size_t const offset = std::size_t{block.value % blocks_per_segment_} * limits::kBlockSize;
  return slots_[segment_of(block)].memory.data() + offset;
}

bool PieceMemory::hold_counted(std::uint32_t segment) noexcept {
  Slot& slot = slots_[segment];
  std::uint32_t users = slot.users.load(std::memory_order_relaxed);
  for (;;) {
    if (users == kTaking || users == kRetired) return false;
    bool const first = users == kUntaken;
    if (slot.users.compare_exchange_weak(users, first ? kTaking : users + 1,
                                         std::memory_order_acq_rel, std::memory_order_relaxed)) {
      if (!first) return true;
      break;
    }
  }
  slot.memory = pool_->try_take();
  bool const taken{slot.memory};
  slot.users.store(taken ? 2 : kUntaken, std::memory_order_release);  // the worker, and ours
  return taken;
}

void PieceMemory::drop_counted(std::uint32_t segment) noexcept {
  Slot& slot = slots_[segment];
  std::uint32_t users = slot.users.load(std::memory_order_relaxed);
  do {
    BTF_DCHECK(users != kUntaken && users < kRetired);
    // acq_rel: the last user's reuse comes after every other's writes.
  } while (!slot.users.compare_exchange_weak(users, users == 1 ? kTaking : users - 1,
                                             std::memory_order_acq_rel, std::memory_order_relaxed));
  if (users != 1) return;
  slot.memory.reset();
  slot.users.store(kRetired, std::memory_order_release);
}

void PieceMemory::retire(std::uint32_t segment) noexcept {
  Slot& slot = slots_[segment];
  std::uint32_t untaken = kUntaken;
  // Every block of it may have come as a copy, so that no memory was ever taken.
  while (!slot.users.compare_exchange_weak(untaken, kRetired, std::memory_order_acq_rel)) {
    if (untaken != kUntaken && untaken != kTaking) return drop_counted(segment);
    untaken = kUntaken;
  }
}

}  // namespace btfast
