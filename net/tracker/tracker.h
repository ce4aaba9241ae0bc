// Tracker: one announce URL, asked one question at a time (BEP 3, 15, 23, 7, 12).
//
// Threads: the control thread; replies come from its event loop, never from inside
//          announce().  A callback may announce again, not destroy the tracker.
// Making one from a URL: net/tracker/tracker_factory.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "net/endpoint.h"

namespace btfast::net {

enum class AnnounceEvent : std::uint8_t {
  kNone,
  kCompleted,
  kStarted,
  kStopped
};  // BEP 15's values

struct AnnounceRequest {
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint16_t port = 0;
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
  std::uint64_t left = 0;
  AnnounceEvent event = AnnounceEvent::kNone;
  std::uint32_t numwant = 200;
  std::uint32_t key = 0;
  std::chrono::milliseconds timeout{30'000};
};

// A peer that a tracker gives by its DNS name (BEP 3).
struct PeerName {
  std::string host;
  std::uint16_t port = 0;
};

struct AnnounceReply {
  std::chrono::seconds interval{1800};  // clamped to limits.h
  std::optional<std::chrono::seconds> min_interval;
  std::optional<std::uint32_t> seeders;
  std::optional<std::uint32_t> leechers;
  std::vector<Endpoint> peers;  // dialable ones, at most kTrackerPeers
  std::vector<PeerName> names;  // of others, a few
  bool local_tracker = false;   // it is on this machine or network, so its peers may be too
  std::string warning;          // in the tracker's words
  std::string fault;  // in ours: what of the reply could not be read, where the rest could
};

class Tracker {
 public:
  using Callback = std::function<void(Result<AnnounceReply>)>;
  virtual ~Tracker() = default;

  // REQUIRES: no announce is pending.  A refusing tracker ("failure reason") is
  // Errc::kRefused with its text.
  virtual void announce(AnnounceRequest const& request, Callback done) = 0;
  // The pending announce, if any, is forgotten: its callback is never called.
  virtual void cancel() noexcept = 0;
  virtual std::string const& url() const noexcept = 0;
};

}  // namespace btfast::net
