#include "engine/peers/local_tracker.h"

#include <gtest/gtest.h>

#include "net/tracker/tracker_factory.h"
#include "tests/support/loop_fixture.h"

namespace btfast {
namespace {

class LocalTrackerTest : public test::LoopFixture {
 protected:
  std::unique_ptr<LocalTracker> open(LocalTrackerOptions const& options) {
    auto tracker = LocalTracker::open(loop_, options);
    EXPECT_TRUE(tracker) << failure_text(tracker.error());
    return tracker ? *std::move(tracker) : nullptr;
  }
  std::size_t peers_from(std::string const& url, std::uint16_t port) {
    auto const tracker = net::make_tracker(url, services_);
    EXPECT_TRUE(tracker) << url;
    net::AnnounceRequest request{.port = port, .left = 1};
    request.peer_id[0] = static_cast<std::byte>(port);
    Answer<Result<net::AnnounceReply>> answer;
    (*tracker)->announce(request, answer.sink());
    EXPECT_TRUE(run_until([&] { return answer.here(); }));
    EXPECT_TRUE(*answer);
    return (*answer)->peers.size();
  }

  net::Endpoint const loopback_ = *net::Endpoint::parse_address("127.0.0.1", 0);
  net::TrackerServices services_{loop_, {}};
};

TEST_F(LocalTrackerTest, IsOneTrackerBehindBothProtocols) {
  auto const tracker = open({.bind = loopback_});
  auto const urls = tracker->urls();

  ASSERT_EQ(urls.size(), 2u);
  EXPECT_TRUE(urls[0].starts_with("http://127.0.0.1:")) << urls[0];
  EXPECT_TRUE(urls[1].starts_with("udp://127.0.0.1:")) << urls[1];
  EXPECT_EQ(peers_from(urls[0], 1), 0u);
  EXPECT_EQ(peers_from(urls[1], 2), 1u);
  EXPECT_EQ(peers_from(urls[0], 3), 2u);
  EXPECT_EQ(tracker->stats().announces, 3u);
  EXPECT_EQ(tracker->table().peer_count(), 3u);
}

TEST_F(LocalTrackerTest, CannotListenWhereAnotherOneDoes) {
  auto const first = open({.bind = loopback_});

  auto const second = LocalTracker::open(loop_, {.port = first->port(), .bind = loopback_});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kNetwork);
}

TEST_F(LocalTrackerTest, CanListenAgainOnceItHasEnded) {
  auto first = open({.bind = loopback_});
  auto const port = first->port();
  first.reset();

  EXPECT_TRUE(LocalTracker::open(loop_, {.port = port, .bind = loopback_}));
}

}  // namespace
}  // namespace btfast
