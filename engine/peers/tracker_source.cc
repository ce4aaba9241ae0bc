#include "engine/peers/tracker_source.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/base/check.h"
#include "net/tracker/tracker_url.h"

namespace btfast {
namespace {

using net::AnnounceEvent;
using net::TrackerTiers;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kBackOffFirst{15};       // BEP 15's figure, used for HTTP too
constexpr unsigned kBackOffDoublings = 7;  // up to 32 minutes
// A tracker that was asked and did not answer yet may or may not know us: a goodbye to it
// is worth a try, not a wait.
constexpr milliseconds kDoubtfulStopTimeout{1'000};
constexpr milliseconds kStopSlack{250};  // past the trackers' own time-out

std::vector<std::size_t> sizes_of(TrackerSource::Tiers const& tiers) {
  std::vector<std::size_t> sizes;
  for (auto const& tier : tiers) sizes.push_back(tier.size());
  return sizes;
}

}  // namespace

TrackerSource::TrackerSource(Tiers tiers, AnnounceIdentity const& identity, net::TimerWheel& timers,
                             Rng& rng, Options options)
    : identity_(identity),
      timers_(timers),
      rng_(rng),
      announce_gap_(options.announce_gap),
      unusable_(std::move(options.unusable)),
      tiers_(sizes_of(tiers), rng, options.side_by_side),
      step_timer_(timers, [this] { in_round_ ? step() : begin_planned_round(); }),
      stop_timer_(timers, [this] { finish_stop(); }) {
  if (options.resolver != nullptr) names_.emplace(*options.resolver);
  for (auto& tier : tiers) {
    for (auto& tracker : tier) {
      Entry& entry = entries_.emplace_back();
      entry.tracker = std::move(tracker);
      entry.status.url = net::tracker_url_for_people(entry.tracker->url());
      entry.status.tier = tiers_.tier_of(entries_.size() - 1);
    }
  }
}

TrackerSource::~TrackerSource() = default;

void TrackerSource::start(Sink sink, Totals totals) {
  BTF_CHECK(phase_ == Phase::kIdle);
  phase_ = Phase::kRunning;
  sink_ = std::move(sink);
  totals_ = std::move(totals);
  begin_planned_round();
}

void TrackerSource::begin_planned_round() {
  hurried_ = !answered_;
  begin_round();
}

void TrackerSource::begin_round() {
  if (phase_ != Phase::kRunning || entries_.empty()) return;
  in_round_ = true;
  tiers_.begin_round(timers_.now(), pace());
  step();
}

// Asks whom the tiers name until they say to wait.
void TrackerSource::step() {
  while (phase_ == Phase::kRunning) {
    auto const next = tiers_.next(timers_.now());
    switch (next.kind) {
      case TrackerTiers::Step::Kind::kAsk:
        ask(next.tracker);
        break;
      case TrackerTiers::Step::Kind::kWait:
        return step_timer_.arm_at(next.when);
      case TrackerTiers::Step::Kind::kSatisfied:
      case TrackerTiers::Step::Kind::kExhausted:
        return rest_until_next_round();
    }
  }
}

void TrackerSource::rest_until_next_round() {
  in_round_ = false;
  if (auto const due = next_round_due()) {
    step_timer_.arm_at(std::max(*due, timers_.now() + milliseconds{1}));
  } else {
    step_timer_.disarm();  // the answers that are awaited decide
  }
}

// When the first tracker that works may be asked again; when none does, the first of all.
std::optional<TimePoint> TrackerSource::next_round_due() const {
  std::optional<TimePoint> due;
  for (std::size_t tier = 0; tier < tiers_.tier_count(); ++tier) {
    for (std::size_t const index : tiers_.order(tier)) {
      Entry const& entry = entries_[index];
      if (entry.pending) continue;
      if (entry.knows_us && entry.failures == 0) return entry.not_before;
      due = due ? std::min(*due, entry.not_before) : entry.not_before;
    }
  }
  return due;
}

void TrackerSource::ask(std::size_t index) {
  Entry& entry = entries_[index];
  tiers_.asked(index, timers_.now());
  if (entry.pending) return;
  if (timers_.now() < entry.not_before) return tiers_.failed(index);
  send(index, entry.knows_us ? AnnounceEvent::kNone : AnnounceEvent::kStarted);
}

net::AnnounceRequest TrackerSource::request_for(AnnounceEvent event) const {
  auto const totals = totals_();
  return {.info_hash = identity_.info_hash,
          .peer_id = identity_.peer_id,
          .port = identity_.port,
          .uploaded = totals.bytes_up,
          .downloaded = totals.bytes_down,
          .left = totals.bytes_left,
          .event = event,
          .numwant = event == AnnounceEvent::kStopped ? 0 : identity_.numwant,
          .key = identity_.key,
          .timeout = limits::kTrackerTimeout};
}

void TrackerSource::send(std::size_t index, AnnounceEvent event) {
  Entry& entry = entries_[index];
  entry.pending = true;
  entry.asked = event;
  auto& state = entry.status.state;  // what it last was, once it was anything
  if (state == TrackerStatus::State::kNotAsked) state = TrackerStatus::State::kAsking;
  entry.tracker->announce(request_for(event), [this, index, event](auto result) {
    on_answer(index, event, std::move(result));
  });
}

void TrackerSource::on_answer(std::size_t index, AnnounceEvent event,
                              Result<net::AnnounceReply> result) {
  entries_[index].pending = false;
  if (event == AnnounceEvent::kStopped) {
    if (--goodbyes_ == 0) finish_stop();
    return;
  }
  if (std::exchange(entries_[index].leaving, false)) {
    say_goodbye(index);
    if (--goodbyes_ == 0) finish_stop();  // the stopped is counted anew
    return;
  }
  if (phase_ != Phase::kRunning) return;
  if (result) {
    on_success(index, event, *result);
  } else {
    on_failure(index, event, result.error());
  }
  // The sink may have stopped us.
  if (phase_ != Phase::kRunning) return;
  in_round_ ? step() : rest_until_next_round();
}

void TrackerSource::on_success(std::size_t index, AnnounceEvent event,
                               net::AnnounceReply const& reply) {
  Entry& entry = entries_[index];
  auto const now = timers_.now();
  auto const gap = std::max(announce_gap_, reply.min_interval.value_or(announce_gap_));
  answered_ = true;
  entry.knows_us = true;
  entry.failures = 0;
  entry.not_before = now + std::max(reply.interval, gap);
  entry.again_at = now + gap;
  tiers_.answered(index);
  news_.on_reply(entry.status, event, reply);
  tell_completed(index);
  if (names_) {
    names_->look_up(reply.names, reply.local_tracker,
                    [this](auto peers) { sink_(PeerOrigin::kTracker, peers); });
  }
  if (!reply.peers.empty()) sink_(PeerOrigin::kTracker, reply.peers);
}

void TrackerSource::on_failure(std::size_t index, AnnounceEvent event, Failure const& failure) {
  Entry& entry = entries_[index];
  ++entry.failures;
  entry.not_before = timers_.now() + back_off(entry.failures);
  entry.again_at = entry.not_before;
  tiers_.failed(index);
  news_.on_failure(entry.status, event, failure);
}

// 15 s, 30 s, …, each made longer by up to half so that a crowd spreads.
Duration TrackerSource::back_off(unsigned failures) {
  auto const doublings = std::min(failures - 1, kBackOffDoublings);
  milliseconds const whole = kBackOffFirst * (1u << doublings);
  return whole + milliseconds{rng_.below(static_cast<std::uint32_t>(whole.count() / 2))};
}

void TrackerSource::want_peers(PeerNeed need) {
  if (phase_ != Phase::kRunning || entries_.empty()) return;
  bool const alone = need != PeerNeed::kMore;
  bool const pressed = need == PeerNeed::kLostAll && press();
  if (!pressed && in_round_ && (hurried_ || !alone)) return;
  hurried_ = alone || !answered_;
  if (pressed) return begin_round();
  tiers_.widen(timers_.now(), pace());
  if (tiers_.next(timers_.now()).kind == TrackerTiers::Step::Kind::kAsk) {
    in_round_ = true;
    return step();
  }
  for (auto& entry : entries_) entry.not_before = std::min(entry.not_before, entry.again_at);
  rest_until_next_round();
}

// Trackers that work may be asked at once, though their time has not come; not again before it
// would have.  False when there is none.
bool TrackerSource::press() {
  auto const now = timers_.now();
  bool any = false;
  for (auto& entry : entries_) {
    if (!entry.knows_us || entry.failures > 0 || now < entry.may_be_pressed) continue;
    entry.not_before = now;
    entry.may_be_pressed = std::max(entry.again_at, now + announce_gap_);
    any = true;
  }
  return any;
}

void TrackerSource::completed() {
  if (phase_ != Phase::kRunning) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].owes_completed = entries_[i].knows_us || entries_[i].pending;
    tell_completed(i);
  }
}

