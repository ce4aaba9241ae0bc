// Endgame: which blocks that others owe a peer with nothing else to do asks for as well.  Only
// those that it would bring earlier: what is owed is expected by its peer's rate and its place
// in the queue, and a peer that is overdue is expected no more.  A block is asked twice, and of one
// more only when all who help with it have stopped giving as well.  As soon as it is here it is
// cancelled everywhere else.
//
// It sees its own net thread's peers; blocks that others' owe are asked for after a longer
// pause, a few at a time.
//
// Threads: one net thread.
// Bound:   kHelpMax blocks a peer, kTwiceMax in all; one block's peers by the time that each of
//          them is waited for, which grows with their number.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/base/clock.h"
#include "engine/download/piece_choice.h"
#include "engine/swarm/peer_table.h"
#include "engine/swarm/shared_torrent.h"

namespace btfast {

class Endgame {
 public:
  static constexpr std::size_t kHelpMax = 64;
  static constexpr std::size_t kFewBlocks = 4;  // of a peer whose rate is not known
  static constexpr std::size_t kTwiceMax = 1024;
  static constexpr std::chrono::milliseconds kGain{50};  // that a block asked twice must bring
  static constexpr std::chrono::milliseconds kUnseenAfter{1000};

  Endgame(SharedTorrent& torrent, PeerTable& peers, PieceChoice& choice) noexcept
      : torrent_(torrent), peers_(peers), choice_(choice) {}

  // What `helper`, idle for so long, is to be asked for; it is taken to be asked.
  std::vector<BlockRange> const& choose(Peer const& helper, Duration idle, TimePoint now);
  // A block came from `from`: calls `cancel(Peer&)` for each other peer that it was asked of,
  // as far as it was asked twice.
  template <class Cancel>
  void on_block(BlockRange const& range, PeerHandle from, Cancel&& cancel) {
    for (std::size_t i = twice_.size(); i-- > 0;) {
      if (!(twice_[i].range == range)) continue;
      for (PeerHandle const asked : {twice_[i].owes, twice_[i].helps}) {
        Peer* const peer = asked == from ? nullptr : peers_.find(asked);
        if (peer != nullptr && !peer->closing) cancel(*peer);
      }
      twice_[i] = twice_.back();
      twice_.pop_back();
    }
  }

 private:
  // A request that is open with a peer of this thread.
  struct Owed {
    BlockRange range;
    PeerHandle by;
    TimePoint due;  // TimePoint::max(): overdue
  };
  // A block has one for each of its helpers.
  struct Twice {
    BlockRange range;
    PeerHandle owes;
    PeerHandle helps;
  };

  void look(TimePoint now);
  void add_owed(Peer const& peer, TimePoint now);
  void choose_owed(Peer const& helper, TimePoint now);
  void choose_unseen(Peer const& helper, TimePoint now);
  bool has_help(BlockRange const& range, TimePoint now) const noexcept;

  SharedTorrent& torrent_;
  PeerTable& peers_;
  PieceChoice& choice_;
  std::vector<Owed> owed_;  // the latest first, as of looked_at_
  TimePoint looked_at_{};
  std::vector<Twice> twice_;
  std::vector<BlockRange> chosen_;  // reused
  std::vector<BlockRange> unseen_;  // reused
};

}  // namespace btfast
