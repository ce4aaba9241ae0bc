#include "net/tracker_server/connection_ids.h"

#include <span>
#include <vector>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"

namespace btfast::net {
namespace {

std::int64_t period_at(TimePoint now) noexcept {
  return now.time_since_epoch() / ConnectionIds::kPeriod;
}

}  // namespace

std::uint64_t ConnectionIds::make(Endpoint const& asker, TimePoint now) const {
  return of_period(period_at(now), asker);
}

bool ConnectionIds::valid(std::uint64_t id, Endpoint const& asker, TimePoint now) const {
  std::int64_t const period = period_at(now);
  return id == of_period(period, asker) || id == of_period(period - 1, asker);
}

// The secret at both ends, so that neither can be extended; the digest is cut to 8 bytes.
std::uint64_t ConnectionIds::of_period(std::int64_t period, Endpoint const& asker) const {
  std::vector<std::byte> text;
  text.reserve(64);
  ByteWriter{text}
      .bytes(secret_)
      .u64(static_cast<std::uint64_t>(period))
      .bytes(std::as_bytes(asker.address()))
      .bytes(secret_);
  auto const digest = sha1(text);
  ByteReader in{digest};
  return in.u64();
}

}  // namespace btfast::net