void TrackerSource::tell_completed(std::size_t index) {
  Entry& entry = entries_[index];
  if (!entry.owes_completed || !entry.knows_us || entry.pending) return;
  entry.owes_completed = false;
  send(index, AnnounceEvent::kCompleted);
}

void TrackerSource::stop(std::function<void()> done) {
  BTF_CHECK(phase_ == Phase::kIdle || phase_ == Phase::kRunning);
  bool const ran = std::exchange(phase_, Phase::kStopping) == Phase::kRunning;
  stop_done_ = std::move(done);
  step_timer_.disarm();
  in_round_ = false;
  if (names_) names_->forget();
  for (std::size_t i = 0; ran && i < entries_.size(); ++i) leave(i);
  stop_timer_.arm(goodbyes_ == 0 ? Duration::zero()
                                 : Duration{limits::kTrackerStopTimeout + kStopSlack});
}

// A completed that is on its way, or owed, arrives before stopped; the stop timer bounds both.
void TrackerSource::leave(std::size_t index) {
  Entry& entry = entries_[index];
  tell_completed(index);
  if (entry.pending && entry.asked == AnnounceEvent::kCompleted) {
    entry.leaving = true;
    ++goodbyes_;
  } else {
    say_goodbye(index);
  }
}

void TrackerSource::say_goodbye(std::size_t index) {
  Entry& entry = entries_[index];
  bool const in_doubt = std::exchange(entry.pending, false) && !entry.knows_us;
  entry.tracker->cancel();
  if (!entry.knows_us && !in_doubt) return;
  auto request = request_for(AnnounceEvent::kStopped);
  request.timeout = in_doubt ? kDoubtfulStopTimeout : milliseconds{limits::kTrackerStopTimeout};
  entry.pending = true;
  ++goodbyes_;
  entry.tracker->announce(request, [this, index](auto result) {
    on_answer(index, AnnounceEvent::kStopped, std::move(result));
  });
}

