// FakeTracker: a net::Tracker that remembers what it was told and answers when the test
// says so.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "net/tracker/tracker.h"

namespace btfast::test {

// What the test and the tracker share; outlives the tracker.
struct FakeTrackerLog {
  std::vector<net::AnnounceRequest> asked;
  net::Tracker::Callback pending;

  std::size_t count(net::AnnounceEvent event) const {
    std::size_t n = 0;
    for (auto const& request : asked) n += request.event == event ? 1 : 0;
    return n;
  }
  bool is_asked() const { return pending != nullptr; }
  void answer(net::AnnounceReply reply = {}) {
    BTF_CHECK(pending);
    std::exchange(pending, nullptr)(std::move(reply));
  }
  void fail() {
    BTF_CHECK(pending);
    std::exchange(pending, nullptr)(Failure{Errc::kRefused, "no"});
  }
};

class FakeTracker final : public net::Tracker {
 public:
  FakeTracker(std::string url, std::shared_ptr<FakeTrackerLog> log)
      : url_(std::move(url)), log_(std::move(log)) {}

  void announce(net::AnnounceRequest const& request, Callback done) override {
    BTF_CHECK(!log_->pending);
    log_->asked.push_back(request);
    log_->pending = std::move(done);
  }
  void cancel() noexcept override { log_->pending = nullptr; }
  std::string const& url() const noexcept override { return url_; }

 private:
  std::string const url_;
  std::shared_ptr<FakeTrackerLog> log_;
};

}  // namespace btfast::test
