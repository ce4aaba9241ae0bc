#include "cli/swarm_command.h"

#include <ostream>
#include <utility>

#include "cli/swarm_run.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

ExitStatus failed(Failure const& failure, std::ostream& err) {
  err << "btfast: " << escaped(failure_text(failure)) << '\n';
  return exit_status_of(failure);
}

}  // namespace

ExitStatus run_swarm(SwarmOptions const& options, std::ostream& out, std::ostream& err) {
  auto control = ControlLoop::make();
  if (!control) return failed(control.error(), err);
  auto tree = TempTree::make(options.dir, "btfast-swarm");
  if (!tree) return failed(tree.error(), err);
  SwarmResult result;
  {
    SwarmRun swarm{options, **control, *std::move(tree), err};
    result = swarm.run();
  }
  if (!result.error.empty()) err << "btfast: " << escaped(result.error) << '\n';
  if (options.json) {
    out << swarm_json(result) << '\n';
  } else if (!result.peers.empty()) {
    out << swarm_table(result);
  }
  out.flush();
  return result.exit;
}

}  // namespace btfast::cli
