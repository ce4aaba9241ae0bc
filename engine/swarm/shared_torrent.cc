#include "engine/swarm/shared_torrent.h"

#include <utility>

namespace btfast {
namespace {

// A counting limit: relaxed, for it guards a number and no data.
bool try_take(std::atomic<std::uint32_t>& taken, std::uint32_t limit) noexcept {
  if (taken.fetch_add(1, std::memory_order_relaxed) < limit) return true;
  taken.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

SharedTorrent::SharedTorrent(ConfigPtr config, MetainfoPtr metainfo,
                             std::unique_ptr<storage::Storage> storage, Executor& workers,
                             Executor& readers, Mailbox<PieceOutcome>& control,
                             PeerId const& peer_id)
    : config_(std::move(config)),
      metainfo_(std::move(metainfo)),
      storage_(std::move(storage)),
      handshake_{.info_hash = metainfo_->info_hash,
                 .peer_id = peer_id,
                 .fast_extension = true,
                 .extension_protocol = true},
      readers_(readers),
      control_(control),
      pieces_(metainfo_->geometry.piece_count()),
      offers_(config_->super_seed ? std::make_unique<PieceOffers>(metainfo_->geometry.piece_count())
                                  : nullptr),
      active_(metainfo_->geometry, pieces_, config_->cache_bytes, workers.concurrency()),
      pipeline_(workers, *storage_, metainfo_->geometry, PieceHashes{metainfo_->piece_hashes},
                *this) {}

bool SharedTorrent::try_take_connection() noexcept {
  return try_take(connections_, config_->max_peers + limits::kTurnoverPeers);
}
void SharedTorrent::release_connection() noexcept {
  connections_.fetch_sub(1, std::memory_order_relaxed);
}
bool SharedTorrent::try_take_upload_slot() noexcept {
  return try_take(upload_slots_, upload_slots_max_.load(std::memory_order_relaxed));
}
void SharedTorrent::take_upload_slot() noexcept {
  upload_slots_.fetch_add(1, std::memory_order_relaxed);
}
void SharedTorrent::set_upload_slots(std::uint32_t slots) noexcept {
  upload_slots_max_.store(slots, std::memory_order_relaxed);
}
void SharedTorrent::release_upload_slot() noexcept {
  upload_slots_.fetch_sub(1, std::memory_order_relaxed);
}

void SharedTorrent::count_upload_waiting(std::uint32_t more) noexcept {
  upload_waiting_.fetch_add(more, std::memory_order_relaxed);
}
bool SharedTorrent::upload_slots_scarce() const noexcept {
  return upload_waiting_.load(std::memory_order_relaxed) > 0 &&
         upload_slots_.load(std::memory_order_relaxed) >=
             upload_slots_max_.load(std::memory_order_relaxed);
}

void SharedTorrent::on_piece(PieceOutcome outcome) {
  // A write that failed stops requests before anyone else hears of it.
  if (outcome.kind == PieceOutcome::Kind::kWriteFailed) set_downloading(false);
  bool const have = outcome.kind == PieceOutcome::Kind::kHave;
  tell(std::move(outcome), have ? PieceNews::Fate::kHave : PieceNews::Fate::kFailed);
}

void SharedTorrent::lose_piece(PieceIndex piece, Failure const& why) {
  if (!pieces_.withdraw(piece)) return;
  tell({.kind = PieceOutcome::Kind::kLost,
        .piece = piece,
        .failure = why.detail,
        .error = why.error()},
       PieceNews::Fate::kLost);
}

void SharedTorrent::tell(PieceOutcome outcome, PieceNews::Fate fate) {
  for (PieceNewsBox* box : listeners_) box->send({outcome.piece, fate});
  control_.send(std::move(outcome));
}

}  // namespace btfast
