#include "engine/swarm/client_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace btfast {
namespace {

using Name = std::pair<std::string_view, std::string_view>;

constexpr std::array kAzureus = {
    Name{"7T", "aTorrent"},
    Name{"AG", "Ares"},
    Name{"AZ", "Vuze"},
    Name{"BC", "BitComet"},
    Name{"BF", "btfast"},
    Name{"BI", "BiglyBT"},
    Name{"BT", "BitTorrent"},
    Name{"DE", "Deluge"},
    Name{"FD", "Free Download Manager"},
    Name{"FL", "Flud"},
    Name{"FW", "FrostWire"},
    Name{"GT", "anacrolix torrent"},
    Name{"HL", "Halite"},
    Name{"KG", "KGet"},
    Name{"KT", "KTorrent"},
    Name{"LP", "Lphant"},
    Name{"LT", "libtorrent"},
    Name{"LW", "LimeWire"},
    Name{"PI", "PicoTorrent"},
    Name{"SD", "Thunder"},
    Name{"SZ", "Shareaza"},
    Name{"TL", "Tribler"},
    Name{"TR", "Transmission"},
    Name{"TX", "Tixati"},
    Name{"UE", "uTorrent Embedded"},
    Name{"UM", "uTorrent Mac"},
    Name{"UT", "uTorrent"},
    Name{"UW", "uTorrent Web"},
    Name{"WD", "WebTorrent Desktop"},
    Name{"WW", "WebTorrent"},
    Name{"XL", "Xunlei"},
    Name{"lt", "rTorrent"},
    Name{"qB", "qBittorrent"},
    Name{"rQ", "rqbit"},
};
constexpr std::array kShadow = {
    Name{"A", "ABC"},    Name{"O", "Osprey"},     Name{"Q", "BTQueue"},  Name{"R", "Tribler"},
    Name{"S", "Shadow"}, Name{"T", "BitTornado"}, Name{"U", "UPnP NAT"},
};
// A program's letters, then its version with dashes: M7-2-0--
constexpr std::array kDashed = {
    Name{"A2-", "aria2"},
    Name{"M", "BitTorrent"},
    Name{"Q", "Queen Bee"},
};

// Base 62 in the order of both styles.
std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 36;
  return std::nullopt;
}
bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return digit(c).has_value(); });
}

template <std::size_t N>
std::optional<std::string_view> find(std::array<Name, N> const& names, std::string_view code) {
  for (auto const& [known, name] : names) {
    if (known == code) return name;
  }
  return std::nullopt;
}

// "3.0.0.0" is "3.0": zeros at the end say nothing from the third number on.
std::string dotted(std::string_view digits) {
  while (digits.size() > 2 && digits.back() == '0') digits.remove_suffix(1);
  std::string out;
  for (char const c : digits) {
    if (!out.empty()) out += '.';
    out += std::to_string(digit(c).value_or(0));
  }
  return out;
}

// "-qB4520-"
std::optional<std::string> azureus(std::string_view id) {
  if (id[0] != '-' || id[7] != '-' || !plain(id.substr(1, 6))) return std::nullopt;
  auto const code = id.substr(1, 2);
  auto const version = id.substr(3, 4);
  std::string const name{find(kAzureus, code).value_or(code)};
  // Before 4 Transmission wrote 2.94 as 2940.
  if (code == "TR" && version[0] < '4') {
    return name + ' ' + version[0] + '.' + std::string{version.substr(1, 2)};
  }
  return name + ' ' + dotted(version);
}

// "T03I-----": a letter, up to five digits of the version, dashes.
std::optional<std::string> shadow(std::string_view id) {
  auto const name = find(kShadow, id.substr(0, 1));
  if (!name || id.substr(6, 3) != "---") return std::nullopt;
  auto version = id.substr(1, 5);
  while (!version.empty() && version.back() == '-') version.remove_suffix(1);
  if (version.empty() || !plain(version)) return std::nullopt;
  return std::string{*name} + ' ' + dotted(version);
}

// "M7-2-0--", "A2-1-36-0-": numbers between dashes.
std::optional<std::string> dashed(std::string_view id) {
  for (auto const& [letters, name] : kDashed) {
    if (!id.starts_with(letters)) continue;
    std::string version;
    int numbers = 0;
    for (std::size_t at = letters.size(); numbers < 3; ++numbers) {
      auto const end = id.find('-', at);
      if (end == std::string_view::npos || end == at || end - at > 3) return std::nullopt;
      auto const number = id.substr(at, end - at);
      if (number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
      if (numbers > 0) version += '.';
      version += number;
      at = end + 1;
    }
    return std::string{name} + ' ' + version;
  }
  return std::nullopt;
}

}  // namespace

std::string client_name(PeerId const& id) {
  std::string text;
  for (auto const byte : id) text += static_cast<char>(std::to_integer<unsigned char>(byte));
  for (auto const style : {azureus, shadow, dashed}) {
    if (auto name = style(text)) return *std::move(name);
  }
  return "unknown";
}

}  // namespace btfast
