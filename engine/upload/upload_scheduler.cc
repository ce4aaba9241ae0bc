#include "engine/upload/upload_scheduler.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/upload/allowed_fast.h"

namespace btfast {
namespace {

// What a choked peer may have for nothing: as much as BEP 6 says, but not all of a small
// torrent, nor many pieces that are large.
constexpr std::uint64_t kAllowedFastBytes = 8 * kMiB;
constexpr std::uint32_t kAllowedFastShare = 16;  // of all pieces one in so many

// Of all peers of a net thread together: what is read before sockets that take nothing, and the
// most that sockets which took all so far may leave.  With 1,000 peers 16 and 256 KiB each.
constexpr std::uint64_t kBytesAhead = 16 * kMiB;
constexpr std::uint64_t kBytesInQueues = 256 * kMiB;

std::size_t allowed_fast_count(PieceGeometry const& geometry) {
  auto const by_size = std::max<std::size_t>(kAllowedFastBytes / geometry.piece_length(), 1);
  std::size_t const by_share = geometry.piece_count() / kAllowedFastShare;
  return std::min({kAllowedFastCount, by_size, by_share});
}

std::uint32_t run_bytes(std::vector<BlockRange> const& blocks) {
  return blocks.back().begin + blocks.back().length - blocks.front().begin;
}

}  // namespace

UploadScheduler::UploadScheduler(std::shared_ptr<SharedTorrent> torrent, ShardCounters& counters,
                                 std::shared_ptr<ReadDoneBox> reads)
    : torrent_(std::move(torrent)), counters_(counters), reads_(std::move(reads)) {}

void UploadScheduler::share_memory(std::size_t peers) noexcept {
  auto const share = [peers](std::uint64_t bytes, std::uint32_t least, std::uint32_t most) {
    return static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(bytes / std::max<std::size_t>(peers, 1), least, most));
  };
  run_min_ = share(kBytesAhead, limits::kBlockSize, limits::kUploadRunMin);
  run_max_ = share(kBytesInQueues, limits::kUploadRunMin, limits::kUploadRunMax);
}

void UploadScheduler::allow_fast(Peer& peer, Bitfield const& have) {
  if (!peer.fast) return;
  auto const& geometry = torrent_->geometry();
  auto const set = allowed_fast_set(peer.connection->remote(), torrent_->metainfo().info_hash,
                                    geometry.piece_count(), allowed_fast_count(geometry));
  for (PieceIndex const piece : set) {
    if (!have.test(piece)) continue;
    peer.upload.allowed_fast.push_back(piece);
    peer.connection->send(net::AllowedFast{.piece = piece.value});
  }
}

bool UploadScheduler::on_request(Peer& peer, net::Request const& request) {
  if (request.length > limits::kServedRequestBytes) return false;
  auto const range = torrent_->geometry().range(request.piece, request.begin, request.length);
  if (!range) return refuse(peer, request);
  PieceState const state = torrent_->pieces().state(range->piece);
  if (state == PieceState::kLost) {
    withhold(peer, {*range});
    return true;
  }
  if (state != PieceState::kHave) return refuse(peer, request);
  if (!may_serve(peer, range->piece)) {
    reject(peer, *range);
    return ++peer.upload.bad_requests <= limits::kBadRequests;
  }
  if (peer.upload.requests.size() >= limits::kPeerRequestQueue) return refuse(peer, request);
  peer.upload.requests.push_back(*range);
  peer.upload.asked = true;
  return true;
}

// BEP 6: a choked peer may start with a few pieces, to have something to give.
bool UploadScheduler::may_serve(Peer const& peer, PieceIndex piece) const noexcept {
  if (!peer.am_choking) return true;
  auto const& allowed = peer.upload.allowed_fast;
  return peer.has.count() < kAllowedFastCount &&
         std::find(allowed.begin(), allowed.end(), piece) != allowed.end();
}

// Not ours to give, or nonsense; a peer that goes on like that is closed.
bool UploadScheduler::refuse(Peer& peer, net::Request const& request) {
  if (peer.fast) {
    peer.connection->send(net::RejectRequest{
        .piece = request.piece, .begin = request.begin, .length = request.length});
  }
  return ++peer.upload.bad_requests <= limits::kBadRequests;
}

void UploadScheduler::reject(Peer& peer, BlockRange const& range) {
  if (!peer.fast) return;
  peer.connection->send(
      net::RejectRequest{.piece = range.piece.value, .begin = range.begin, .length = range.length});
}

void UploadScheduler::on_cancel(Peer& peer, net::Cancel const& cancel) {
  auto const range = torrent_->geometry().range(cancel.piece, cancel.begin, cancel.length);
  if (!range) return;
  auto& requests = peer.upload.requests;
  auto const at = std::find(requests.begin(), requests.end(), *range);
  if (at != requests.end()) {
    requests.erase(at);
    reject(peer, *range);
  } else if (peer.connection->unsend_block(
                 {.piece = cancel.piece, .begin = cancel.begin, .length = cancel.length})) {
    reject(peer, *range);
  }
}

