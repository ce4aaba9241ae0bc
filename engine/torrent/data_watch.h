// DataWatch: looks every two seconds whether a torrent's files are still what they were.
// While a torrent is written, files that went away are its end: what comes would be written
// to nowhere.  While it is only served, what was changed is hashed again, and pieces that
// are not right any more are withdrawn.
//
// Threads:   the control thread; looking is a job on the readers, hashing on the workers.
// Ownership: jobs share the torrent, and may outlive this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/executor.h"
#include "engine/base/expected.h"
#include "engine/content/piece_checker.h"
#include "engine/swarm/shared_torrent.h"
#include "net/event_loop.h"
#include "storage/storage.h"

namespace btfast {

class DataWatch {
 public:
  struct Actions {
    std::function<bool()> seeding;      // nothing is written any more
    std::function<void(Failure)> gone;  // nothing can be written, or nothing is left to serve
  };

  DataWatch(net::EventLoop& control, Executor& readers, Executor& workers,
            std::shared_ptr<SharedTorrent> torrent, Actions actions);
  ~DataWatch();

  void start();
  // Nothing is called after it.
  void stop();
  // All that we have is hashed again at the next look, where nothing is written by then.
  void distrust(Failure why) { distrusted_ = std::move(why); }
  // A piece was withdrawn: `gone` follows where it was the last.
  void on_lost(Failure const& why);

  static constexpr std::chrono::seconds kPause{2};

 private:
  using Disturbances = std::vector<storage::Disturbance>;

  void arm();
  void look();
  void on_look(Disturbances found);
  void check(Disturbances const& found);
  void on_checked(Bitfield const& suspects, CheckReport const& report);
  Bitfield pieces_we_have(Disturbances const& found) const;

  net::EventLoop& control_;
  Executor& readers_;
  Executor& workers_;
  std::shared_ptr<SharedTorrent> const torrent_;
  Actions const actions_;
  net::Timer timer_;
  TimePoint began_{};                    // the last look
  std::shared_ptr<PieceChecker> check_;  // under way
  std::optional<Failure> why_;           // of check_
  std::optional<Failure> distrusted_;    // and not looked at since
  std::shared_ptr<DataWatch*> alive_;    // posted reports look here first
};

}  // namespace btfast
