#include "tests/support/log_capture.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <variant>

namespace btfast::test {
namespace {

struct Text {
  std::string operator()(std::int64_t v) const { return std::to_string(v); }
  std::string operator()(double v) const { return std::to_string(v); }
  std::string operator()(std::string const& v) const { return v; }
  std::string operator()(std::monostate) const { return "-"; }
};

}  // namespace

LogCapture::LogCapture(LogLevel lowest) {
  set_log_sink(
      [this](LogLevel, std::string_view event, std::span<LogField const> fields) {
        std::string line{event};
        for (auto const& field : fields) {
          line += ' ';
          line += field.key;
          line += '=' + std::visit(Text{}, field.value);
        }
        std::lock_guard const lock{mutex_};
        lines_.push_back(std::move(line));
      },
      lowest);
}

LogCapture::~LogCapture() { set_log_sink({}, LogLevel::kOff); }

std::vector<std::string> LogCapture::lines() const {
  std::lock_guard const lock{mutex_};
  return lines_;
}

std::vector<std::string> LogCapture::lines_of(std::string_view event) const {
  std::vector<std::string> found;
  std::string const head = std::string{event} + ' ';
  auto const all = lines();
  std::copy_if(all.begin(), all.end(), std::back_inserter(found),
               [&](std::string const& line) { return line.starts_with(head); });
  return found;
}

void LogCapture::clear() {
  std::lock_guard const lock{mutex_};
  lines_.clear();
}

}  // namespace btfast::test
