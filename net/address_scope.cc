#include "net/address_scope.h"

namespace btfast::net {
namespace {

bool is_reserved_ipv4(std::span<std::uint8_t const> a) noexcept {
  if (a[0] == 0 || a[0] == 10 || a[0] >= 240) return true;
  if (a[0] == 100 && (a[1] & 0xc0) == 64) return true;
  if (a[0] == 172 && (a[1] & 0xf0) == 16) return true;
  if (a[0] == 192 && a[1] == 168) return true;
  if (a[0] == 192 && a[1] == 0 && a[2] == 0) return true;
  return a[0] == 198 && (a[1] & 0xfe) == 18;
}

bool is_reserved_ipv6(std::span<std::uint8_t const> a) noexcept {
  bool const unique_local = (a[0] & 0xfe) == 0xfc;
  bool const site_local = a[0] == 0xfe && (a[1] & 0xc0) == 0xc0;
  return unique_local || site_local;
}

}  // namespace

bool is_global_address(Endpoint const& endpoint) noexcept {
  if (endpoint.family() == Family::kNone || endpoint.is_any()) return false;
  if (endpoint.is_loopback() || endpoint.is_link_local() || endpoint.is_multicast()) return false;
  return endpoint.family() == Family::kIpv4 ? !is_reserved_ipv4(endpoint.address())
                                            : !is_reserved_ipv6(endpoint.address());
}

}  // namespace btfast::net
