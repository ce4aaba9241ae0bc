#include "engine/peers/tracker_status.h"

#include "engine/base/log.h"
#include "engine/base/url.h"
#include "net/tracker/tracker_url.h"

namespace btfast {
namespace {

// Whether the failure is an answer: then the tracker was reached.
bool is_answer(Failure const& failure) noexcept {
  switch (failure.code) {
    case Errc::kRefused:
    case Errc::kBadReply:
    case Errc::kTooLarge:
      return true;
    default:
      return false;
  }
}

// The reason, without the host that stands in the URL beside it.
std::string reason_of(Failure const& failure, std::string_view url) {
  auto text = failure_text(failure);
  std::string const host = std::string{url_text(url).authority} + ": ";
  return text.starts_with(host) ? text.substr(host.size()) : text;
}

// Its warning, and what we say of the reply.  To a farewell an empty one is answer enough.
std::string said_in(net::AnnounceReply const& reply, net::AnnounceEvent event) {
  if (reply.fault.empty() || event == net::AnnounceEvent::kStopped) return reply.warning;
  return reply.warning.empty() ? reply.fault : reply.warning + "; and an odd reply: " + reply.fault;
}

}  // namespace

std::string_view tracker_state_name(TrackerStatus::State state) noexcept {
  switch (state) {
    case TrackerStatus::State::kNotAsked:
      return "not asked";
    case TrackerStatus::State::kAsking:
      return "asking";
    case TrackerStatus::State::kWorking:
      return "working";
    case TrackerStatus::State::kFailed:
      return "failed";
    case TrackerStatus::State::kUnusable:
      return "unusable";
  }
  return "unknown";
}

void TrackerNews::on_reply(TrackerStatus& status, net::AnnounceEvent event,
                           net::AnnounceReply const& reply) {
  status.state = TrackerStatus::State::kWorking;
  status.answered = true;
  status.its_words = !reply.warning.empty();
  status.message = said_in(reply, event);
  status.seeders = reply.seeders;
  status.leechers = reply.leechers;
  status.peers = reply.peers.size() + reply.names.size();
  log_event(LogLevel::kDebug, "tracker_reply",
            {{"url", status.url},
             {"announce", net::announce_event_name(event)},
             {"peers", status.peers},
             {"interval_s", reply.interval.count()}});
  if (status.message.empty()) return;
  log_event(is_new(status) ? LogLevel::kWarn : LogLevel::kDebug,
            status.its_words ? "tracker_warning" : "tracker_odd_reply",
            {{"url", status.url}, {status.its_words ? "message" : "reason", status.message}});
}

void TrackerNews::on_failure(TrackerStatus& status, net::AnnounceEvent event,
                             Failure const& failure) {
  status.state = TrackerStatus::State::kFailed;
  status.answered = status.answered || is_answer(failure);
  status.message = reason_of(failure, status.url);
  log_event(is_new(status) ? LogLevel::kWarn : LogLevel::kInfo, "tracker_failed",
            {{"url", status.url},
             {"announce", net::announce_event_name(event)},
             {"reason", status.message}});
}

void TrackerNews::on_unusable(TrackerStatus& status, Failure const& failure) {
  status.state = TrackerStatus::State::kUnusable;
  status.message = reason_of(failure, status.url);
  log_event(is_new(status) ? LogLevel::kWarn : LogLevel::kInfo, "tracker_not_asked",
            {{"url", status.url}, {"reason", status.message}});
}

bool TrackerNews::is_new(TrackerStatus const& status) {
  if (told_.size() >= kTold) return false;
  return told_.insert(status.url + '\n' + status.message).second;
}

}  // namespace btfast
