// Any bytes as a tracker's HTTP reply: parsed or refused, and what is believed is in range.
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "net/tracker/announce_reply.h"

namespace btfast::net {
namespace {

void try_reply(std::span<std::byte const> body) {
  auto const parsed = parse_http_reply(body, {});
  if (!parsed) {
    BTF_CHECK(parsed.error().detail.size() < 1'000);
    return;
  }
  auto const& reply = parsed->reply;
  BTF_CHECK(reply.interval >= limits::kAnnounceIntervalMin);
  BTF_CHECK(reply.interval <= limits::kAnnounceIntervalMax);
  BTF_CHECK(reply.peers.size() <= limits::kTrackerPeers);
  BTF_CHECK(reply.names.size() <= kPeerNames);
  for (auto const& name : reply.names) BTF_CHECK(is_peer_name(name.host) && name.port != 0);
  for (auto const& peer : reply.peers) {
    BTF_CHECK(peer.port() != 0 && !peer.is_loopback() && !peer.is_multicast() && !peer.is_any());
  }
}

}  // namespace
}  // namespace btfast::net

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  btfast::net::try_reply(std::as_bytes(std::span{data, size}));
  return 0;
}
