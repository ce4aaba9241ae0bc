#include "cli/announce_command.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/text.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/engine.h"
#include "net/event_loop.h"
#include "net/reactor_factory.h"
#include "net/tracker/tracker_factory.h"

namespace btfast::cli {
namespace {

using net::AnnounceEvent;
using net::AnnounceReply;
using std::chrono::milliseconds;

constexpr milliseconds kDeadlineSlack{500};  // for requests that waited for their turn

struct Asked {
  std::string url;
  std::size_t tier = 0;
  std::unique_ptr<net::Tracker> tracker;  // null when the URL is not asked
  std::optional<Result<AnnounceReply>> answer;
  milliseconds took{0};

  bool ok() const { return answer && answer->has_value(); }
};

std::string line_of(Asked const& asked) {
  std::string line = "tier " + std::to_string(asked.tier + 1) + "  " + escaped(asked.url);
  if (!asked.ok()) {
    return line + "  failed: " + escaped(failure_text(asked.answer->error())) + "  " +
           std::to_string(asked.took.count()) + " ms";
  }
  AnnounceReply const& reply = **asked.answer;
  auto const count = [](std::optional<std::uint32_t> n) { return n ? std::to_string(*n) : "?"; };
  line += "  ok  interval " + std::to_string(reply.interval.count()) + " s";
  line += "  seeds " + count(reply.seeders) + "  leechers " + count(reply.leechers);
  line += "  peers " + std::to_string(reply.peers.size());
  line += "  " + std::to_string(asked.took.count()) + " ms";
  if (!reply.warning.empty()) line += "  warning: " + escaped(reply.warning);
  return line;
}

nlohmann::ordered_json json_of(Asked const& asked) {
  nlohmann::ordered_json json{
      {"url", asked.url}, {"tier", asked.tier}, {"ok", asked.ok()}, {"ms", asked.took.count()}};
  if (!asked.ok()) {
    json["error"] = failure_text(asked.answer->error());
    return json;
  }
  AnnounceReply const& reply = **asked.answer;
  json["error"] = nullptr;
  json["interval_s"] = reply.interval.count();
  json["seeds"] = reply.seeders ? nlohmann::ordered_json(*reply.seeders) : nullptr;
  json["leechers"] = reply.leechers ? nlohmann::ordered_json(*reply.leechers) : nullptr;
  json["peers"] = reply.peers.size();
  json["warning"] = reply.warning;
  return json;
}

class Announcer {
 public:
  Announcer(AnnounceOptions const& options, net::Reactor& reactor, std::ostream& out)
      : options_(options),
        out_(out),
        loop_(reactor, clock_),
        services_(loop_, net::TrackerSettings{.bind = options.bind}),
        deadline_(loop_.timers(), [this] { on_deadline(); }) {}

  ExitStatus run();

 private:
  void make_trackers();
  void ask_all();
  void ask(Asked& asked);
  void on_answer(Asked& asked, Result<AnnounceReply> answer);
  void on_deadline();
  void say_goodbye();
  void on_goodbye();
  net::AnnounceRequest request(AnnounceEvent event, milliseconds timeout) const;
  void print_json(ExitStatus exit) const;
  std::size_t ok_count() const;

