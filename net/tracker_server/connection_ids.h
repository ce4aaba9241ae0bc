// ConnectionIds: the connection ids of a UDP tracker (BEP 15) without a table of them.  An
// id is a keyed hash of the asker's address and the minute, so only who receives datagrams
// at that address can know it, and nothing is kept for those who never come back.
//
// Threads: immutable after construction.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "engine/base/clock.h"
#include "net/endpoint.h"

namespace btfast::net {

class ConnectionIds {
 public:
  using Secret = std::array<std::byte, 16>;
  // BEP 15: a client may use an id for a minute, and is believed for two at most.
  static constexpr std::chrono::seconds kPeriod{60};

  explicit ConnectionIds(Secret const& secret) noexcept : secret_(secret) {}

  std::uint64_t make(Endpoint const& asker, TimePoint now) const;
  // True for an id made in this period or the one before.
  bool valid(std::uint64_t id, Endpoint const& asker, TimePoint now) const;

 private:
  std::uint64_t of_period(std::int64_t period, Endpoint const& asker) const;

  Secret const secret_;
};

}  // namespace btfast::net
