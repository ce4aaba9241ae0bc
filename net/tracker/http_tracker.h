// HttpTracker: announces over http and https (BEP 3, 7, 23).
//
// Threads: the control thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/tracker/announce_reply.h"
#include "net/tracker/tracker.h"
#include "net/tracker/tracker_url.h"

namespace btfast::net {

class HttpTracker final : public Tracker {
 public:
  // REQUIRES: an http or https URL; the client outlives the tracker.
  HttpTracker(TrackerUrl url, HttpClient& http, std::chrono::seconds interval_min);
  ~HttpTracker() override;

  void announce(AnnounceRequest const& request, Callback done) override;
  void cancel() noexcept override;
  std::string const& url() const noexcept override { return url_.text; }

 private:
  void on_response(Result<HttpResponse> response, Callback const& done);
  Result<AnnounceReply> read(HttpResponse const& response);

  TrackerUrl const url_;
  HttpClient& http_;
  std::chrono::seconds const interval_min_;
  std::optional<HttpClient::RequestId> pending_;
  std::string tracker_id_;  // what the tracker last gave us to send back
};

}  // namespace btfast::net
