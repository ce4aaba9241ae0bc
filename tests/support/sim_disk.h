// SimDisk: a simulated node's storage, and what may go wrong with it.  The torrent owns a
// view of it, so the test sees the bytes, and that the view is gone, after the torrent.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "engine/base/rng.h"
#include "storage/memory_storage.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {

class SimDisk {
 public:
  SimDisk(TestTorrent const& torrent, std::uint64_t seed);

  // With the torrent's content in these pieces.
  void fill();
  void fill(PieceIndex piece);

  // From now on one read in `n` brings one wrong byte; 0: none.
  void corrupt_one_read_in(std::uint32_t n) noexcept { corrupt_in_ = n; }
  std::uint64_t corrupted_reads() const noexcept { return corrupted_reads_; }
  // One read in `n` is not in the page cache; 0: all are.
  void miss_one_read_in(std::uint32_t n) noexcept { miss_in_ = n; }
  // Called before each write.
  void on_write(std::function<void()> hook) { on_write_ = std::move(hook); }
  std::uint64_t reads() const noexcept { return reads_; }
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

  storage::MemoryStorage& memory() noexcept { return memory_; }
  bool holds(PieceIndex piece) const;
  bool holds_all() const;

 private:
  friend class SimStorage;
  void spoil(std::span<std::byte> bytes);

  TestTorrent const torrent_;
  storage::MemoryStorage memory_;
  Rng rng_;
  std::uint32_t corrupt_in_ = 0;
  std::uint32_t miss_in_ = 0;
  std::uint64_t corrupted_reads_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::function<void()> on_write_;
};

// What the torrent owns.
class SimStorage final : public storage::Storage {
 public:
  explicit SimStorage(std::shared_ptr<SimDisk> disk) : disk_(std::move(disk)) {}

  Outcome look() override { return disk_->memory_.look(); }
  Outcome prepare() override { return disk_->memory_.prepare(); }
  bool is_there(std::uint64_t offset, std::uint64_t length) override {
    return disk_->memory_.is_there(offset, length);
  }
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override {
    if (disk_->on_write_) disk_->on_write_();
    return disk_->memory_.write(offset, from);
  }
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome sync() override { return disk_->memory_.sync(); }
  std::vector<storage::Disturbance> disturbances(storage::Watch watch) override {
    return disk_->memory_.disturbances(watch);
  }

 private:
  std::shared_ptr<SimDisk> const disk_;
};

}  // namespace btfast::test
