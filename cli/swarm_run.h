// SwarmRun: the steps of `btfast swarm`, one after the other, each looking between its parts
// whether a signal or the time-out ended the command, and telling how far it is.
//
// Threads:   the main thread; what blocks for long is done on one more, while this one hears.
// Ownership: the directory outlives whatever uses it, and signals are heard until it is gone.
// Bound:     SwarmOptions::timeout for everything until the leeches are complete.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/child_process.h"
#include "cli/progress_tail.h"
#include "cli/signals.h"
#include "cli/swarm_command.h"
#include "cli/swarm_result.h"
#include "cli/task_display.h"
#include "cli/temp_tree.h"
#include "engine/control_loop.h"
#include "engine/metainfo/metainfo.h"
#include "engine/peers/local_tracker.h"

namespace btfast::cli {

class SwarmRun {
 public:
  SwarmRun(SwarmOptions const& options, ControlLoop& control, TempTree tree);
  ~SwarmRun();

  SwarmResult run();

 private:
  struct Peer {
    std::string name;
    bool seed = false;
    std::unique_ptr<ChildProcess> process;
    ProgressTail tail;

    bool complete() const { return !seed && process->ended() && process->status() == 0; }
  };

  // Each is false when the swarm is over, with the reason in result_.
  bool listen_to_signals();
  bool check_space();
  bool write_content();
  bool make_torrent();
  bool start_seeds();
  bool start_leeches();
  bool wait_for_leeches();
  bool stop_seeds();
  bool verify_copies();

  bool start_peer(bool seed, int number);
  std::vector<std::string> arguments(Peer const& peer) const;
  std::optional<Peer const*> failed_peer() const;
  static std::string last_word_of(Peer const& peer);
  void collect();
  // Turns the loop until `done`; false when a signal or the deadline came first.
  bool wait_until(std::function<bool()> const& done, TimePoint deadline);
  // One look at what has happened; false when a signal came.
  bool go_on();
  // On a thread of its own, told to stop by a signal; false when one came.
  bool wait_for_work(std::function<void(std::stop_token)> const& work);
  bool fail(ExitStatus exit, std::string error);
  bool fail(Failure const& failure);
  // From now on that is being done, `total` bytes of it.
  TaskMeter& begin(std::string const& what, std::uint64_t total);
  TaskWords words(std::string const& what) const;
  void look_at_leeches();
  std::filesystem::path dir_of(std::string const& name) const;
  std::filesystem::path torrent_path() const;

  SwarmOptions const& options_;
  ControlLoop& control_;
  TaskDisplay display_;
  std::unique_ptr<Signals> signals_;  // null until they are listened to
  TempTree const tree_;
  TimePoint const deadline_;
  bool interrupted_ = false;
  std::unique_ptr<TaskMeter> meter_;  // of what is being done
  TimePoint next_look_{};
  SwarmResult result_;
  std::optional<Metainfo> metainfo_;
  std::unique_ptr<LocalTracker> tracker_;
  std::vector<Peer> peers_;
};

}  // namespace btfast::cli
