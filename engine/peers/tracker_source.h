// TrackerSource: the trackers of one torrent as a source of peers: who is asked when, and
// what each has been told of us.
//
// Each tracker that knows us is told started, completed and stopped once each.  They are asked
// in BEP 12's order (net/tracker/tracker_tiers.h): one at a time once there are peers, many side
// by side while nobody has answered or nobody is left.  Again after the interval they gave; one
// that failed rests for 15 s * 2^n, with jitter.  want_peers() asks the next tracker that was
// not asked this round, or, when all were, asks again as soon as the trackers' min interval
// allows.  When the last peer has gone they are asked at once, once in that interval.
//
// Threads:   the control thread.
// Ownership: owns its trackers.  stop()'s `done` may not destroy the source.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/types.h"
#include "engine/peers/peer_names.h"
#include "engine/peers/peer_source.h"
#include "engine/peers/tracker_status.h"
#include "net/resolver.h"
#include "net/timer_wheel.h"
#include "net/tracker/tracker.h"
#include "net/tracker/tracker_factory.h"
#include "net/tracker/tracker_tiers.h"

namespace btfast {

// What every announce says of us.
struct AnnounceIdentity {
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint16_t port = 0;
  std::uint32_t key = 0;
  std::uint32_t numwant = 200;
};

class TrackerSource final : public PeerSource {
 public:
  using Tiers = std::vector<std::vector<std::unique_ptr<net::Tracker>>>;

  struct Options {
    // Never announced sooner after the last, but for completed, stopped and the loss of all.
    std::chrono::seconds announce_gap = limits::kAnnounceIntervalMin;
    net::Resolver* resolver = nullptr;  // without it peers given by name are left out
    std::size_t side_by_side = net::TrackerTiers::kSideBySide;
    std::vector<TrackerStatus> unusable;  // trackers that are not asked, and why
  };

  TrackerSource(Tiers tiers, AnnounceIdentity const& identity, net::TimerWheel& timers, Rng& rng,
                Options options);
  ~TrackerSource() override;

  void start(Sink sink, Totals totals) override;
  void want_peers(PeerNeed need) override;
  void completed() override;
  void stop(std::function<void()> done) override;

  std::size_t tracker_count() const noexcept { return entries_.size(); }
  // Of all, by tier; those that are not asked too.
  std::vector<TrackerStatus> status() const;

 private:
  struct Entry {
    std::unique_ptr<net::Tracker> tracker;
    bool pending = false;
    bool knows_us = false;        // accepted started
    bool owes_completed = false;  // to be told, once it can be
    bool leaving = false;         // is told stopped when completed was answered
    net::AnnounceEvent asked = net::AnnounceEvent::kNone;  // while pending
    unsigned failures = 0;                                 // in a row
    TimePoint not_before{};                                // by its interval, or its back-off
    TimePoint again_at{};                                  // as soon as its min interval allows
    TimePoint may_be_pressed{};  // asked before its time, when all peers have gone
    TrackerStatus status;
  };
  enum class Phase : std::uint8_t { kIdle, kRunning, kStopping, kStopped };

  void begin_planned_round();
  void begin_round();
  bool press();
  net::TrackerTiers::Pace const& pace() const noexcept {
    return hurried_ ? net::TrackerTiers::kHurried : net::TrackerTiers::kCalm;
  }
  void step();
  void rest_until_next_round();
  std::optional<TimePoint> next_round_due() const;
  void ask(std::size_t index);
  void send(std::size_t index, net::AnnounceEvent event);
  void on_answer(std::size_t index, net::AnnounceEvent event, Result<net::AnnounceReply> result);
  void on_success(std::size_t index, net::AnnounceEvent event, net::AnnounceReply const& reply);
  void on_failure(std::size_t index, net::AnnounceEvent event, Failure const& failure);
  void tell_completed(std::size_t index);
  void leave(std::size_t index);
  void say_goodbye(std::size_t index);
  void finish_stop();
  net::AnnounceRequest request_for(net::AnnounceEvent event) const;
  Duration back_off(unsigned failures);

  AnnounceIdentity const identity_;
  net::TimerWheel& timers_;
  Rng& rng_;
  std::chrono::seconds const announce_gap_;
  std::vector<TrackerStatus> const unusable_;

  Phase phase_ = Phase::kIdle;
  net::TrackerTiers tiers_;
  std::vector<Entry> entries_;
  bool in_round_ = false;
  bool hurried_ = false;   // the round is
  bool answered_ = false;  // one has ever
  TrackerNews news_;
  std::optional<PeerNames> names_;
  Sink sink_;
  Totals totals_;
  net::Timer step_timer_;
  net::Timer stop_timer_;
  std::size_t goodbyes_ = 0;  // stops not answered yet
  std::function<void()> stop_done_;
};

// From a torrent's tiers of URLs.  What is not asked (see net/tracker/tracker_url.h) is
// logged and left out, so the source may have no tracker at all.
std::unique_ptr<TrackerSource> make_tracker_source(
    std::vector<std::vector<std::string>> const& url_tiers, AnnounceIdentity const& identity,
    net::TrackerServices& services, Rng& rng);

}  // namespace btfast
