// SharedTorrent: the part of one torrent that every thread sees.  Only the four kinds of
// object that may cross threads are in it: immutable data, atomic maps, queues, and
// counters.
//
// Threads:   any; what each member allows is said at the member.
// Ownership: shared; the last net thread, worker job or control object to let go frees it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/mailbox.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/token_bucket.h"
#include "engine/config.h"
#include "engine/metainfo/metainfo.h"
#include "engine/pieces/active_pieces.h"
#include "engine/pieces/block_queue.h"
#include "engine/pieces/piece_events.h"
#include "engine/pieces/piece_map.h"
#include "engine/pieces/verify_pipeline.h"
#include "engine/stats.h"
#include "engine/swarm/piece_offers.h"
#include "net/wire/handshake.h"
#include "storage/storage.h"

namespace btfast {

// A piece changed for everyone: sent to every net thread by who made it so.
struct PieceNews {
  PieceIndex piece;
  enum class Fate : std::uint8_t { kHave, kFailed, kLost };  // kFailed: can be fetched again
  Fate fate = Fate::kFailed;
};
using PieceNewsBox = Mailbox<PieceNews>;

class SharedTorrent final : public PieceEvents {
 public:
  // `control`: where whole outcomes go; must outlive the torrent's workers.
  SharedTorrent(ConfigPtr config, MetainfoPtr metainfo, std::unique_ptr<storage::Storage> storage,
                Executor& workers, Executor& readers, Mailbox<PieceOutcome>& control,
                PeerId const& peer_id);

  // -- immutable
  EngineConfig const& config() const noexcept { return *config_; }
  Metainfo const& metainfo() const noexcept { return *metainfo_; }
  MetainfoPtr const& metainfo_ptr() const noexcept { return metainfo_; }
  PieceGeometry const& geometry() const noexcept { return metainfo_->geometry; }
  net::Handshake const& handshake() const noexcept { return handshake_; }
  RateLimits const& rate_limits() const noexcept { return rate_limits_; }

  // -- shared by design
  storage::Storage& storage() noexcept { return *storage_; }
  PieceMap& pieces() noexcept { return pieces_; }
  ActivePieces& active() noexcept { return active_; }
  VerifyPipeline& pipeline() noexcept { return pipeline_; }
  BlockQueue& queue() noexcept { return pipeline_.queue(); }
  Executor& readers() noexcept { return readers_; }
  // Of a super-seed; null where none is configured.
  PieceOffers* offers() noexcept { return offers_.get(); }

  // Requests go out only while this is true: it starts false, and an error ends it.
  bool downloading() const noexcept { return downloading_.load(std::memory_order_acquire); }
  void set_downloading(bool on) noexcept { downloading_.store(on, std::memory_order_release); }

  // A limit on connections over all net threads, a few beyond --max-peers, which Dialer
  // keeps; a taken slot is given back once.
  bool try_take_connection() noexcept;
  void release_connection() noexcept;
  bool try_take_upload_slot() noexcept;
  void take_upload_slot() noexcept;  // a choke round said so: may exceed the limit for a moment
  void release_upload_slot() noexcept;
  void set_upload_slots(std::uint32_t slots) noexcept;
  // A shard has so many more peers that wait for a slot (modulo 2^32: or fewer).
  void count_upload_waiting(std::uint32_t more) noexcept;
  // All slots are taken and somebody waits for one.
  bool upload_slots_scarce() const noexcept;

  // Before there is a shard (control thread); the buckets outlive the torrent.
  void set_rate_limits(RateLimits const& limits) noexcept { rate_limits_ = limits; }
  // Before any worker runs (control thread): who hears of pieces.
  void add_listener(PieceNewsBox& box) { listeners_.push_back(&box); }

  // A piece we had cannot be read, or is not right any more: nobody is told that we have it
  // from now on.  On a thread that outlives the listeners: control, or a shard's own.
  void lose_piece(PieceIndex piece, Failure const& why);

  // PieceEvents, on a worker.
  void on_piece(PieceOutcome outcome) override;

 private:
  void tell(PieceOutcome outcome, PieceNews::Fate fate);

  // Immutable once shared.
  ConfigPtr const config_;
  MetainfoPtr const metainfo_;
  std::unique_ptr<storage::Storage> const storage_;
  net::Handshake handshake_;
  RateLimits rate_limits_;
  Executor& readers_;
  Mailbox<PieceOutcome>& control_;
  std::vector<PieceNewsBox*> listeners_;

  // Each synchronises itself.
  PieceMap pieces_;
  std::unique_ptr<PieceOffers> const offers_;
  ActivePieces active_;
  VerifyPipeline pipeline_;

  // Atomic: counts and a flag, no data behind the counts.
  std::atomic<bool> downloading_{false};
  std::atomic<std::uint32_t> connections_{0};
  std::atomic<std::uint32_t> upload_slots_{0};
  std::atomic<std::uint32_t> upload_slots_max_{0};
  std::atomic<std::uint32_t> upload_waiting_{0};
};

}  // namespace btfast
