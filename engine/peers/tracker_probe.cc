#include "engine/peers/tracker_probe.h"

#include <memory>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "net/tracker/tracker_factory.h"

namespace btfast {
namespace {

using net::AnnounceEvent;
using net::AnnounceReply;
using std::chrono::milliseconds;

constexpr milliseconds kDeadlineSlack{500};  // for requests that waited for their turn

Failure no_answer() { return Failure{Errc::kTimeout, "no answer"}; }

class TrackerProbe {
 public:
  using OnAnswer = std::function<void(TrackerProbeAnswer const&)>;

  TrackerProbe(net::EventLoop& loop, TrackerProbeOptions const& options, OnAnswer const& on_answer)
      : loop_(loop),
        options_(options),
        on_answer_(on_answer),
        services_(loop_, net::TrackerSettings{.bind = options.bind,
                                              .device = options.device,
                                              .verify_tls = options.verify_tls}),
        deadline_(loop_.timers(), [this] { on_deadline(); }) {}

  std::vector<TrackerProbeAnswer> run(std::stop_token const& stop);

 private:
  struct Asked {
    std::unique_ptr<net::Tracker> tracker;  // null when the URL is not asked
    TrackerProbeAnswer answer;
    bool answered = false;
  };

  void make_trackers();
  void make_tracker(std::string const& url, std::size_t tier);
  void ask_all();
  void settle(Asked& asked, Result<AnnounceReply> reply);
  void on_deadline();
  void on_stop();
  void give_up(Failure const& why);
  void say_goodbye();
  void on_goodbye();
  net::AnnounceRequest request(AnnounceEvent event, milliseconds timeout) const;

  net::EventLoop& loop_;
  TrackerProbeOptions const& options_;
  OnAnswer const& on_answer_;
  SteadyClock clock_;
  net::TrackerServices services_;
  std::vector<Asked> asked_;
  net::Timer deadline_;
  TimePoint started_{};
  std::size_t unanswered_ = 0;
  std::size_t goodbyes_ = 0;
  bool leaving_ = false;
};

std::vector<TrackerProbeAnswer> TrackerProbe::run(std::stop_token const& stop) {
  make_trackers();
  loop_.post([this] { ask_all(); });
  std::stop_callback const stopped{stop, [this] { loop_.post([this] { on_stop(); }); }};
  loop_.run();
  std::vector<TrackerProbeAnswer> answers;
  for (auto& asked : asked_) answers.push_back(std::move(asked.answer));
  return answers;
}

void TrackerProbe::make_trackers() {
  for (std::size_t tier = 0; tier < options_.tracker_tiers.size(); ++tier) {
    for (auto const& url : options_.tracker_tiers[tier]) {
      if (asked_.size() < limits::kTrackers) make_tracker(url, tier);
    }
  }
}

void TrackerProbe::make_tracker(std::string const& url, std::size_t tier) {
  auto made = net::make_tracker(url, services_);
  Asked asked{.tracker = nullptr, .answer = {.url = url, .tier = tier, .reply = no_answer()}};
  if (made) {
    asked.tracker = *std::move(made);
  } else {
    asked.answer.reply = made.error();
  }
  asked_.push_back(std::move(asked));
}

void TrackerProbe::ask_all() {
  started_ = clock_.now();
  deadline_.arm(options_.timeout + kDeadlineSlack);
  unanswered_ = asked_.size();
  if (asked_.empty()) return loop_.stop();
  for (auto& asked : asked_) {
    if (!asked.tracker) {
      settle(asked, asked.answer.reply);
      continue;
    }
    asked.tracker->announce(
        request(AnnounceEvent::kStarted, options_.timeout),
        [this, &asked](Result<AnnounceReply> reply) { settle(asked, std::move(reply)); });
  }
}

void TrackerProbe::settle(Asked& asked, Result<AnnounceReply> reply) {
  asked.answered = true;
  asked.answer.reply = std::move(reply);
  asked.answer.took = std::chrono::duration_cast<milliseconds>(clock_.now() - started_);
  if (on_answer_) on_answer_(asked.answer);
  if (--unanswered_ == 0) say_goodbye();
}

void TrackerProbe::on_deadline() {
  if (leaving_) return loop_.stop();
  give_up(no_answer());
}

void TrackerProbe::on_stop() {
  if (!leaving_) give_up(Failure{Errc::kCancelled, "interrupted"});
}

void TrackerProbe::give_up(Failure const& why) {
  for (auto& asked : asked_) {
    if (asked.answered) continue;
    asked.tracker->cancel();
    settle(asked, why);
  }
}

void TrackerProbe::say_goodbye() {
  leaving_ = true;
  deadline_.arm(limits::kTrackerStopTimeout + kDeadlineSlack);
  for (auto& asked : asked_) {
    if (!asked.answer.reply) continue;
    ++goodbyes_;
    asked.tracker->announce(request(AnnounceEvent::kStopped, limits::kTrackerStopTimeout),
                            [this](Result<AnnounceReply> const&) { on_goodbye(); });
  }
  if (goodbyes_ == 0) loop_.stop();
}

void TrackerProbe::on_goodbye() {
  if (--goodbyes_ == 0) loop_.stop();
}

net::AnnounceRequest TrackerProbe::request(AnnounceEvent event, milliseconds timeout) const {
  net::AnnounceRequest request;
  request.info_hash = options_.info_hash;
  request.peer_id = options_.peer_id;
  request.port = options_.port;
  request.left = options_.bytes_left;
  request.event = event;
  if (event == AnnounceEvent::kStopped) request.numwant = 0;
  request.timeout = timeout;
  return request;
}

}  // namespace

std::vector<TrackerProbeAnswer> probe_trackers(
    net::EventLoop& loop, TrackerProbeOptions const& options,
    std::function<void(TrackerProbeAnswer const&)> const& on_answer, std::stop_token const& stop) {
  return TrackerProbe{loop, options, on_answer}.run(stop);
}

}  // namespace btfast
