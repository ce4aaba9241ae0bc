// Torrent: the life of one torrent on the control thread: prepare the files, hash what
// is there, open the shards, let sources find peers, and end.  The data path runs without
// it: it hears of whole pieces and of peers coming and going.
//
// Threads:   the control thread, except stats().
// Ownership: owns its sources, its dialer and its shards; shares SharedTorrent with the
//            net threads and workers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "engine/config.h"
#include "engine/content/piece_checker.h"
#include "engine/peers/dialer.h"
#include "engine/peers/peer_source.h"
#include "engine/peers/peer_trust.h"
#include "engine/pieces/piece_counts.h"
#include "engine/swarm/shared_torrent.h"
#include "engine/swarm/swarm_report.h"
#include "engine/torrent/checkpointer.h"
#include "engine/torrent/data_watch.h"
#include "engine/torrent/download_goal.h"
#include "engine/torrent/resume_store.h"
#include "engine/torrent/session_env.h"
#include "engine/torrent/shard_set.h"
#include "engine/upload/choke_rounds.h"

namespace btfast {

enum class TorrentState : std::uint8_t {
  kNew,
  kPreparing,  // what is there is found, files are made
  kChecking,   // what is there is hashed
  kDownloading,
  kSealing,     // everything wanted is here; the disk is asked whether it is safe
  kComplete,    // everything wanted is here; serves peers until stopped
  kUploadOnly,  // storage takes nothing more, see failure(); serves what is here until stopped
  kFailed,      // storage said no: see failure()
  kStopping,
  kStopped,
};
std::string_view torrent_state_name(TorrentState state) noexcept;

// What is done with bytes that are there at the start.
enum class StartCheck : std::uint8_t {
  kWhatIsThere,  // hash them, where any are
  kTrust,        // take them for right: seeding without a check
};

// How far the check at the start is, in the pieces that it looks at.
struct CheckedBytes {
  std::uint64_t done = 0;
  std::uint64_t all = 0;
};

struct TorrentSetup {
  MetainfoPtr metainfo;
  std::unique_ptr<storage::Storage> storage;
  // The control file, of `storage`.  Null: none, and all that is there is hashed.
  std::shared_ptr<ResumeStore> resume;
  std::vector<std::unique_ptr<PeerSource>> sources;
  std::vector<net::Endpoint> peers;  // --peer
  PeerId peer_id{};
  StartCheck start_check = StartCheck::kWhatIsThere;
  bool keep_serving = false;     // where nothing can be written any more: kUploadOnly
  FileSelection selection = {};  // the storage must have been made for the same
};

class Torrent {
 public:
  using OnState = std::function<void(TorrentState)>;

  Torrent(SessionEnv& env, ConfigPtr config, TorrentSetup setup, OnState on_state);
  ~Torrent();

  void start();
  // Peers are closed, sources say good-bye; kStopped follows, soon.
  void stop();

  TorrentState state() const noexcept { return state_; }
  std::optional<Failure> const& failure() const noexcept { return failure_; }
  // Which files are wanted, and how much, from now on; what is here stays.  Files that are
  // made for it and pieces that are not wanted any more take effect a moment later.
  void set_selection(FileSelection selection);
  // Nothing of nothing but in kChecking.
  CheckedBytes checked() const noexcept;
  TorrentStats stats() const;
  // Of every piece, so it costs by their number: for a record, not for every look.
  PieceCounts piece_counts() const;
  Dialer const& dialer() const noexcept { return dialer_; }
  Metainfo const& metainfo() const noexcept { return shared_->metainfo(); }

 private:
  void enter(TorrentState state);
  void fail(Failure failure);
  void on_unwritable(Failure failure);
  void stop_wanting();
  struct Found;
  struct Settled;
  void on_found(Found const& found);
  void on_checked(CheckReport const& report);
  void settle();
  void on_settled(Settled const& settled);
  void begin_claim();
  void on_begun(std::optional<Failure> unsaved);
  bool useful_to_others() const;
  void go_live();
  std::optional<Failure> unwritable_goal();
  void on_outcome(PieceOutcome const& outcome);
  void on_complete();
  void on_sealed(Outcome const& sealed);
  void on_selected(FileSelection const& selection, Outcome const& made);
  void on_lost_piece(Failure const& why);
  void on_bad_piece(PieceOutcome const& outcome);
  void on_report(SwarmReport const& report);
  bool live() const noexcept;
  bool serving_only() const noexcept;
  void publish_existing(Bitfield const& good);
  Dialer::Actions dialer_actions();
  void want_peers(PeerNeed need);
  void set_parole(PeerHandle peer, bool on);
  ChokeRounds::Actions choke_actions();
  TransferTotals totals() const;
  TorrentStats shard_stats() const;
  void add_queues(TorrentStats& stats) const;
  void finish_stop();
  std::size_t drain();

  SessionEnv& env_;
  ConfigPtr const config_;
  OnState const on_state_;
  PeerId const peer_id_;
  StartCheck const start_check_;
  bool const keep_serving_;
  std::vector<net::Endpoint> const first_peers_;

  TorrentState state_ = TorrentState::kNew;
  std::optional<Failure> failure_;
  Rng rng_;
  Mailbox<PieceOutcome> outcomes_;
  SwarmReports reports_;
  std::shared_ptr<SharedTorrent> shared_;
  DownloadGoal goal_;
  ShardSet shards_;
  std::vector<std::unique_ptr<PeerSource>> sources_;
  Dialer dialer_;
  PeerTrust trust_;
  ChokeRounds choking_;
  std::shared_ptr<PieceChecker> check_;  // while kChecking
  std::shared_ptr<ResumeStore> const resume_;
  std::shared_ptr<ResumePlan const> plan_;     // until the files are made, where there is resume_
  std::unique_ptr<Checkpointer> checkpoints_;  // until the last one, where there is resume_
  DataWatch watch_;
  bool claims_stand_ = false;       // the control file says what we have
  std::optional<Failure> unsaved_;  // why it does not
  bool last_checkpoint_ = false;    // under way
  net::Timer poll_stop_;
  std::shared_ptr<Torrent*> alive_;              // posted tasks look here before they touch us
  TorrentStats last_stats_;                      // of shards that are gone
  std::optional<FileSelection> next_selection_;  // asked for before the torrent was live
  std::uint32_t selections_ = 0;                 // asked for
  std::uint32_t bad_pieces_ = 0;
  std::uint64_t bytes_bad_ = 0;
  std::uint64_t bytes_fetched_ = 0;
  std::uint32_t lost_pieces_ = 0;
  HighWater outcomes_most_;  // that waited at once
  TimePoint next_loss_told_{};
  std::size_t sources_stopping_ = 0;
};

}  // namespace btfast
