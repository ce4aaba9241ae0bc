// btfast: a multithreaded BitTorrent engine and command.
#include <csignal>
#include <iostream>
#include <variant>

#include "cli/args.h"
#include "cli/get_command.h"
#include "cli/result_buffer.h"
#include "cli/signals.h"
#include "engine/base/descriptors.h"

namespace btfast::cli {
namespace {

struct Run {
  ExitStatus operator()(GetOptions const& o) const { return run_get(o); }
  ExitStatus operator()(InfoOptions const& o) const { return run_info(o, std::cout, std::cerr); }
  ExitStatus operator()(CreateOptions const& o) const {
    return run_create(o, std::cout, std::cerr);
  }
  ExitStatus operator()(DumpOptions const& o) const { return run_dump(o, std::cout, std::cerr); }
  ExitStatus operator()(VerifyOptions const& o) const {
    return run_verify(o, std::cout, std::cerr);
  }
  ExitStatus operator()(TrackerOptions const& o) const {
    return run_tracker(o, std::cout, std::cerr);
  }
  ExitStatus operator()(BenchOptions const& o) const { return run_bench(o, std::cout, std::cerr); }
  ExitStatus operator()(SwarmOptions const& o) const { return run_swarm(o, std::cout, std::cerr); }
};

int run(int argc, char const* const* argv) {
  stand_in_for_closed_streams();
  // A reader of our output that went away must not end a transfer.
  (void)std::signal(SIGPIPE, SIG_IGN);
  // A limit on file sizes is an error of the write, which names the file.
  (void)std::signal(SIGXFSZ, SIG_IGN);
  ignore_stray_signals();
  raise_descriptor_limit();
  StandardOutput const output;
  ExitStatus status = ExitStatus::kDone;
  if (auto const command = parse_command_line(argc, argv, status)) {
    status = std::visit(Run{}, *command);
  }
  return static_cast<int>(status);
}

}  // namespace
}  // namespace btfast::cli

int main(int argc, char** argv) { return btfast::cli::run(argc, argv); }
