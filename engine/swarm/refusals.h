// Refusals: what one peer rejected although it had unchoked us (BEP 6), so that it is not
// asked the same again with every round trip.  A piece it refused is left alone for a while;
// a peer that refuses whatever it is asked gets a rest that doubles, until a block comes.
//
// Threads: plain data of one net thread.
// Bound:   kPieces pieces are remembered; the rest covers whoever refuses more.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/types.h"

namespace btfast {

class Refusals {
 public:
  static constexpr std::size_t kPieces = 64;
  static constexpr std::chrono::seconds kPieceRest{30};
  static constexpr std::chrono::milliseconds kRestMin{100};
  static constexpr std::chrono::seconds kRestMax{30};

  void on_reject(PieceIndex piece, TimePoint now);
  void on_block() noexcept { rests_ = 0; }

  // Whether the peer should not be asked for anything, or for that piece, now.
  bool resting(TimePoint now) const noexcept { return rests_ > 0 && now < rest_until_; }
  bool refuses(PieceIndex piece, TimePoint now) const noexcept;

 private:
  struct Refused {
    PieceIndex piece;
    TimePoint until{};
  };

  std::vector<Refused> pieces_;  // the oldest first
  unsigned rests_ = 0;           // in a row, since the last block
  TimePoint rest_until_{};
};

}  // namespace btfast
