// FaultHook: what a test puts between storage/io.cc and the kernel.  Production has
// none, and pays one relaxed load a call.
//
// Threads: decide() from any thread that does I/O, several at once.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace btfast::storage::io {

enum class Op : std::uint8_t {
  kOpen,      // openat
  kOpenSafe,  // openat2; failing with ENOSYS exercises the portable walk
  kMkdir,
  kWrite,
  kRead,
  kReadCached,
  kAllocate,
  kTruncate,
  kSync,
  kWriteBack,
  kStat,
  kRename,
  kUnlink,
  kLink,
  kReadDir,
  kLock,
  kClose,
};
inline constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::kClose) + 1;

struct Fault {
  int error = 0;  // errno that the call fails with; 0: the call is made
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();  // short reads and writes
  std::chrono::nanoseconds delay{0};
};

class FaultHook {
 public:
  virtual ~FaultHook() = default;

  Fault next(Op op) noexcept {
    // relaxed: the count only numbers the calls.
    auto& calls = calls_[static_cast<std::size_t>(op)];
    return decide(op, calls.fetch_add(1, std::memory_order_relaxed) + 1);
  }
  std::uint64_t calls(Op op) const noexcept {
    return calls_[static_cast<std::size_t>(op)].load(std::memory_order_relaxed);
  }

 private:
  // `nth` counts the calls of this op from 1.
  virtual Fault decide(Op op, std::uint64_t nth) noexcept = 0;

  std::array<std::atomic<std::uint64_t>, kOpCount> calls_{};
};

// Null takes it away.  The hook must outlive every call that may have seen it.
void set_fault_hook(FaultHook* hook) noexcept;

}  // namespace btfast::storage::io
