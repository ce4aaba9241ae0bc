#include "cli/arg_values.h"

#include <bit>
#include <string_view>
#include <utility>

#include "cli/text.h"
#include "engine/base/ascii.h"
#include "engine/base/limits.h"
#include "engine/config.h"

namespace btfast::cli {

std::optional<PortRange> parse_port_range(std::string const& text) {
  auto const dash = text.find('-');
  auto const first = to_number<std::uint16_t>(std::string_view{text}.substr(0, dash));
  auto const last = dash == std::string::npos
                        ? first
                        : to_number<std::uint16_t>(std::string_view{text}.substr(dash + 1));
  if (!first || !last || *last < *first || (*first == 0 && *last != 0)) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<std::uint32_t> parse_slots(std::string const& text) {
  if (text == "auto") return EngineConfig{}.upload_slots;
  auto const slots = to_number<std::uint16_t>(text);  // 0 to 65535 is range enough
  if (!slots) return std::nullopt;
  return std::uint32_t{*slots};
}

std::optional<std::optional<double>> parse_ratio(std::string const& text) {
  auto const ratio = to_number<double>(text);
  if (!ratio || !(*ratio > 0 && *ratio < 1e6)) return std::nullopt;
  return std::optional<std::optional<double>>{std::in_place, ratio};
}

std::optional<std::uint64_t> parse_piece_size(std::string const& text) {
  if (text == "auto") return 0;
  auto const size = parse_size(text);
  bool const good = size && *size >= limits::kBlockSize && *size <= limits::kPieceLength &&
                    std::has_single_bit(*size);
  return good ? size : std::nullopt;
}

std::optional<std::uint64_t> parse_content_size(std::string const& text) {
  auto const size = parse_size(text);
  return size && *size > 0 ? size : std::nullopt;
}

}  // namespace btfast::cli
