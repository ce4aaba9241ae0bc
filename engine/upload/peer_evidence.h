// PeerEvidence: what a super-seed saw of one peer's part in the swarm: whether others have what
// it was given, and whether anything comes to it that is not ours.
//
// A proof that comes after its wait was given up shows that the swarm is slow: the next is waited
// for twice as long.  Who got something elsewhere is thought to get more for four times as long
// as it ever waited.
//
// But what comes may be a trickle beside what we could give.  So who is fed is tried as well, now
// and then: with some pieces, and with more while these come kFaster times as fast as others'.
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
  static constexpr std::uint32_t kFaster = 4;
  static constexpr std::chrono::seconds kTryFed{2};
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
  bool was_fed() const noexcept { return longest_wait_ > Duration{0}; }
  // It was offered so many pieces because nothing came, or too little.
  void count_trials(std::size_t pieces) noexcept;
  // It does not fetch them, or others are as fast.
  void on_tried_in_vain() noexcept;
  void forget_trials() noexcept { trials_ = 0; }
  std::uint32_t trials() const noexcept { return trials_; }
  bool cut_off() const noexcept { return trials_ >= kTrials; }
  // Each time it is fed while it is tried in vain, it is left alone for longer.
  Duration try_fed_patience() const noexcept { return try_fed_patience_; }
  // So long a piece from elsewhere is waited for.
  Duration fed_patience() const noexcept;

 private:
  std::vector<PieceIndex> unproved_;
  Duration proof_patience_{kShortest};
  TimePoint fed_at_;  // or it came
  Duration longest_wait_{0};
  Duration try_fed_patience_{kTryFed};
  std::uint32_t trials_ = 0;  // since it was fed well
  std::uint32_t round_ = 0;   // pieces of the last trial
  std::uint32_t fed_ = 0;     // pieces since that
};

}  // namespace btfast
