#include "engine/peers/peer_priority.h"

#include <algorithm>
#include <array>

namespace btfast {
namespace {

constexpr std::size_t kAddressBytes = 16;
constexpr std::uint8_t kCoarse = 0x55;  // every other bit: a provider's addresses are alike

// What is hashed of one address: whole bytes as far as the two agree and one more, but at
// least the network's; of the rest every other bit.
struct Part {
  std::array<std::uint8_t, kAddressBytes> bytes{};
  std::size_t size = 0;
};

Part masked(net::Endpoint const& endpoint, std::size_t whole) {
  Part part;
  auto const address = endpoint.address();
  part.size = address.size();
  for (std::size_t i = 0; i < address.size(); ++i) {
    part.bytes[i] = i < whole ? address[i] : address[i] & kCoarse;
  }
  return part;
}

Part port_of(net::Endpoint const& endpoint) {
  Part part;
  part.bytes[0] = static_cast<std::uint8_t>(endpoint.port() >> 8);
  part.bytes[1] = static_cast<std::uint8_t>(endpoint.port() & 0xFF);
  part.size = 2;
  return part;
}

std::uint32_t hash_in_order(Part const& one, Part const& other) {
  bool const swap = other.bytes < one.bytes;
  Part const& first = swap ? other : one;
  Part const& second = swap ? one : other;
  std::array<std::uint8_t, 2 * kAddressBytes> both{};
  auto const middle = std::copy_n(first.bytes.begin(), first.size, both.begin());
  std::copy_n(second.bytes.begin(), second.size, middle);
  return crc32c(std::span{both}.first(first.size + second.size));
}

}  // namespace

std::uint32_t peer_priority(net::Endpoint const& one, net::Endpoint const& other) noexcept {
  if (one.family() != other.family()) return 0;
  auto const mine = one.address();
  auto const theirs = other.address();
  auto const differ = std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end());
  if (differ.first == mine.end()) return hash_in_order(port_of(one), port_of(other));
  auto const alike = static_cast<std::size_t>(differ.first - mine.begin());
  std::size_t const network = one.family() == net::Family::kIpv4 ? 2 : 6;
  std::size_t const whole = std::max(network, alike + 1);
  return hash_in_order(masked(one, whole), masked(other, whole));
}

std::uint32_t crc32c(std::span<std::uint8_t const> bytes) noexcept {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected
  std::uint32_t crc = ~0u;
  for (std::uint8_t const byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  return ~crc;
}

}  // namespace btfast