void TrackerSource::finish_stop() {
  if (std::exchange(phase_, Phase::kStopped) == Phase::kStopped) return;
  stop_timer_.disarm();
  for (auto& entry : entries_) {
    if (entry.pending) entry.tracker->cancel();
    entry.pending = false;
  }
  sink_ = nullptr;
  totals_ = nullptr;
  if (auto const done = std::exchange(stop_done_, nullptr)) done();
}

std::vector<TrackerStatus> TrackerSource::status() const {
  std::vector<TrackerStatus> out;
  out.reserve(entries_.size());
  for (auto const& entry : entries_) {
    auto& status = out.emplace_back(entry.status);
    if (entry.not_before != TimePoint{}) status.next_announce = entry.not_before;
  }
  out.insert(out.end(), unusable_.begin(), unusable_.end());
  std::stable_sort(out.begin(), out.end(),
                   [](auto const& a, auto const& b) { return a.tier < b.tier; });
  return out;
}

std::unique_ptr<TrackerSource> make_tracker_source(
    std::vector<std::vector<std::string>> const& url_tiers, AnnounceIdentity const& identity,
    net::TrackerServices& services, Rng& rng) {
  TrackerSource::Tiers tiers;
  TrackerSource::Options options{.announce_gap = services.settings.interval_min,
                                 .resolver = &services.peer_resolver,
                                 .side_by_side = services.settings.side_by_side};
  TrackerNews news;
  std::unordered_set<std::string> seen;
  for (auto const& urls : url_tiers) {
    std::vector<std::unique_ptr<net::Tracker>> tier;
    for (auto const& url : urls) {
      if (seen.size() >= limits::kTrackers || !seen.insert(url).second) continue;
      auto tracker = net::make_tracker(url, services);
      if (tracker) {
        tier.push_back(*std::move(tracker));
      } else {
        auto& status = options.unusable.emplace_back();
        status.url = net::tracker_url_for_people(url);
        status.tier = tiers.size();
        news.on_unusable(status, tracker.error());
      }
    }
    if (!tier.empty()) tiers.push_back(std::move(tier));
  }
  return std::make_unique<TrackerSource>(std::move(tiers), identity, services.loop.timers(), rng,
                                         std::move(options));
}

}  // namespace btfast
