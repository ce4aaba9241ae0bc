#include "engine/download/download_scheduler.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// An idle peer waits this long before it repeats others' requests: between two pieces it is
// idle for less.
constexpr std::chrono::milliseconds kEndgameAfter{50};
constexpr std::chrono::seconds kStallAfter{2};
// Open requests that all peers share, beyond what their paths need: 12 MiB.
constexpr std::size_t kOpenRequestsShared = 768;
constexpr std::size_t kCancelledRemembered = 4096;

net::Request request_of(BlockRange const& range) {
  return {.piece = range.piece.value, .begin = range.begin, .length = range.length};
}

}  // namespace

DownloadScheduler::DownloadScheduler(SharedTorrent& torrent, PiecePicker& picker, PeerTable& peers,
                                     ShardCounters& counters)
    : torrent_(torrent),
      picker_(picker),
      choice_(torrent, picker),
      endgame_(torrent, peers, choice_),
      counters_(counters),
      requests_shared_(kOpenRequestsShared /
                       static_cast<std::size_t>(std::max(torrent.config().net_threads, 1))),
      producer_(torrent.queue()) {}

void DownloadScheduler::fill(Peer& peer, TimePoint now) {
  auto& download = peer.download;
  download.hungry = false;
  if (!may_request(peer) || download.refusals.resting(now)) return;
  std::size_t const before = download.requests.size();
  if (before == 0) download.may_repeat = false;
  std::size_t const target = target_of(peer);
  // A quarter of hysteresis: requests go out in batches, one packet for many.
  if (before > target - target / 4) return;
  while (download.requests.size() < target) {
    if (!download.assignment && !choice_.assign(peer, now)) break;
    if (!request_claims(peer, target - download.requests.size(), now)) break;
  }
  if (download.hungry) {
    ask_twice(peer, now);
  } else {
    download.idle_since = TimePoint{};
  }
  set_open_requests(peer, before);
}

// What is asked of all peers together is memory soon.  A peer may have what its path needs,
// and else twice what is left of what they share: so n equal peers have 1/(n + 1/2) of it each.
std::size_t DownloadScheduler::target_of(Peer const& peer) const noexcept {
  PipelineDepth const& depth = peer.download.depth;
  std::size_t const open = counters_.requests_open.get();
  std::size_t const left = requests_shared_ - std::min(open, requests_shared_);
  return std::clamp<std::size_t>(2 * left, depth.lean_target(), depth.target());
}

bool DownloadScheduler::may_request(Peer const& peer) const noexcept {
  if (!peer.opened || peer.closing || !peer.am_interested || !torrent_.downloading()) return false;
  return !peer.peer_choking || !peer.download.allowed_fast.empty();
}

// False when the limit allows no more now, or memory does not.
bool DownloadScheduler::request_claims(Peer& peer, std::size_t room, TimePoint now) {
  auto& download = peer.download;
  if (gate_ != nullptr) {
    std::uint64_t const bytes = gate_->allowance(peer.handle);
    if (bytes == 0) return false;
    room = std::min<std::size_t>(room, bytes / limits::kBlockSize + 1);
  }
  AssemblyRef const assembly = download.assignment->assembly();
  cancel_stale(peer, assembly);
  claims_.clear();
  if (assembly->claim_blocks(assembly, room, claims_) == 0) {
    download.assignment.reset();
    // There were blocks, and nowhere to put them: looking again would find the same.
    download.hungry = download.out_of_budget =
        assembly->has_segments() && assembly->has_unclaimed();
    return !download.hungry;
  }
  for (auto& claim : claims_) request_block(peer, std::move(claim), now);
  claims_.clear();
  return true;
}

void DownloadScheduler::spend(std::uint64_t bytes) noexcept {
  if (gate_ != nullptr) gate_->spend(bytes);
}

// A request that is open no more; should its answer come after all, it is paid for then.
void DownloadScheduler::give_back(std::uint64_t bytes) noexcept {
  if (gate_ != nullptr) gate_->give_back(bytes);
}

void DownloadScheduler::request_block(Peer& peer, BlockClaim claim, TimePoint now) {
  auto& download = peer.download;
  BlockRange const range = claim.range();
  peer.connection->expect_block(
      {range.piece.value, range.begin, range.length, claim.destination()});
  // What it owes from before a time-out or from the endgame is not asked twice.
  auto const owed = download.may_repeat ? download.requests.find(range) : std::nullopt;
  if (owed) {
    download.requests[*owed].claim.emplace(std::move(claim));
    return;
  }
  spend(range.length);
  peer.connection->send(request_of(range));
  download.requests.push_back({range, now, std::move(claim)});
}

// The piece is fetched anew, and we asked for blocks of it before: of two open requests
// for one block nobody could say whose claim an answer fills.
void DownloadScheduler::cancel_stale(Peer& peer, AssemblyRef const& fetched) {
  auto const& requests = peer.download.requests;
  for (std::size_t i = requests.size(); i-- > 0;) {
    auto const& claim = requests[i].claim;
    bool const stale =
        claim && claim->assembly()->piece() == fetched->piece() && !(claim->assembly() == fetched);
    if (stale) cancel(peer, i);
  }
}

