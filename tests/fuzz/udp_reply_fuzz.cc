// Any datagram as a UDP tracker's: the head, and what follows as each kind of body.
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "net/tracker/announce_reply.h"
#include "net/tracker/udp_packets.h"

namespace btfast::net {
namespace {

void try_datagram(std::span<std::byte const> datagram) {
  auto const answer = parse_udp_answer(datagram);
  BTF_CHECK(!answer || datagram.size() >= 8);
  if (!answer) return;
  BTF_CHECK(parse_connection_id(answer->body).has_value() == (answer->body.size() >= 8));
  BTF_CHECK(tracker_words(as_text(answer->body)).size() < 1'000);
  for (auto const family : {Family::kIpv4, Family::kIpv6}) {
    auto const reply = parse_udp_reply(answer->body, family, {});
    BTF_CHECK(reply.has_value() == (answer->body.size() >= 12));
    if (reply) BTF_CHECK(reply->peers.size() <= limits::kTrackerPeers);
  }
}

}  // namespace
}  // namespace btfast::net

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  btfast::net::try_datagram(std::as_bytes(std::span{data, size}));
  return 0;
}
