#include "engine/base/log.h"

#include <atomic>

namespace btfast {
namespace {

struct LogState {
  LogSink sink;
  std::atomic<LogLevel> lowest{LogLevel::kOff};
};

LogState& log_state() {
  static LogState state;
  return state;
}

}  // namespace

void set_log_sink(LogSink sink, LogLevel lowest) {
  auto& state = log_state();
  state.sink = std::move(sink);
  // release: a thread that sees the level sees the sink.
  state.lowest.store(state.sink ? lowest : LogLevel::kOff, std::memory_order_release);
}

bool log_enabled(LogLevel level) noexcept {
  return level >= log_state().lowest.load(std::memory_order_acquire);
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  log_state().sink(level, event, {fields.begin(), fields.size()});
}

}  // namespace btfast
