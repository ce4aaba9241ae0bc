// One record (a level, an event, fields) as one line of logfmt or JSON.  Values from
// strangers are escaped: a record is always one line without control characters.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/log.h"

namespace btfast::cli {

enum class RecordFormat : std::uint8_t { kLogfmt, kJson };

// "2026-11-20T08:00:00Z INFO start name=x size=3"; JSON: {"time":…,"level":…,"event":…,…}.
// In JSON no field takes the place of these three or of another: its key gets a "_" at its end.
std::string format_record(RecordFormat format, std::int64_t unix_seconds, LogLevel level,
                          std::string_view event, std::span<LogField const> fields);

}  // namespace btfast::cli
