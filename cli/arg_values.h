// What options take that is more than a number: read from text, empty when it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace btfast::cli {

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

// "6881" or "6881-6889"; 0 is any port, and stands alone.
std::optional<PortRange> parse_port_range(std::string const& text);
// "auto" or a number of peers.
std::optional<std::uint32_t> parse_slots(std::string const& text);
// Above 0, to a million; the outer optional says whether it is one.
std::optional<std::optional<double>> parse_ratio(std::string const& text);
// A power of two from a block to the longest piece, or "auto", which is 0.
std::optional<std::uint64_t> parse_piece_size(std::string const& text);
// A size that is not 0.
std::optional<std::uint64_t> parse_content_size(std::string const& text);

}  // namespace btfast::cli