void UploadScheduler::on_choked(Peer& peer) {
  std::erase_if(peer.upload.requests, [&](BlockRange const& range) {
    bool const drop = !may_serve(peer, range.piece);
    if (drop) reject(peer, range);
    return drop;
  });
}

// What waits for the socket makes it the limit, and on_send_drained comes.  Much is read ahead
// only of what the disk has to give: the rest would be copied early, and leave the CPU's cache.
void UploadScheduler::pump(Peer& peer) {
  auto& upload = peer.upload;
  std::size_t const enough =
      upload.from_disk ? std::min<std::size_t>(net::SendQueue::kLowWater, run_max_) : run_min_;
  while (!upload.requests.empty() && !upload.read_pending && !peer.connection->closed() &&
         peer.connection->send_queue_bytes() < enough) {
    std::uint64_t bytes_max = std::min(upload.window, run_max_);
    if (gate_ != nullptr) {
      bytes_max = std::min(bytes_max, gate_->allowance(peer.handle));
      if (bytes_max == 0) break;
    }
    read_run(peer, take_run(peer, bytes_max));
  }
  push(peer);
}

// The next window is what the socket took of this one, or more when it took all.
void UploadScheduler::push(Peer& peer) {
  std::size_t const offered = peer.connection->send_queue_bytes();
  if (offered == 0 || !peer.connection->send_now()) return;
  std::size_t const taken = offered - peer.connection->send_queue_bytes();
  std::size_t const next = taken < offered ? taken : std::size_t{2} * peer.upload.window;
  peer.upload.window =
      static_cast<std::uint32_t>(std::clamp<std::size_t>(next, run_min_, run_max_));
}

// We said that we have the piece and do not any more.  A peer that cannot be told (BEP 6) would
// wait for it, and one that is told may ask again and again; connecting anew both learn what
// we have.
void UploadScheduler::withhold(Peer& peer, std::vector<BlockRange> const& blocks) {
  for (auto const& range : blocks) reject(peer, range);
  peer.upload.bad_requests += static_cast<int>(blocks.size());
  if (peer.fast && peer.upload.bad_requests <= limits::kBadRequests) return;
  peer.connection->close(net::CloseReason::kLostPiece);
}

// The first request and those that continue it without a gap.
std::vector<BlockRange> UploadScheduler::take_run(Peer& peer, std::uint64_t bytes_max) {
  auto& requests = peer.upload.requests;
  std::vector<BlockRange> run{requests.front()};
  requests.pop_front();
  while (!requests.empty()) {
    BlockRange const& next = requests.front();
    bool const continues =
        next.piece == run.back().piece && next.begin == run.back().begin + run.back().length;
    if (!continues || run_bytes(run) + next.length > bytes_max) break;
    run.push_back(next);
    requests.pop_front();
  }
  if (gate_ != nullptr) gate_->spend(run_bytes(run));
  return run;
}

void UploadScheduler::read_run(Peer& peer, std::vector<BlockRange> blocks) {
  std::uint32_t const size = run_bytes(blocks);
  std::uint64_t const offset =
      torrent_->geometry().piece_offset(blocks.front().piece) + blocks.front().begin;
  {
    auto const buffer = buffers_.take(size);
    peer.upload.from_disk = !torrent_->storage().try_read(offset, {buffer.get(), size});
    if (!peer.upload.from_disk) {
      send_run(peer, blocks, buffer);
      return;
    }
  }
  peer.upload.read_pending = true;
  torrent_->readers().submit([torrent = torrent_, reads = reads_, handle = peer.handle, offset,
                              size, run = std::move(blocks)]() mutable {
    // for_overwrite: the read fills every byte, or nothing is sent.
    std::shared_ptr<std::byte[]> const buffer = std::make_shared_for_overwrite<std::byte[]>(size);
    auto const whole = torrent->storage().read(offset, {buffer.get(), size});
    if (whole) return reads->send({handle, std::move(run), {buffer, buffer.get()}});
    reads->send({handle, std::move(run), {}, whole.error()});
  });
}

void UploadScheduler::on_read(Peer& peer, ReadDone const& done) {
  peer.upload.read_pending = false;
  bool const refused = !may_serve(peer, done.blocks.front().piece);
  if ((done.failure || refused) && gate_ != nullptr) gate_->give_back(run_bytes(done.blocks));
  if (done.failure) {
    torrent_->lose_piece(done.blocks.front().piece, *done.failure);
    withhold(peer, done.blocks);
  } else if (refused) {
    for (auto const& range : done.blocks) reject(peer, range);
  } else {
    send_run(peer, done.blocks, done.bytes);
  }
  pump(peer);
}

void UploadScheduler::send_run(Peer& peer, std::vector<BlockRange> const& blocks,
                               net::SendBytes const& bytes) {
  std::uint32_t const start = blocks.front().begin;
  for (auto const& block : blocks) {
    peer.connection->send_block(
        {.piece = block.piece.value, .begin = block.begin, .length = block.length},
        net::SendBytes{bytes, bytes.get() + (block.begin - start)});
    counters_.payload_up.add(block.length);
  }
}

}  // namespace btfast
