// Which way of showing progress --progress means here.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "cli/output_options.h"
#include "cli/terminal.h"

namespace btfast::cli {

// Nothing is rewritten on what is not a terminal, and -q shows nothing.
ProgressMode resolved_mode(OutputOptions const& options, Terminal const& terminal);

inline bool is_rewritten(ProgressMode mode) noexcept {
  return mode == ProgressMode::kPanel || mode == ProgressMode::kLine;
}
inline bool is_recorded(ProgressMode mode) noexcept {
  return mode == ProgressMode::kLog || mode == ProgressMode::kJson;
}

// As a record has it; nothing where it is not known.
inline std::optional<std::int64_t> seconds_of(std::optional<std::chrono::seconds> time) {
  if (!time) return std::nullopt;
  return time->count();
}

}  // namespace btfast::cli