void DownloadScheduler::on_block_in_place(Peer& peer, net::PieceHeader const& block,
                                          TimePoint now) {
  auto& requests = peer.download.requests;
  auto const range = torrent_.geometry().range(block.piece, block.begin, block.length);
  auto const at = range ? requests.find(*range) : std::nullopt;
  if (!at) return;  // expected blocks have a request; a bug here would only waste the block
  OutstandingRequest request = requests.take(*at);
  set_open_requests(peer, requests.size() + 1);
  count_arrival(peer, *range, request.sent, now);
  cancel_elsewhere(*range, peer.handle);
  if (!request.claim) return;
  AssemblyRef const assembly = request.claim->assembly();
  after_commit(assembly, std::move(*request.claim).commit(peer.handle), range->length, now);
}

bool DownloadScheduler::on_block_bytes(Peer& peer, net::PieceHeader const& block,
                                       std::span<std::byte const> bytes, TimePoint now) {
  auto& download = peer.download;
  auto const range = torrent_.geometry().range(block.piece, block.begin, block.length);
  if (!range) return false;
  TimePoint sent{};
  if (auto const at = download.requests.find(*range)) {
    OutstandingRequest const request = download.requests.take(*at);
    // The rest of an earlier answer came, for a block that was asked again meanwhile: with
    // the claim goes the right to receive the next answer in its place.
    if (request.claim) peer.connection->forget_block(block.piece, block.begin);
    sent = request.sent;
    set_open_requests(peer, download.requests.size() + 1);
  } else {
    auto const late = std::find(download.cancelled.begin(), download.cancelled.end(), *range);
    if (late == download.cancelled.end()) return false;
    download.cancelled.erase(late);
    spend(range->length);
  }
  count_arrival(peer, *range, sent, now);
  cancel_elsewhere(*range, peer.handle);
  auto const index = torrent_.geometry().exact_block(*range);
  AssemblyRef const assembly = index ? torrent_.active().find(range->piece) : AssemblyRef{};
  if (!assembly) {
    counters_.wasted.add(range->length);
    return true;
  }
  after_commit(assembly, assembly->commit_copy(*index, peer.handle, bytes), range->length, now);
  return true;
}

void DownloadScheduler::count_arrival(Peer& peer, BlockRange const& range, TimePoint sent,
                                      TimePoint now) {
  peer.download.refusals.on_block();
  // The answer to a cancelled request says nothing of the path.
  if (sent != TimePoint{}) {
    counters_.block_latency[LatencyHistogram::bucket_of(now - sent)].add(1);
    peer.download.depth.on_block(sent, now);
    auto const open = std::chrono::duration_cast<std::chrono::microseconds>(now - sent);
    counters_.request_time_us.add(static_cast<std::uint64_t>(open.count()));
    peer.download.pace.on_block(sent, peer.download.last_block, now);
  }
  peer.download.last_block = now;
  counters_.payload_down.add(range.length);
}

void DownloadScheduler::after_commit(AssemblyRef const& assembly, Commit commit,
                                     std::uint32_t bytes, TimePoint now) {
  if (commit.first) {
    last_new_block_ = now;
  } else {
    counters_.wasted.add(bytes);
  }
  if (commit.hand_off) producer_.push(assembly);
}

bool DownloadScheduler::on_reject(Peer& peer, net::RejectRequest const& reject, TimePoint now) {
  auto& download = peer.download;
  auto const range = torrent_.geometry().range(reject.piece, reject.begin, reject.length);
  if (!range) return false;
  if (auto const at = download.requests.find(*range)) {
    std::size_t const before = download.requests.size();
    peer.connection->forget_block(reject.piece, reject.begin);
    OutstandingRequest const request = download.requests.take(*at);
    give_back(range->length);
    set_open_requests(peer, before);
    std::erase(download.allowed_fast, range->piece);  // it will not keep that promise
    // What it drops because it choked us is no refusal.
    if (!peer.peer_choking) refuse(peer, range->piece, now);
    return true;
  }
  auto const late = std::find(download.cancelled.begin(), download.cancelled.end(), *range);
  if (late == download.cancelled.end()) return false;
  download.cancelled.erase(late);
  return true;
}

void DownloadScheduler::refuse(Peer& peer, PieceIndex piece, TimePoint now) {
  auto& download = peer.download;
  download.refusals.on_reject(piece, now);
  if (download.assignment && (*download.assignment)->piece() == piece) download.assignment.reset();
}

void DownloadScheduler::on_choke(Peer& peer) {
  // With BEP 6 the peer says which requests it drops; without, all of them.
  if (!peer.fast) release_all(peer);
  peer.download.assignment.reset();
}

void DownloadScheduler::on_piece_done(Peer& peer, PieceIndex piece) {
  auto& download = peer.download;
  // A piece that failed may have been started anew before we heard of it.
  auto const is_over = [&](AssemblyRef const& a) { return a->piece() == piece && !a->open(); };
  if (download.assignment && is_over(download.assignment->assembly())) download.assignment.reset();
  std::size_t const before = download.requests.size();
  for (std::size_t i = download.requests.size(); i-- > 0;) {
    BlockRange const range = download.requests[i].range;
    auto const& claim = download.requests[i].claim;
    if (range.piece != piece || (claim && !is_over(claim->assembly()))) continue;
    cancel(peer, i);
  }
  set_open_requests(peer, before);
}

