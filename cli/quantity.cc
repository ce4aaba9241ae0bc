// The reading half of cli/text.h.
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "cli/text.h"
#include "engine/base/ascii.h"

namespace btfast::cli {
namespace {

// A number and what follows it, in lower case and without blanks around.
struct Quantity {
  double number = 0;
  std::string unit;
};

std::optional<Quantity> split(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  Quantity out;
  auto const [stop, fault] =
      std::from_chars(text.data(), text.data() + end, out.number, std::chars_format::fixed);
  if (fault != std::errc{} || stop != text.data() + end) return std::nullopt;
  while (end < text.size() && text[end] == ' ') ++end;
  out.unit = ascii_lower(text.substr(end));
  return out;
}

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kKi = 1024;
constexpr std::array<Unit, 18> kSizes{{{"", 1},
                                       {"b", 1},
                                       {"bytes", 1},
                                       {"k", kKi},
                                       {"kib", kKi},
                                       {"kb", 1e3},
                                       {"m", kKi* kKi},
                                       {"mib", kKi* kKi},
                                       {"mb", 1e6},
                                       {"g", kKi* kKi* kKi},
                                       {"gib", kKi* kKi* kKi},
                                       {"gb", 1e9},
                                       {"t", kKi* kKi* kKi* kKi},
                                       {"tib", kKi* kKi* kKi* kKi},
                                       {"tb", 1e12},
                                       {"p", kKi* kKi* kKi* kKi* kKi},
                                       {"pib", kKi* kKi* kKi* kKi* kKi},
                                       {"pb", 1e15}}};
constexpr std::array<Unit, 4> kBits{
    {{"bit", 1.0 / 8}, {"kbit", 1e3 / 8}, {"mbit", 1e6 / 8}, {"gbit", 1e9 / 8}}};
constexpr std::array<Unit, 6> kDurations{
    {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86'400e3}}};

template <std::size_t N>
std::optional<double> scaled(Quantity const& quantity, std::array<Unit, N> const& units) {
  for (auto const& unit : units) {
    if (unit.name == quantity.unit) return quantity.number * unit.factor;
  }
  return std::nullopt;
}

// Within 2^62, so that sums of a few still fit.
std::optional<std::uint64_t> whole(std::optional<double> value) {
  if (!value || !(*value >= 0) || *value > 0x1p62) return std::nullopt;
  return static_cast<std::uint64_t>(std::floor(*value));
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  auto const quantity = split(text);
  if (!quantity) return std::nullopt;
  return whole(scaled(*quantity, kSizes));
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto const quantity = split(text);
  if (!quantity) return std::nullopt;
  constexpr double kCentury = 100.0 * 366 * 86'400e3;
  auto const value = scaled(*quantity, kDurations);
  if (!value || *value > kCentury) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*value)};
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  auto quantity = split(text);
  if (!quantity) return std::nullopt;
  constexpr std::string_view kPerSecond = "/s";
  if (quantity->unit.ends_with(kPerSecond)) {
    quantity->unit.resize(quantity->unit.size() - kPerSecond.size());
  }
  auto const bits = scaled(*quantity, kBits);
  return whole(bits ? bits : scaled(*quantity, kSizes));
}

}  // namespace btfast::cli
