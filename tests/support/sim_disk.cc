#include "tests/support/sim_disk.h"

#include <algorithm>

namespace btfast::test {

SimDisk::SimDisk(TestTorrent const& torrent, std::uint64_t seed)
    : torrent_(torrent), memory_(torrent.map()), rng_(seed) {}

void SimDisk::fill() { memory_.fill(0, *torrent_.content); }

void SimDisk::fill(PieceIndex piece) {
  PieceGeometry const& geometry = torrent_.geometry();
  memory_.fill(geometry.piece_offset(piece),
               torrent_.bytes({piece, 0, geometry.piece_size(piece)}));
}

bool SimDisk::holds(PieceIndex piece) const {
  PieceGeometry const& geometry = torrent_.geometry();
  auto const right = torrent_.bytes({piece, 0, geometry.piece_size(piece)});
  auto const ours = memory_.bytes().subspan(geometry.piece_offset(piece), right.size());
  return std::equal(right.begin(), right.end(), ours.begin());
}

bool SimDisk::holds_all() const {
  auto const ours = memory_.bytes();
  return std::equal(ours.begin(), ours.end(), torrent_.content->begin(), torrent_.content->end());
}

void SimDisk::spoil(std::span<std::byte> bytes) {
  ++reads_;
  bytes_read_ += bytes.size();
  if (corrupt_in_ == 0 || !rng_.one_in(corrupt_in_)) return;
  bytes[rng_.below(static_cast<std::uint32_t>(bytes.size()))] ^= std::byte{1};
  ++corrupted_reads_;
}

Outcome SimStorage::read(std::uint64_t offset, std::span<std::byte> into) {
  Outcome outcome = disk_->memory_.read(offset, into);
  if (outcome) disk_->spoil(into);
  return outcome;
}

Outcome SimStorage::try_read(std::uint64_t offset, std::span<std::byte> into) {
  bool const missed = disk_->miss_in_ != 0 && disk_->rng_.one_in(disk_->miss_in_);
  if (missed) return Failure{Errc::kWouldBlock, 0, "not cached"};
  Outcome outcome = disk_->memory_.try_read(offset, into);
  if (outcome) disk_->spoil(into);
  return outcome;
}

}  // namespace btfast::test
