// The part of PieceAssembly that its one worker calls, and the rule that admits it.
#include <algorithm>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/pieces/piece_assembly.h"

namespace btfast {

bool PieceAssembly::admit() noexcept {
  // acq_rel: a worker that reads our count, here or later, sees what we committed; and
  // one that is admitted sees what the last worker did.
  return pending_.fetch_add(1, std::memory_order_acq_rel) == 0;
}

bool PieceAssembly::try_admit_alone() noexcept {
  std::uint32_t none = 0;
  return pending_.compare_exchange_strong(none, 1, std::memory_order_acq_rel,
                                          std::memory_order_relaxed);
}

std::uint32_t PieceAssembly::pending() const noexcept {
  return pending_.load(std::memory_order_acquire);
}

bool PieceAssembly::leave(std::uint32_t seen) noexcept {
  return pending_.fetch_sub(seen, std::memory_order_acq_rel) == seen;
}

std::span<std::byte const> PieceAssembly::next_run(std::size_t max) noexcept {
  std::uint32_t const begin = hashed_blocks();
  if (!open() || begin == block_count_ || !arrived(BlockIndex{begin})) return {};
  auto const first = bytes_of(begin);
  std::size_t size = first.size();
  for (std::uint32_t i = begin + 1; i < block_count_ && arrived(BlockIndex{i}); ++i) {
    auto const next = bytes_of(i);
    if (next.data() != first.data() + size || size + next.size() > max) break;
    size += next.size();
  }
  return {first.data(), size};
}

void PieceAssembly::advance(std::size_t bytes) noexcept {
  auto const blocks = static_cast<std::uint32_t>((bytes - 1) / limits::kBlockSize + 1);
  // relaxed: we are its only writer; others take it as a hint.
  hashed_.store(hashed_blocks() + blocks, std::memory_order_relaxed);
}

void PieceAssembly::begin_verify() noexcept {
  if (!verifying_) claim_->begin_verify();
  verifying_ = true;
}

void PieceAssembly::gather(std::uint32_t begin, std::uint32_t end, std::vector<iovec>& out) const {
  std::byte const* next = nullptr;
  for (std::uint32_t i = begin; i < end; ++i) {
    auto const bytes = bytes_of(i);
    if (bytes.data() == next) {
      out.back().iov_len += bytes.size();
    } else {
      out.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
    }
    next = bytes.data() + bytes.size();
  }
}

PieceAssembly::BlockSpan PieceAssembly::unwritten() const noexcept {
  std::uint32_t const hashed = hashed_blocks();
  std::uint32_t const per_segment = memory_.blocks_per_segment();
  std::uint32_t const end = std::min(written_blocks_ + per_segment, block_count_);
  return {written_blocks_, end <= hashed ? end : written_blocks_};
}

void PieceAssembly::written(BlockSpan blocks) noexcept {
  for (std::uint32_t i = blocks.begin; i < blocks.end; ++i) blocks_[i].aside.reset();
  std::uint32_t const per_segment = memory_.blocks_per_segment();
  for (std::uint32_t i = blocks.begin; i < blocks.end; i += per_segment) {
    memory_.retire(memory_.segment_of(BlockIndex{i}));
  }
  written_blocks_ = blocks.end;
}

void PieceAssembly::note_failed() noexcept {
  table_.failed[piece_.value].store(true, std::memory_order_relaxed);
}

std::vector<PeerHandle> PieceAssembly::senders() const {
  std::vector<PeerHandle> peers;
  for (std::uint32_t i = 0; i < block_count_; ++i) peers.push_back(blocks_[i].from);
  auto const key = [](PeerHandle const& p) {
    return std::tuple{p.net_thread, p.slot, p.generation};
  };
  std::sort(peers.begin(), peers.end(),
            [&](PeerHandle const& a, PeerHandle const& b) { return key(a) < key(b); });
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

}  // namespace btfast
