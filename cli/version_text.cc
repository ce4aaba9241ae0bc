#include "cli/version_text.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/transfer_result.h"

namespace btfast::cli {

void print_version(bool json, std::ostream& out) {
  if (!json) {
    out << "btfast " BTFAST_VERSION << '\n';
    return;
  }
  nlohmann::ordered_json const object{{"status", result_status(ExitStatus::kDone)},
                                      {"exit", static_cast<int>(ExitStatus::kDone)},
                                      {"name", "btfast"},
                                      {"version", BTFAST_VERSION},
                                      {"error", nullptr}};
  out << json_line(object) << '\n';
}

}  // namespace btfast::cli
