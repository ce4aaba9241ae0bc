#include "cli/text.h"

#include <fmt/format.h>

#include <ctime>

#include "engine/base/counted.h"

namespace btfast::cli {

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1024) return counted_bytes(bytes);
  constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.995 would be printed as 1024.00.
  for (; value >= 1023.995 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string brief_size(std::uint64_t bytes) {
  if (bytes < 1024) return human_size(bytes);
  constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  int const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  std::string number = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number + ' ' + std::string{kUnits[unit]};
}

std::string brief_rate(double bytes_per_s) {
  return brief_size(bytes_per_s > 0 ? static_cast<std::uint64_t>(bytes_per_s) : 0) + "/s";
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return btfast::counted(count, one, many);
}

std::string human_rate(double bytes_per_s) {
  if (!(bytes_per_s > 0)) return "0 bytes/s";
  return human_size(static_cast<std::uint64_t>(bytes_per_s)) + "/s";
}

std::string human_duration(std::chrono::seconds duration) {
  auto const all = duration.count() < 0 ? 0 : duration.count();
  auto const days = all / 86'400;
  auto const hours = all / 3'600 % 24;
  auto const minutes = all / 60 % 60;
  if (days > 0) return fmt::format("{}d {:02}:{:02}", days, hours, minutes);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60);
  return fmt::format("{:02}:{:02}", minutes, all % 60);
}

std::string iso_time(std::int64_t unix_seconds) {
  constexpr std::int64_t kYear0 = -62'167'219'200;
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  if (unix_seconds < kYear0 || unix_seconds >= kYear10000) return fmt::format("@{}", unix_seconds);
  auto const time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return fmt::format("@{}", unix_seconds);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace btfast::cli
