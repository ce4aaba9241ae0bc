// Download: one torrent from start to end on one Engine, with what surrounds it for a
// person: progress, signals, time-outs, and the verdict.
//
// Threads: the control thread, which is the one that calls run().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_deadline.h"
#include "cli/fetch_words.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/service_notifier.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/transfer_result.h"
#include "engine/engine.h"
#include "engine/peers/tracker_source.h"
#include "engine/torrent/torrent.h"
#include "net/timer_wheel.h"
#include "storage/partial_storage.h"

namespace btfast::cli {

class Download {
 public:
  struct Subject {
    MetainfoPtr metainfo;
    std::vector<storage::FileSpec> files;
    FileSelection selection;
    std::vector<net::Endpoint> peers;
  };
  Download(GetOptions const& options, Subject subject, std::unique_ptr<Engine> engine,
           Terminal& terminal, Notices& notices);
  ~Download();

  TransferResult run();

 private:
  TorrentSetup make_setup(std::unique_ptr<storage::PartialStorage> storage, PeerId const& peer_id);
  Result<std::unique_ptr<storage::PartialStorage>> make_storage();
  void on_state(TorrentState state);
  void tell_renamed();
  bool has_room_to_begin();
  void begin_seeding();
  void end_seeding();
  void fail(Failure const& why);
  bool seeded_enough(TorrentStats const& stats) const;
  void on_stop_signal();
  void transfer(std::unique_ptr<storage::PartialStorage> storage, PeerId const& peer_id);
  void refuse(Failure const& failure);
  std::optional<std::string> wrong_size() const;
  void refuse_to_seed();
  void tell_manager(TimePoint now);
  void watch_progress();
  bool unreachable() const;
  void end_unreachable();
  void give_up(std::string_view why);
  FetchView fetch_view() const;
  PeerScene peer_scene() const;
  // The first verdict counts; the torrent stops and run() returns.
  void finish(ExitStatus exit, std::string error);

  GetOptions const options_;
  MetainfoPtr const metainfo_;
  std::vector<storage::FileSpec> files_;
  bool renamed_told_ = false;
  bool room_checked_ = false;
  storage::FileStorage const* made_ = nullptr;  // the torrent's; its names are settled by then
  FileSelection const selection_;
  std::vector<net::Endpoint> const peers_;
  Terminal& terminal_;
  Notices& notices_;
  ConfigPtr const config_;
  TrackerSource* trackers_ = nullptr;  // the torrent's
  bool finished_ = false;
  TransferResult result_;
  TimePoint started_{};
  TimePoint last_block_at_{};
  TimePoint seeding_since_{};
  std::uint64_t last_blocks_ = 0;

  ServiceNotifier const manager_;
  TimePoint told_manager_at_{};

  ExitDeadline deadline_;  // ends after the engine, whose threads may never
  std::unique_ptr<Engine> const engine_;
  Rng tracker_rng_;
  std::unique_ptr<Torrent> torrent_;
  std::unique_ptr<Progress> progress_;
  net::Timer watchdog_;
};

}  // namespace btfast::cli
