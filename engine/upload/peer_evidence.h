// PeerEvidence: what a super-seed saw of one peer's part in the swarm: whether others have what
// it was given, and whether anything comes to it that is not ours.
//
// A proof that comes after its wait was given up shows that the swarm is slow: the next is waited
// for twice as long.  Who got something elsewhere is thought to get more for four times as long
// as it ever waited.
//
// Threads: plain data of one net thread.
// Bound:   kUnproved pieces.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/types.h"

namespace btfast {

class PeerEvidence {
 public:
  static constexpr std::size_t kUnproved = 4;
  // Pieces that it gets of us alone before it is thought to get nothing elsewhere.
  static constexpr std::uint32_t kTrials = 5;
  static constexpr std::chrono::seconds kShortest{3};
  static constexpr std::chrono::seconds kLongest{30};

  explicit PeerEvidence(TimePoint now) noexcept : fed_at_(now) {}

  // Another has a piece that it was given.
  void on_proved() noexcept { unproved_.clear(); }
  // The same, of one of unproved().
  void on_late_proof() noexcept;
  // Nobody has it yet, and that is waited for no more.
  void on_unproved(PieceIndex piece);
  std::span<PieceIndex const> unproved() const noexcept { return unproved_; }
  bool passes_nothing_on() const noexcept { return unproved_.size() >= kUnproved; }
  // So long a proof is waited for.
  Duration proof_patience() const noexcept { return proof_patience_; }

  // A piece came to it that is not ours.
  void on_fed(TimePoint now) noexcept;
  // It was offered so many pieces because nothing came.
  void count_trials(std::size_t pieces) noexcept { trials_ += static_cast<std::uint32_t>(pieces); }
  void forget_trials() noexcept { trials_ = 0; }
  std::uint32_t trials() const noexcept { return trials_; }
  bool cut_off() const noexcept { return trials_ >= kTrials; }
  // So long a piece from elsewhere is waited for.
  Duration fed_patience() const noexcept;

 private:
  std::vector<PieceIndex> unproved_;
  Duration proof_patience_{kShortest};
  TimePoint fed_at_;  // or it came
  Duration longest_wait_{0};
  std::uint32_t trials_ = 0;  // since it was fed
};

}  // namespace btfast
