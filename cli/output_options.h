// What every command is asked about its output: how much is said, where, and in which form.
#pragma once

#include <chrono>
#include <cstdint>

#include "cli/record_format.h"

namespace btfast::cli {

enum class ProgressMode : std::uint8_t { kAuto, kPanel, kLine, kLog, kJson, kNone };

struct OutputOptions {
  bool quiet = false;
  int verbose = 0;  // -v info, -vv debug, -vvv trace
  ProgressMode progress = ProgressMode::kAuto;
  std::chrono::milliseconds summary_interval{10'000};
  bool json = false;
  RecordFormat log_format = RecordFormat::kLogfmt;

  // With --progress=json every line on standard error that is a record is JSON.
  RecordFormat record_format() const noexcept {
    return progress == ProgressMode::kJson ? RecordFormat::kJson : log_format;
  }
};

}  // namespace btfast::cli
