#include "net/wire/extension.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/bencode.h"
#include "engine/base/limits.h"

namespace btfast::net {
namespace {

constexpr std::size_t kClientBytes = 64;
// A handshake holds a dozen keys; a thousand leaves room for extensions of every client.
constexpr std::size_t kTokens = 1'000;

// 0 (not supported) for what cannot be a message id.
std::uint8_t message_id(bencode::Node const& ids, std::string_view name) {
  auto const id = ids.find_integer(name).value_or(0);
  return id > 0 && id <= 255 ? static_cast<std::uint8_t>(id) : std::uint8_t{0};
}

// Cut between UTF-8 characters, so that a cut name stays text.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kClientBytes) return text;
  std::size_t end = kClientBytes;
  auto const continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (end > kClientBytes - 4 && continues(end)) --end;
  return text.substr(0, end);
}

template <class T>
std::optional<T> in_range(std::optional<std::int64_t> value, T low, T high) {
  if (!value || *value < std::int64_t{low} || *value > std::int64_t{high}) return std::nullopt;
  return static_cast<T>(*value);
}

// 4 or 16 bytes; anything else says nothing.
Endpoint address_from(std::string_view packed) {
  auto const read = [&]<std::size_t kSize>(std::array<std::uint8_t, kSize> address) {
    std::copy(packed.begin(), packed.end(), address.begin());
    return address;
  };
  if (packed.size() == 4) return Endpoint::ipv4(read(std::array<std::uint8_t, 4>{}), 0);
  if (packed.size() == 16) return Endpoint::ipv6(read(std::array<std::uint8_t, 16>{}), 0);
  return {};
}

}  // namespace

std::optional<ExtensionHandshake> decode_extension_handshake(std::span<std::byte const> payload) {
  auto const tree = bencode::parse(
      payload, {.depth = limits::kPeerMessageDepth, .tokens = kTokens, .allow_trailing = true});
  if (!tree || !tree->root().is_dict()) return std::nullopt;
  auto const root = tree->root();

  ExtensionHandshake handshake;
  if (auto const ids = root.find_dict("m")) {
    handshake.ut_metadata = message_id(*ids, "ut_metadata");
    handshake.ut_pex = message_id(*ids, "ut_pex");
    handshake.lt_donthave = message_id(*ids, "lt_donthave");
  }
  handshake.client = shortened(root.find_string("v").value_or(std::string_view{}));
  handshake.listen_port = in_range<std::uint16_t>(root.find_integer("p"), 1, 65535);
  if (auto const reqq = root.find_integer("reqq")) {
    constexpr std::int64_t kMost = limits::kReqqAdvertised * 8;
    handshake.reqq = static_cast<std::uint32_t>(std::clamp(*reqq, std::int64_t{1}, kMost));
  }
  handshake.metadata_size =
      in_range<std::uint32_t>(root.find_integer("metadata_size"), 1, limits::kMetainfoBytes);
  handshake.your_ip = address_from(root.find_string("yourip").value_or(std::string_view{}));
  handshake.upload_only = root.find_integer("upload_only").value_or(0) != 0;
  return handshake;
}

std::vector<std::byte> encode_extension_handshake(ExtensionHandshake const& handshake) {
  std::vector<std::byte> out;
  bencode::Writer writer{out};
  auto const id = [&](std::string_view name, std::uint8_t value) {
    if (value != 0) writer.key(name).integer(value);
  };
  writer.begin_dict().key("m").begin_dict();
  id("lt_donthave", handshake.lt_donthave);
  id("ut_metadata", handshake.ut_metadata);
  id("ut_pex", handshake.ut_pex);
  writer.end();
  if (handshake.metadata_size) writer.key("metadata_size").integer(*handshake.metadata_size);
  if (handshake.listen_port) writer.key("p").integer(*handshake.listen_port);
  if (handshake.reqq) writer.key("reqq").integer(*handshake.reqq);
  if (handshake.upload_only) writer.key("upload_only").integer(1);
  if (!handshake.client.empty()) writer.key("v").string(shortened(handshake.client));
  if (handshake.your_ip.family() != Family::kNone) {
    auto const address = handshake.your_ip.address();
    writer.key("yourip").string({reinterpret_cast<char const*>(address.data()), address.size()});
  }
  writer.end();
  return out;
}

}  // namespace btfast::net
