// Structured events for people and machines: a level, an event name, and fields.
//
// Threads: log_event() and log_enabled() from any thread; set_log_sink() before the
//          threads start.  Never called per block.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace btfast {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

struct LogField {
  // monostate: not known; `-` in logfmt, null in JSON.
  using Value = std::variant<std::int64_t, double, std::string, std::monostate>;

  LogField(std::string_view k, std::string_view v) : key(k), value(std::string{v}) {}
  LogField(std::string_view k, char const* v) : key(k), value(std::string{v}) {}
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  template <class I>
  requires std::is_integral_v<I> LogField(std::string_view k, I v)
      : key(k), value(static_cast<std::int64_t>(v)) {}

  template <class V>
  LogField(std::string_view k, std::optional<V> const& v)
      : key(k), value(v ? LogField{k, *v}.value : Value{std::monostate{}}) {}

  std::string_view key;
  Value value;
};

// Receives every enabled event; must be safe from any thread.
using LogSink = std::function<void(LogLevel, std::string_view event, std::span<LogField const>)>;

void set_log_sink(LogSink sink, LogLevel lowest);
bool log_enabled(LogLevel level) noexcept;
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace btfast
