#include "cli/log_output.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <memory>
#include <mutex>

#include "engine/base/log.h"

namespace btfast::cli {
namespace {

// spdlog serialises the threads; the terminal keeps the progress block below.
class TerminalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit TerminalSink(Terminal& terminal) : terminal_(terminal) {}

 protected:
  void sink_it_(spdlog::details::log_msg const& message) override {
    terminal_.line({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  Terminal& terminal_;
};

LogLevel lowest_level(OutputOptions const& options) {
  if (options.quiet) return LogLevel::kError;
  switch (options.verbose) {
    case 0:
      return LogLevel::kWarn;
    case 1:
      return LogLevel::kInfo;
    case 2:
      return LogLevel::kDebug;
    default:
      return LogLevel::kTrace;
  }
}

}  // namespace

void install_log(OutputOptions const& options, Terminal& terminal, Notices& notices) {
  auto logger =
      std::make_shared<spdlog::logger>("btfast", std::make_shared<TerminalSink>(terminal));
  logger->set_level(spdlog::level::trace);
  set_log_sink(
      [logger, &notices, format = options.record_format()](LogLevel level, std::string_view event,
                                                           std::span<LogField const> fields) {
        if (!notices.admit(level, event, fields)) return;
        logger->log(spdlog::level::info, spdlog::string_view_t{format_record(
                                             format, std::time(nullptr), level, event, fields)});
      },
      lowest_level(options));
}

void remove_log() { set_log_sink({}, LogLevel::kOff); }

}  // namespace btfast::cli