  AnnounceOptions const& options_;
  std::ostream& out_;
  SteadyClock clock_;
  net::EventLoop loop_;
  net::TrackerServices services_;
  std::vector<Asked> asked_;
  net::Timer deadline_;
  TimePoint started_{};
  std::size_t unanswered_ = 0;
  std::size_t goodbyes_ = 0;
  bool leaving_ = false;
};

ExitStatus Announcer::run() {
  make_trackers();
  loop_.post([this] { ask_all(); });
  loop_.run();
  ExitStatus const exit = ok_count() > 0 ? ExitStatus::kDone : ExitStatus::kNetwork;
  if (options_.json) print_json(exit);
  if (asked_.empty() && !options_.json) out_ << "the torrent names no tracker\n";
  return exit;
}

void Announcer::make_trackers() {
  for (std::size_t tier = 0; tier < options_.tracker_tiers.size(); ++tier) {
    for (auto const& url : options_.tracker_tiers[tier]) {
      if (asked_.size() >= limits::kTrackers) return;
      Asked& asked = asked_.emplace_back();
      asked.url = url;
      asked.tier = tier;
      auto tracker = net::make_tracker(url, services_);
      if (tracker) {
        asked.tracker = *std::move(tracker);
      } else {
        asked.answer = tracker.error();
      }
    }
  }
}

void Announcer::ask_all() {
  started_ = clock_.now();
  deadline_.arm(options_.timeout + kDeadlineSlack);
  unanswered_ = asked_.size();
  for (auto& asked : asked_) {
    if (asked.tracker) {
      ask(asked);
    } else {
      on_answer(asked, asked.answer->error());
    }
  }
  if (asked_.empty()) loop_.stop();
}

void Announcer::ask(Asked& asked) {
  asked.tracker->announce(
      request(AnnounceEvent::kStarted, options_.timeout),
      [this, &asked](Result<AnnounceReply> answer) { on_answer(asked, std::move(answer)); });
}

void Announcer::on_answer(Asked& asked, Result<AnnounceReply> answer) {
  asked.answer = std::move(answer);
  asked.took = std::chrono::duration_cast<milliseconds>(clock_.now() - started_);
  if (!options_.json) out_ << line_of(asked) << std::endl;
  if (--unanswered_ == 0 && !leaving_) say_goodbye();
}

void Announcer::on_deadline() {
  if (std::exchange(leaving_, true)) return loop_.stop();
  for (auto& asked : asked_) {
    if (asked.answer) continue;
    asked.tracker->cancel();
    on_answer(asked, Failure{Errc::kTimeout, "no answer"});
  }
  say_goodbye();
}

void Announcer::say_goodbye() {
  leaving_ = true;
  deadline_.arm(limits::kTrackerStopTimeout + kDeadlineSlack);
  for (auto& asked : asked_) {
    if (!asked.ok()) continue;
    ++goodbyes_;
    asked.tracker->announce(request(AnnounceEvent::kStopped, limits::kTrackerStopTimeout),
                            [this](Result<AnnounceReply> const&) { on_goodbye(); });
  }
  if (goodbyes_ == 0) loop_.stop();
}

void Announcer::on_goodbye() {
  if (--goodbyes_ == 0) loop_.stop();
}

net::AnnounceRequest Announcer::request(AnnounceEvent event, milliseconds timeout) const {
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

void Announcer::print_json(ExitStatus exit) const {
  auto trackers = nlohmann::ordered_json::array();
  for (auto const& asked : asked_) trackers.push_back(json_of(asked));
  nlohmann::ordered_json const json{{"status", exit == ExitStatus::kDone ? "done" : "failed"},
                                    {"exit", static_cast<int>(exit)},
                                    {"trackers", std::move(trackers)},
                                    {"ok", ok_count()},
                                    {"failed", asked_.size() - ok_count()}};
  // Trackers' words need not be UTF-8.
  out_ << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << std::endl;
}

std::size_t Announcer::ok_count() const {
  return static_cast<std::size_t>(
      std::count_if(asked_.begin(), asked_.end(), [](Asked const& asked) { return asked.ok(); }));
}

}  // namespace

ExitStatus run_announce(AnnounceOptions const& options, std::ostream& out) {
  auto const reactor = net::make_reactor();
  if (!reactor) {
    std::cerr << "btfast: no file descriptor left\n";
    return ExitStatus::kInternal;
  }
  return Announcer{options, *reactor, out}.run();
}

ExitStatus run_announce(GetOptions const& options, Metainfo const& metainfo) {
  auto const peer_id = make_peer_id();
  if (!peer_id) {
    std::cerr << "btfast: no random numbers from the kernel\n";
    return ExitStatus::kInternal;
  }
  return run_announce(
      {.tracker_tiers = metainfo.tracker_tiers,
       .info_hash = metainfo.info_hash,
       .peer_id = *peer_id,
       .bytes_left = metainfo.geometry.total_size(),
       .port = options.engine.port_first != 0 ? options.engine.port_first : std::uint16_t{6881},
       .bind = options.engine.bind,
       .json = options.out.json},
      std::cout);
}

}  // namespace btfast::cli
