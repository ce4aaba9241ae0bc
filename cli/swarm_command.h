// `btfast swarm`: a whole swarm on this machine: a tracker in this process, seeds and leeches
// as processes of their own, each at a loopback address of its own.
//
// Threads:   the main thread; others only hash.
// Ownership: the processes and the directory end with the command, however it ends; only
//            when it is killed outright (SIGKILL, a second Ctrl-C) does the directory stay.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "cli/exit_status.h"
#include "cli/output_options.h"

namespace btfast::cli {

struct SwarmOptions {
  int seeds = 1;
  int leeches = 2;
  std::uint64_t size = 256u << 20;
  std::uint64_t piece_length = 0;  // 0: chosen by size
  int jobs = 0;                    // worker threads of each leech; 0: the CPUs, shared out
  int net_threads = 1;             // of each process
  std::string dir;                 // where the temporary directory is made; "": $TMPDIR
  std::chrono::milliseconds timeout{600'000};
  std::string program;  // argv[0]
  OutputOptions out;
  // Where it is a part of another command: what its progress is called, and what stands before it.
  std::string event = "swarm";
  std::string round = {};
};

// The result to `out`, what goes on and what went wrong to `err`.  kVerifyFailed when a copy
// is wrong, kInterrupted after SIGINT or SIGTERM, kGaveUp when the time was up.
ExitStatus run_swarm(SwarmOptions const& options, std::ostream& out, std::ostream& err);

}  // namespace btfast::cli
