#include "net/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "engine/base/ascii.h"
#include "engine/base/check.h"

namespace btfast::net {
namespace {

using Ipv6Bytes = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool all_zero(std::span<std::uint8_t const> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// The finaliser of SplitMix64: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Endpoint Endpoint::ipv4(std::array<std::uint8_t, 4> address, std::uint16_t port) noexcept {
  Endpoint endpoint;
  std::copy(address.begin(), address.end(), endpoint.bytes_.begin());
  endpoint.port_ = port;
  endpoint.family_ = Family::kIpv4;
  return endpoint;
}

Endpoint Endpoint::ipv6(Ipv6Bytes const& address, std::uint16_t port) noexcept {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin())) {
    return ipv4({address[12], address[13], address[14], address[15]}, port);
  }
  Endpoint endpoint;
  endpoint.bytes_ = address;
  endpoint.port_ = port;
  endpoint.family_ = Family::kIpv6;
  return endpoint;
}

Endpoint Endpoint::any(Family family, std::uint16_t port) noexcept {
  Endpoint endpoint;
  endpoint.port_ = port;
  endpoint.family_ = family;
  return endpoint;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto const port = to_number<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  bool const has_colon = host.find(':') != std::string_view::npos;
  if (bracketed != has_colon) return std::nullopt;
  return parse_address(host, *port);
}

std::optional<Endpoint> Endpoint::parse_address(std::string_view address, std::uint16_t port) {
  // inet_pton reads a C string: an embedded zero would hide what follows it.
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.empty() || address.size() >= text.size()) return std::nullopt;
  if (address.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(address.begin(), address.end(), text.begin());

  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, text.data(), v4.data()) == 1) return ipv4(v4, port);
  Ipv6Bytes v6{};
  if (::inet_pton(AF_INET6, text.data(), v6.data()) == 1) return ipv6(v6, port);
  return std::nullopt;
}

Endpoint Endpoint::from_sockaddr(sockaddr const* from) noexcept {
  if (from == nullptr) return {};
  if (from->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    std::array<std::uint8_t, 4> address{};
    std::memcpy(address.data(), &in.sin_addr, address.size());
    return ipv4(address, ntohs(in.sin_port));
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    Ipv6Bytes address{};
    std::memcpy(address.data(), &in.sin6_addr, address.size());
    return ipv6(address, ntohs(in.sin6_port));
  }
  return {};
}

Endpoint Endpoint::from_sockaddr(sockaddr_storage const& from) noexcept {
  return from_sockaddr(reinterpret_cast<sockaddr const*>(&from));
}

std::optional<Endpoint> Endpoint::from_compact(std::span<std::byte const> compact) noexcept {
  if (compact.size() != 6 && compact.size() != 18) return std::nullopt;
  auto const high = std::to_integer<unsigned>(compact[compact.size() - 2]);
  auto const low = std::to_integer<unsigned>(compact[compact.size() - 1]);
  auto const port = static_cast<std::uint16_t>(high << 8 | low);
  if (compact.size() == 6) {
    std::array<std::uint8_t, 4> v4{};
    std::memcpy(v4.data(), compact.data(), v4.size());
    return ipv4(v4, port);
  }
  Ipv6Bytes v6{};
  std::memcpy(v6.data(), compact.data(), v6.size());
  return ipv6(v6, port);
}

Endpoint Endpoint::with_port(std::uint16_t port) const noexcept {
  Endpoint other = *this;
  other.port_ = port;
  return other;
}

std::span<std::uint8_t const> Endpoint::address() const noexcept {
  switch (family_) {
    case Family::kIpv4:
      return std::span{bytes_}.first(4);
    case Family::kIpv6:
      return bytes_;
    case Family::kNone:
      break;
  }
  return {};
}

bool Endpoint::is_any() const noexcept { return family_ != Family::kNone && all_zero(address()); }

bool Endpoint::is_loopback() const noexcept {
  if (family_ == Family::kIpv4) return bytes_[0] == 127;
  return family_ == Family::kIpv6 && bytes_[15] == 1 && all_zero(std::span{bytes_}.first(15));
}

bool Endpoint::is_link_local() const noexcept {
  if (family_ == Family::kIpv4) return bytes_[0] == 169 && bytes_[1] == 254;
  return family_ == Family::kIpv6 && bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool Endpoint::is_multicast() const noexcept {
  if (family_ == Family::kIpv6) return bytes_[0] == 0xff;
  if (family_ != Family::kIpv4) return false;
  bool const broadcast = std::all_of(bytes_.begin(), bytes_.begin() + 4,
                                     [](std::uint8_t byte) { return byte == 0xff; });
  return (bytes_[0] & 0xf0) == 0xe0 || broadcast;
}

bool Endpoint::is_dialable() const noexcept {
  if (port_ == 0 || family_ == Family::kNone || is_multicast()) return false;
  // 0/8 is "this network" and 240/4 is reserved (RFC 6890).
  if (family_ == Family::kIpv4) return bytes_[0] != 0 && bytes_[0] < 240;
  // A link-local address means nothing without a scope, which no peer can tell us; ::/96
  // but the loopback is unspecified or long abandoned (RFC 4291).
  if (is_link_local()) return false;
  return is_loopback() || !all_zero(std::span{bytes_}.first(12));
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage& to) const noexcept {
  to = {};
  if (family_ == Family::kIpv4) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port_);
    std::memcpy(&out.sin_addr, bytes_.data(), 4);
    std::memcpy(&to, &out, sizeof out);
    return sizeof out;
  }
  BTF_CHECK(family_ == Family::kIpv6);
  sockaddr_in6 out{};
  out.sin6_family = AF_INET6;
  out.sin6_port = htons(port_);
  std::memcpy(&out.sin6_addr, bytes_.data(), bytes_.size());
  std::memcpy(&to, &out, sizeof out);
  return sizeof out;
}

std::string Endpoint::to_string() const {
  if (family_ == Family::kNone) return "-";
  std::string const host = address_string();
  std::string const port = ":" + std::to_string(port_);
  return family_ == Family::kIpv6 ? "[" + host + "]" + port : host + port;
}

std::string Endpoint::address_string() const {
  if (family_ == Family::kNone) return "-";
  std::array<char, INET6_ADDRSTRLEN> text{};
  int const family = family_ == Family::kIpv4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::size_t EndpointHash::operator()(Endpoint const& endpoint) const noexcept {
  std::array<std::uint64_t, 2> words{};
  auto const address = endpoint.address();
  // One of no family has none.
  if (!address.empty()) std::memcpy(words.data(), address.data(), address.size());
  std::uint64_t const tail = endpoint.port() | static_cast<std::uint64_t>(endpoint.family()) << 16;
  return static_cast<std::size_t>(mix(mix(mix(words[0]) ^ words[1]) ^ tail));
}

}  // namespace btfast::net
