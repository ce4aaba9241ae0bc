// Endpoint: an IPv4 or IPv6 address and a port, as a value that hashes and prints.
// IPv4-mapped IPv6 addresses become IPv4 when made, so one peer has one name.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace btfast::net {

enum class Family : std::uint8_t { kNone, kIpv4, kIpv6 };

class Endpoint {
 public:
  Endpoint() = default;
  static Endpoint ipv4(std::array<std::uint8_t, 4> address, std::uint16_t port) noexcept;
  static Endpoint ipv6(std::array<std::uint8_t, 16> const& address, std::uint16_t port) noexcept;
  static Endpoint any(Family family, std::uint16_t port) noexcept;
  // "10.0.0.1:80", "[::1]:80"; numeric only, never a name.
  static std::optional<Endpoint> parse(std::string_view text);
  // "10.0.0.1", "::1" with a port given apart.
  static std::optional<Endpoint> parse_address(std::string_view address, std::uint16_t port);
  static Endpoint from_sockaddr(sockaddr_storage const& from) noexcept;
  // As long as its family says; null is no endpoint.
  static Endpoint from_sockaddr(sockaddr const* from) noexcept;
  // BEP 23 / BEP 7: 6 or 18 bytes.
  static std::optional<Endpoint> from_compact(std::span<std::byte const> compact) noexcept;

  Family family() const noexcept { return family_; }
  std::uint16_t port() const noexcept { return port_; }
  Endpoint with_port(std::uint16_t port) const noexcept;
  // 4 or 16 bytes in network order.
  std::span<std::uint8_t const> address() const noexcept;

  bool is_any() const noexcept;  // 0.0.0.0 or ::
  bool is_loopback() const noexcept;
  bool is_link_local() const noexcept;
  bool is_multicast() const noexcept;  // and 255.255.255.255
  // What a stranger may name as a peer: a port, and an address one host can have.
  bool is_dialable() const noexcept;

  // Returns the length used.
  socklen_t to_sockaddr(sockaddr_storage& to) const noexcept;
  std::string to_string() const;
  std::string address_string() const;

  auto operator<=>(Endpoint const&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four
  std::uint16_t port_ = 0;
  Family family_ = Family::kNone;
};

struct EndpointHash {
  std::size_t operator()(Endpoint const& endpoint) const noexcept;
};

}  // namespace btfast::net
