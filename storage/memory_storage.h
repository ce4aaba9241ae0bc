// MemoryStorage: a torrent's bytes in memory, for tests and the simulator, failing on
// request like a disk would.
//
// Threads: as Storage; the faults may be changed at any time.
// Bound:   the whole torrent is in memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "storage/file_map.h"
#include "storage/storage.h"

namespace btfast::storage {

class MemoryStorage final : public Storage {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  explicit MemoryStorage(FileMap map);

  Outcome look() override { return prepare(); }
  Outcome prepare() override;
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override;
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome sync() override;
  // Before the first byte was put there nothing is.
  bool is_there(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Disturbance> disturbances(Watch watch) override;

  // -- Faults.  Calls are counted from 1, over the storage's life.
  // Writes first … first + count - 1 fail with `sys_errno` and change nothing.
  void fail_writes(std::uint64_t first, std::uint64_t count, int sys_errno) noexcept;
  void fail_reads(std::uint64_t first, std::uint64_t count, int sys_errno) noexcept;
  // try_read() answers kWouldBlock, as if nothing were cached.
  void set_cold(bool cold) noexcept { cold_.store(cold); }
  // Reading it is kNotFound from now on.
  void remove_file(FileIndex file) noexcept { present_[file.value].store(false); }

  // The next disturbances() tells of it.  REQUIRES: the caller of disturbances().
  void disturb(Disturbance what) { disturbed_.push_back(std::move(what)); }

  // The torrent's bytes, pads zero; REQUIRES: nobody writes.
  std::span<std::byte const> bytes() const noexcept { return bytes_; }
  // Bytes of the start-up content, put there without counting as writes.
  void fill(std::uint64_t offset, std::span<std::byte const> from);
  std::uint64_t writes() const noexcept { return writes_.calls.load(); }
  FileMap const& map() const noexcept { return map_; }

 private:
  struct Faults {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> first{kNever};
    std::atomic<std::uint64_t> count{0};
    std::atomic<int> sys_errno{0};

    void set(std::uint64_t from, std::uint64_t many, int error) noexcept;
    int next() noexcept;  // errno of this call, 0 for none
  };

  Failure failure(char const* what, FileIndex file, int sys_errno) const;

  FileMap const map_;
  std::vector<std::byte> bytes_;
  std::unique_ptr<std::atomic<bool>[]> const present_;
  Faults writes_;
  Faults reads_;
  std::atomic<bool> cold_{false};
  std::atomic<bool> blank_{true};
  std::vector<Disturbance> disturbed_;  // of who calls disturbances()
};

}  // namespace btfast::storage
