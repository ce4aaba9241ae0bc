#include "cli/command_output.h"

#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/record_format.h"
#include "cli/text.h"

namespace btfast::cli {

void CommandOutput::warn(std::string const& text) const {
  if (options_.quiet) return;
  if (options_.record_format() == RecordFormat::kJson) {
    LogField const fields[] = {{"text", text}};
    err_ << format_record(RecordFormat::kJson, std::time(nullptr), LogLevel::kWarn, "warning",
                          fields)
         << std::endl;
    return;
  }
  err_ << "btfast: warning: " << escaped(text) << std::endl;
}

void CommandOutput::complain(ExitStatus status, std::string const& text) const {
  if (options_.record_format() == RecordFormat::kJson) {
    LogField const fields[] = {{"exit", static_cast<int>(status)}, {"reason", text}};
    err_ << format_record(RecordFormat::kJson, std::time(nullptr), LogLevel::kError, "failed",
                          fields)
         << std::endl;
    return;
  }
  err_ << "btfast: " << escaped(text) << std::endl;
}

ExitStatus CommandOutput::fail(ExitStatus status, std::string const& text) const {
  complain(status, text);
  if (!options_.json) return status;
  using Json = nlohmann::ordered_json;
  Json const json{{"status", "failed"}, {"exit", static_cast<int>(status)}, {"error", text}};
  out_ << json.dump(-1, ' ', true, Json::error_handler_t::replace) << std::endl;
  return status;
}

ExitStatus CommandOutput::fail(Failure const& failure) const {
  return fail(exit_status_of(failure), failure_text(failure));
}

ExitStatus CommandOutput::finish(ExitStatus status) const {
  out_.flush();
  if (out_) return status;
  complain(ExitStatus::kStorage, "cannot write the result");
  return ExitStatus::kStorage;
}

}  // namespace btfast::cli
