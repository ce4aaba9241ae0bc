#include "cli/progress_mode.h"

namespace btfast::cli {

ProgressMode resolved_mode(OutputOptions const& options, Terminal const& terminal) {
  if (options.quiet) return ProgressMode::kNone;
  switch (options.progress) {
    case ProgressMode::kAuto:
      return terminal.is_tty() ? ProgressMode::kPanel : ProgressMode::kLog;
    case ProgressMode::kPanel:
    case ProgressMode::kLine:
      return terminal.is_tty() ? options.progress : ProgressMode::kLog;
    case ProgressMode::kLog:
    case ProgressMode::kJson:
    case ProgressMode::kNone:
      break;
  }
  return options.progress;
}

}  // namespace btfast::cli
