// SimStream: one end of a simulated TCP connection, and the packets on their way to it.
//
// Threads:   one.
// Ownership: shared by its reactor's descriptor table, the network's arrivals and, until
//            both ends are closed, the other end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "net/reactor.h"

namespace btfast::net {

struct SimPacket {
  enum class Kind : std::uint8_t { kSyn, kSynAck, kData, kWindow, kFin, kReset, kTimeout };
  Kind kind = Kind::kData;
  std::vector<std::byte> bytes = {};  // kData
  std::size_t opened = 0;             // kWindow: bytes the other side has read
  int error = 0;                      // kReset, kTimeout
  TimePoint arrival = {};
};

// What a descriptor waits for, and what was not told yet.
struct SimInterest {
  bool watched = false;
  std::uint64_t token = 0;
  Interest interest = Interest::kNone;
  Trigger trigger = Trigger::kEdge;
  bool news_to_read = false;
  bool news_to_write = false;
};

struct SimStream {
  enum class State : std::uint8_t { kConnecting, kOpen, kClosed };

  // Moves waiting bytes out, returns how many.
  std::size_t take(std::span<iovec const> into);
  // A packet that arrived while it was not closed.
  void receive(SimPacket const& packet);
  std::size_t waiting() const noexcept { return received.size() - taken; }
  bool readable() const noexcept { return waiting() > 0 || ended || error != 0; }
  bool writable() const noexcept { return state == State::kOpen ? window > 0 : error != 0; }

  State state = State::kConnecting;
  Endpoint local;
  Endpoint remote;
  std::shared_ptr<SimStream> peer;  // null before connected and when both ends are closed
  std::size_t window = 0;           // bytes that may still be sent
  std::vector<std::byte> received;
  std::size_t taken = 0;  // of `received`
  bool ended = false;     // FIN came
  int error = 0;          // RST came, or the connection failed
  SimInterest interest;
  std::deque<SimPacket> inbound;  // in order of arrival
};

}  // namespace btfast::net
