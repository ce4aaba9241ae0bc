#include "cli/record_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/json_bytes.h"
#include "cli/json_output.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "TRACE";
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
    case LogLevel::kOff:
      break;
  }
  return "OFF";
}

std::string quoted(std::string const& raw) {
  std::string const text = escaped(raw);
  // A dash alone would say that the value is not known.
  bool const plain =
      !text.empty() && text != "-" && text.find_first_of(" \"=") == std::string::npos;
  if (plain) return text;
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct LogfmtValue {
  std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
  std::string operator()(double v) const { return fmt::format("{:.1f}", v); }
  std::string operator()(std::string const& v) const { return quoted(v); }
  std::string operator()(std::monostate) const { return "-"; }
};

template <class V>
nlohmann::ordered_json json_of(V const& value) {
  return value;
}
nlohmann::ordered_json json_of(std::monostate) { return nullptr; }

// A name that is taken stays whose it is, the record's own above all: a later field of that name
// stands beside it.
std::string free_key(nlohmann::ordered_json const& json, std::string_view wanted) {
  std::string key{wanted};
  while (json.contains(key)) key += '_';
  return key;
}

}  // namespace

std::string format_record(RecordFormat format, std::int64_t unix_seconds, LogLevel level,
                          std::string_view event, std::span<LogField const> fields) {
  auto const time = iso_time(unix_seconds);
  if (format == RecordFormat::kLogfmt) {
    std::string line = fmt::format("{} {} {}", time, level_name(level), event);
    for (auto const& field : fields) {
      line += fmt::format(" {}={}", field.key, std::visit(LogfmtValue{}, field.value));
    }
    return line;
  }
  nlohmann::ordered_json json{{"time", time}, {"level", level_name(level)}, {"event", event}};
  for (auto const& field : fields) {
    std::string const key = free_key(json, field.key);
    std::visit([&](auto const& v) { json[key] = json_of(v); }, field.value);
    if (auto const* const text = std::get_if<std::string>(&field.value)) {
      add_encoded(json, key, *text);
    }
  }
  return json_line(json);
}

}  // namespace btfast::cli
