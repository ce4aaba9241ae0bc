// SwarmRun: the steps of `btfast swarm`, one after the other on one thread, each looking
// between its parts whether a signal or the time-out ended the command.
//
// Threads:   the main thread.
// Ownership: the directory outlives whatever uses it, and signals are heard until it is gone.
// Bound:     SwarmOptions::timeout for everything until the leeches are complete.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/child_process.h"
#include "cli/signals.h"
#include "cli/swarm_command.h"
#include "cli/swarm_result.h"
#include "cli/temp_tree.h"
#include "engine/control_loop.h"
#include "engine/metainfo/metainfo.h"
#include "engine/peers/local_tracker.h"

namespace btfast::cli {

class SwarmRun {
 public:
  SwarmRun(SwarmOptions const& options, ControlLoop& control, TempTree tree, std::ostream& err);
  ~SwarmRun();

  SwarmResult run();

 private:
  struct Peer {
    std::string name;
    bool seed = false;
    std::unique_ptr<ChildProcess> process;
  };

  // Each is false when the swarm is over, with the reason in result_.
  bool check_space();
  bool write_content();
  bool share_content(int seed);
  bool make_torrent();
  bool start_seeds();
  bool start_leeches();
  bool wait_for_leeches();
  bool stop_seeds();
  bool verify_copies();

  bool start_peer(bool seed, int number);
  std::vector<std::string> arguments(Peer const& peer) const;
  std::optional<Peer const*> failed_peer() const;
  void collect();
  // Turns the loop until `done`; false when a signal or the deadline came first.
  bool wait_until(std::function<bool()> const& done, TimePoint deadline);
  // One look at what has happened; false when a signal came.
  bool go_on();
  bool fail(ExitStatus exit, std::string error);
  bool fail(Failure const& failure);
  void say(std::string const& what);
  void report_now() const;  // SIGUSR1
  std::filesystem::path dir_of(std::string const& name) const;
  std::filesystem::path torrent_path() const;

  SwarmOptions const& options_;
  ControlLoop& control_;
  Signals const signals_;
  TempTree const tree_;
  std::ostream& err_;
  TimePoint const deadline_;
  bool interrupted_ = false;
  std::string doing_;
  SwarmResult result_;
  std::optional<Metainfo> metainfo_;
  std::unique_ptr<LocalTracker> tracker_;
  std::vector<Peer> peers_;
};

}  // namespace btfast::cli
