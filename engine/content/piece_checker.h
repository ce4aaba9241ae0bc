// PieceChecker: hashes what storage holds and says which pieces are right.  One use.  The one
// place that decides what is there: `verify`, `seed` and the start of a download ask it alike.
//
// Threads:   start() once; cancel() and checked() from any thread.  The work is done on
//            an executor, several pieces hashed side by side in each job.
// Ownership: keeps itself alive until `done` was called; storage, hashes and executor
//            must live as long.
// Bound:     a job holds at most 1 MiB.
// Ordering:  each piece's verdict is written by one job; the jobs' last decrement of
//            `workers_left_` (acq_rel) collects them all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/buffer_pool.h"
#include "engine/base/executor.h"
#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "engine/content/read_order.h"
#include "storage/storage.h"

namespace btfast {

struct CheckReport {
  Bitfield good;
  std::vector<PieceIndex> bad;         // read whole, and not what the torrent says
  std::vector<PieceIndex> missing;     // in a file that is not there, or ends too soon
  std::vector<PieceIndex> unreadable;  // refused by the disk
  std::optional<Failure> failure;      // why the first unreadable one was
  bool cancelled = false;              // pieces not reached are in none of the lists
};

class PieceChecker : public std::enable_shared_from_this<PieceChecker> {
 public:
  // Of the pieces asked for; on any job's thread.
  using Progress = std::function<void(std::uint32_t checked)>;
  using Done = std::function<void(CheckReport)>;  // once, on a job's thread

  // REQUIRES: a hash for each piece.
  PieceChecker(storage::Storage& storage, PieceGeometry geometry,
               std::span<Sha1Digest const> hashes, Progress progress = {});

  // Before start(): only these pieces are looked at; the others are in no list.
  void restrict_to(Bitfield only) { only_ = std::move(only); }

  void start(Executor& executor, Done done);
  // start(), and wait.  REQUIRES: a thread that is not the executor's.
  CheckReport run(Executor& executor);

  // Whether there is anything to hash.  False: every piece is missing.
  bool anything_there();

  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }  // a hint
  // How many pieces are asked for, and how many of them are checked.
  std::uint32_t pieces() const noexcept { return only_ ? only_->count() : geometry_.piece_count(); }
  std::uint32_t checked() const noexcept { return checked_.load(std::memory_order_relaxed); }

 private:
  enum class Verdict : std::uint8_t { kUnchecked, kGood, kBad, kMissing, kUnreadable };
  struct Lanes;

  void step(Executor& executor, std::shared_ptr<HugeBuffer> const& scratch);
  void check_wanted(PieceRun pieces, std::span<std::byte> scratch);
  bool asked_for(PieceIndex piece) const noexcept { return !only_ || only_->test(piece); }
  std::uint32_t asked_for(PieceRun pieces) const noexcept;
  bool is_to_hash(PieceIndex piece);
  void check(PieceRun pieces, std::span<std::byte> scratch);
  void check_zeros(PieceRun pieces);
  void check_small(PieceRun pieces, std::span<std::byte> scratch);
  void check_large(PieceRun pieces, std::span<std::byte> scratch);
  bool read(PieceIndex piece, std::uint64_t offset, std::span<std::byte> into);
  void judge(PieceIndex piece, Sha1Digest const& digest);
  bool is_right_elsewhere(PieceIndex piece);
  CheckReport report();

  // Immutable after start().
  storage::Storage& storage_;
  PieceGeometry const geometry_;
  std::span<Sha1Digest const> const hashes_;
  Progress const progress_;
  std::optional<Bitfield> only_;
  Done done_;

  // Each element written by the one job that has the piece.
  std::vector<Verdict> verdicts_;

  // Digests of pieces of zeros, made when the first hole is met.
  std::once_flag zeros_made_;
  Sha1Digest zeros_{};
  Sha1Digest last_zeros_{};

  ReadOrder order_;  // what no job has taken yet

  // Atomic: all of it.
  std::atomic<std::uint32_t> checked_{0};
  std::atomic<int> workers_left_{0};
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> failed_{false};  // who sets it writes failure_
  std::optional<Failure> failure_;
};

}  // namespace btfast
