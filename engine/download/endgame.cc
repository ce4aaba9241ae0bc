#include "engine/download/endgame.h"

#include <algorithm>
#include <functional>

namespace btfast {
namespace {

// What is owed changes with every block; a look is a pass over all peers' requests.
constexpr std::chrono::milliseconds kLookEvery{10};
// A peer is overdue when it is silent for so long, and for so many blocks' time.
constexpr std::chrono::milliseconds kOverdueAfter{300};
constexpr double kOverdueBlocks = 4;
// One that never sent anything has this long.
constexpr std::chrono::seconds kFirstBlock{1};

// Of one block, by the peer's rate.  A whole round of requests says more than the last few
// blocks, which may have come together.
Duration block_time(Peer const& peer) {
  auto const& download = peer.download;
  double const per_s = download.depth.blocks_per_s() > 0 ? download.depth.blocks_per_s()
                                                         : download.pace.per_s(Duration{});
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / per_s));
}

// What was asked last cannot be here before a round trip.  REQUIRES: it owes something.
TimePoint silent_since(Peer const& peer) {
  auto const& download = peer.download;
  Duration const rtt = download.pace.known() ? download.depth.min_rtt() : Duration{};
  return std::max(download.last_block, download.requests[0].sent + rtt);
}

Duration patience_with(Peer const& peer) {
  if (!peer.download.pace.known()) return kFirstBlock;
  auto const blocks = std::chrono::duration<double>(block_time(peer)) * kOverdueBlocks;
  return std::max(Duration{kOverdueAfter}, std::chrono::duration_cast<Duration>(blocks));
}

// It owes something, and has given nothing for so many times as long as we are patient with it.
bool overdue(Peer const& peer, TimePoint now, Duration::rep times = 1) {
  if (peer.download.requests.empty()) return false;
  return now - silent_since(peer) >= patience_with(peer) * times;
}

}  // namespace

std::vector<BlockRange> const& Endgame::choose(Peer const& helper, Duration idle, TimePoint now) {
  chosen_.clear();
  if (helper.download.requests.size() >= kHelpMax) return chosen_;
  // Who gives nothing of what it owes helps nobody, and would only use up a block's turn.
  if (overdue(helper, now)) return chosen_;
  if (now - looked_at_ >= kLookEvery) look(now);
  if (twice_.size() >= kTwiceMax) return chosen_;
  choose_owed(helper, now);
  if (chosen_.empty() && idle >= kUnseenAfter) choose_unseen(helper, now);
  return chosen_;
}

void Endgame::look(TimePoint now) {
  looked_at_ = now;
  owed_.clear();
  peers_.for_each([&](Peer const& peer) {
    if (!peer.closing && !peer.download.requests.empty()) add_owed(peer, now);
  });
  std::sort(owed_.begin(), owed_.end(), [](Owed const& a, Owed const& b) {
    if (a.due != b.due) return a.due > b.due;
    if (a.range.piece != b.range.piece) return a.range.piece.value > b.range.piece.value;
    return a.range.begin > b.range.begin;
  });
  // Peers that left, and pieces that were given up, leave entries behind.
  std::erase_if(twice_, [&](Twice const& twice) {
    Peer* const helper = peers_.find(twice.helps);
    return helper == nullptr || !helper->download.requests.find(twice.range);
  });
}

void Endgame::add_owed(Peer const& peer, TimePoint now) {
  auto const& requests = peer.download.requests;
  TimePoint const since = silent_since(peer);
  bool const late = overdue(peer, now);
  Duration const each = peer.download.pace.known() ? block_time(peer) : Duration{kFirstBlock};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto const& claim = requests[i].claim;
    if (!claim || claim->assembly()->is_alone(CoarseTime{now})) continue;
    TimePoint const due = since + each * static_cast<Duration::rep>(i + 1);
    owed_.push_back({requests[i].range, peer.handle, late ? TimePoint::max() : due});
  }
}

// Somebody who may still bring it was asked as well.  Who has stopped giving does not count; but
// each one that was asked in vain makes us more patient with them all, for when the path itself
// pauses nobody gives, and everything comes at once afterwards.
bool Endgame::has_help(BlockRange const& range, TimePoint now) const noexcept {
  auto const is_of_it = [&](Twice const& twice) { return twice.range == range; };
  auto const asked = std::count_if(twice_.begin(), twice_.end(), is_of_it);
  return asked > 0 && std::any_of(twice_.begin(), twice_.end(), [&](Twice const& twice) {
           if (!is_of_it(twice)) return false;
           Peer const* const helper = peers_.find(twice.helps);
           return helper != nullptr && !overdue(*helper, now, asked);
         });
}

void Endgame::choose_owed(Peer const& helper, TimePoint now) {
  auto const& download = helper.download;
  bool const known = download.pace.known();
  Duration const each = known ? block_time(helper) : Duration{};
  std::size_t ahead = download.requests.size();
  std::size_t const most = known ? kHelpMax : kFewBlocks;
  // Half as long again as it should take, and a moment: rates are no promises.
  Duration const rtt = known ? download.depth.min_rtt() : Duration{};
  auto const brought = [&](std::size_t blocks) {
    Duration const time = rtt + each * static_cast<Duration::rep>(blocks);
    return now + time + time / 2 + kGain;
  };
  for (Owed const& owed : owed_) {
    if (ahead >= most) return;
    bool const late = owed.due == TimePoint::max();
    // A peer that is overdue may only be slow for a while, and then sends all at once.
    if (late && ahead >= kFewBlocks) continue;
    // They come in the order of `due`: the next ones are here even sooner.
    if (!late && !known) return;
    if (!late && brought(ahead + 1) >= owed.due) return;
    Peer* const owner = owed.by == helper.handle ? nullptr : peers_.find(owed.by);
    if (owner == nullptr || !owner->download.requests.find(owed.range)) continue;
    if (has_help(owed.range, now) || !choice_.may_fetch(helper, owed.range.piece, now)) continue;
    if (download.requests.find(owed.range)) continue;
    chosen_.push_back(owed.range);
    twice_.push_back({owed.range, owed.by, helper.handle});
    ++ahead;
  }
}

// Blocks whose peers are of another net thread, or are asked by nobody we see.  Peers send a
// piece from its front, so the last are the latest.
void Endgame::choose_unseen(Peer const& helper, TimePoint now) {
  unseen_.clear();
  auto const may = [&](PieceIndex p) { return choice_.may_fetch(helper, p, now); };
  PieceFilter const fetchable{std::cref(may)};  // by reference, it allocates nothing
  torrent_.active().missing_blocks(fetchable, CoarseTime{now}, kFewBlocks * 16, unseen_);
  std::size_t ahead = helper.download.requests.size();
  for (std::size_t i = unseen_.size(); i-- > 0 && ahead < kFewBlocks;) {
    BlockRange const& range = unseen_[i];
    auto const same = [&](Owed const& owed) { return owed.range == range; };
    if (std::any_of(owed_.begin(), owed_.end(), same)) continue;
    if (has_help(range, now) || helper.download.requests.find(range)) continue;
    chosen_.push_back(range);
    twice_.push_back({range, helper.handle, helper.handle});
    ++ahead;
  }
}

}  // namespace btfast
