#include "cli/command_output.h"

#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/json_output.h"
#include "cli/record_format.h"
#include "cli/result_buffer.h"
#include "cli/text.h"
#include "cli/transfer_result.h"

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

void CommandOutput::record(std::string_view event, std::span<LogField const> fields) const {
  err_ << format_record(options_.record_format(), std::time(nullptr), LogLevel::kInfo, event,
                        fields)
       << std::endl;
}

ExitStatus CommandOutput::fail(ExitStatus status, std::string const& text) const {
  complain(status, text);
  if (!options_.json) return status;
  using Json = nlohmann::ordered_json;
  Json const json{
      {"status", result_status(status)}, {"exit", static_cast<int>(status)}, {"error", text}};
  out_ << json_line(json) << std::endl;
  return finish_transfer(status);
}

ExitStatus CommandOutput::fail(Failure const& failure) const {
  return fail(exit_status_of(failure), failure_text(failure));
}

ExitStatus CommandOutput::finish(ExitStatus status) const {
  out_.flush();
  int const why = out_ ? 0 : why_unwritten(out_);
  // `btfast info x | head -3`: who closed the pipe has what it wanted.
  if (why == 0 || why == EPIPE) return status;
  if (why == ResultBuffer::kNobodyRead) {
    ExitStatus const ended = status == ExitStatus::kDone ? ExitStatus::kInterrupted : status;
    complain(ended, "cannot write the result: " + unwritten_text(why));
    return ended;
  }
  Failure const failure{errc_from_file_errno(why), why, "cannot write the result"};
  complain(exit_status_of(failure), failure_text(failure));
  return exit_status_of(failure);
}

ExitStatus CommandOutput::finish_transfer(ExitStatus status) const {
  out_.flush();
  if (!out_ && why_unwritten(out_) != EPIPE) {
    warn(std::string{"the result could not be written to standard output: "} +
         unwritten_text(why_unwritten(out_)));
  }
  return status;
}

}  // namespace btfast::cli
