#include "cli/swarm_command.h"

#include <ostream>
#include <utility>

#include "cli/command_output.h"
#include "cli/swarm_run.h"

namespace btfast::cli {
ExitStatus run_swarm(SwarmOptions const& options, std::ostream& out, std::ostream& err) {
  CommandOutput const output{options.out, out, err};
  auto control = ControlLoop::make();
  if (!control) return output.fail(control.error());
  auto tree = TempTree::make(options.dir, "btfast-swarm");
  if (!tree) return output.fail(tree.error());
  SwarmResult result;
  {
    SwarmRun swarm{options, **control, *std::move(tree)};
    result = swarm.run();
  }
  if (!result.error.empty()) output.complain(result.exit, result.error);
  if (options.out.json) {
    out << swarm_json(result) << '\n';
  } else if (!result.peers.empty()) {
    out << swarm_table(result);
  }
  return output.finish(result.exit);
}

}  // namespace btfast::cli
