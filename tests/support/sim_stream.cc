#include "tests/support/sim_stream.h"

#include <algorithm>
#include <cstring>

namespace btfast::net {

std::size_t SimStream::take(std::span<iovec const> into) {
  std::size_t total = 0;
  for (iovec const& part : into) {
    std::size_t const size = std::min(part.iov_len, waiting());
    if (size == 0) continue;
    std::memcpy(part.iov_base, received.data() + taken, size);
    taken += size;
    total += size;
  }
  if (waiting() == 0) {
    received.clear();
    taken = 0;
  }
  return total;
}

void SimStream::receive(SimPacket const& packet) {
  switch (packet.kind) {
    case SimPacket::Kind::kSyn:
      break;  // the network's
    case SimPacket::Kind::kSynAck:
      state = State::kOpen;
      interest.news_to_write = true;
      break;
    case SimPacket::Kind::kData:
      received.insert(received.end(), packet.bytes.begin(), packet.bytes.end());
      interest.news_to_read = true;
      break;
    case SimPacket::Kind::kWindow:
      interest.news_to_write |= window == 0;
      window += packet.opened;
      break;
    case SimPacket::Kind::kFin:
      ended = true;
      interest.news_to_read = true;
      break;
    case SimPacket::Kind::kReset:
    case SimPacket::Kind::kTimeout:
      error = packet.error;
      interest.news_to_read = interest.news_to_write = true;
      break;
  }
}

}  // namespace btfast::net
