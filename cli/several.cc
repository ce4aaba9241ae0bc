#include "cli/several.h"

#include <ostream>
#include <sstream>

namespace btfast::cli {
namespace {

std::string without_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

ExitStatus run_each(std::vector<std::string> const& torrents, OutputOptions const& options,
                    std::ostream& out, std::ostream& err, RunOne const& one, Unwritten unwritten) {
  CommandOutput const whole{options, out, err};
  if (torrents.size() == 1) return one(torrents.front(), whole);
  ExitStatus first_failure = ExitStatus::kDone;
  std::string separator = "[\n";
  for (auto const& torrent : torrents) {
    std::ostringstream object;
    ExitStatus const status =
        options.json ? one(torrent, CommandOutput{options, object, err}) : one(torrent, whole);
    if (options.json) {
      out << separator << without_end(object.str()) << std::flush;
      separator = ",\n";
    }
    if (first_failure == ExitStatus::kDone) first_failure = status;
    if (status == ExitStatus::kInterrupted) break;
  }
  if (options.json) out << "\n]\n";
  return unwritten == Unwritten::kWarning ? whole.finish_transfer(first_failure)
                                          : whole.finish(first_failure);
}

}  // namespace btfast::cli