void DownloadScheduler::cancel(Peer& peer, std::size_t index) {
  OutstandingRequest const request = peer.download.requests.take(index);
  auto const& [piece, begin, length] = request.range;
  peer.connection->forget_block(piece.value, begin);
  peer.connection->send(net::Cancel{.piece = piece.value, .begin = begin, .length = length});
  give_back(length);
  remember_cancelled(peer, request.range);
}

void DownloadScheduler::drop_unwanted(Peer& peer) {
  auto& download = peer.download;
  if (download.assignment && !picker_.wanted((*download.assignment)->piece())) {
    download.assignment.reset();
  }
  std::size_t const before = download.requests.size();
  for (std::size_t i = download.requests.size(); i-- > 0;) {
    if (!picker_.wanted(download.requests[i].range.piece)) cancel(peer, i);
  }
  set_open_requests(peer, before);
}

void DownloadScheduler::drop_unwanted_pieces() {
  while (torrent_.active().drop_one([this](PieceIndex p) { return !picker_.wanted(p); })) {
  }
}

bool DownloadScheduler::take_back(Peer& slow, std::size_t keep, Peer const& faster, TimePoint now) {
  auto const& requests = slow.download.requests;
  std::size_t const before = requests.size();
  for (std::size_t i = before; i-- > keep;) {
    auto const& claim = requests[i].claim;
    if (!claim || claim->assembly()->is_alone(CoarseTime{now})) continue;
    if (choice_.may_fetch(faster, requests[i].range.piece, now)) cancel(slow, i);
  }
  if (requests.size() == before) return false;
  slow.download.assignment.reset();
  set_open_requests(slow, before);
  return true;
}

void DownloadScheduler::release_all(Peer& peer) {
  auto& download = peer.download;
  std::size_t const before = download.requests.size();
  peer.connection->forget_all_blocks();
  for (std::size_t i = 0; i < download.requests.size(); ++i) {
    remember_cancelled(peer, download.requests[i].range);
    give_back(download.requests[i].range.length);
  }
  download.requests.clear();
  download.assignment.reset();
  set_open_requests(peer, before);
}

void DownloadScheduler::on_tick(Peer& peer, TimePoint now) {
  auto& download = peer.download;
  if (!download.requests.empty()) {
    TimePoint const since = std::max(download.last_block, download.requests.front().sent);
    Duration const patience =
        torrent_.config().request_timeout * (download.depth.snubbed() ? 2 : 1);
    if (now - since > patience) time_out(peer);
  }
  fill(peer, now);
}

// The blocks go back to everyone; should they come after all, they are still welcome.  A
// peer that stays silent may have lost our requests: then it is asked for one block anew.
void DownloadScheduler::time_out(Peer& peer) {
  auto& download = peer.download;
  if (download.depth.snubbed()) return release_all(peer);
  peer.connection->forget_all_blocks();
  for (std::size_t i = 0; i < download.requests.size(); ++i) download.requests[i].claim.reset();
  download.may_repeat = true;
  download.assignment.reset();
  download.depth.snub();
}

// Nothing is left to claim: after a moment ask for blocks that others owe.
void DownloadScheduler::ask_twice(Peer& peer, TimePoint now) {
  auto& download = peer.download;
  if (download.idle_since == TimePoint{}) download.idle_since = now;
  // Without budget the others' blocks are mostly on their way, however long this peer waits
  // for its turn; that nothing new comes from anyone is another matter.
  if (download.out_of_budget && now - last_new_block_ < kStallAfter) return;
  Duration const idle = now - download.idle_since;
  if (idle < (download.out_of_budget ? Duration{kStallAfter} : Duration{kEndgameAfter})) return;
  for (auto const& range : endgame_.choose(peer, idle, now)) {
    spend(range.length);
    peer.connection->send(request_of(range));
    download.requests.push_back({range, now, std::nullopt});
    download.may_repeat = true;
  }
}

// Here before a peer sends it as well, it costs nothing.
void DownloadScheduler::cancel_elsewhere(BlockRange const& range, PeerHandle from) {
  endgame_.on_block(range, from, [&](Peer& other) {
    auto const at = other.download.requests.find(range);
    if (!at) return;
    std::size_t const before = other.download.requests.size();
    cancel(other, *at);
    set_open_requests(other, before);
  });
}

void DownloadScheduler::remember_cancelled(Peer& peer, BlockRange const& range) {
  auto& cancelled = peer.download.cancelled;
  if (cancelled.size() >= kCancelledRemembered) cancelled.erase(cancelled.begin());
  cancelled.push_back(range);
}

void DownloadScheduler::set_open_requests(Peer const& peer, std::size_t before) {
  counters_.requests_open.set(counters_.requests_open.get() + peer.download.requests.size() -
                              before);
}

}  // namespace btfast
