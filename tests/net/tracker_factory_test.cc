#include "net/tracker/tracker_factory.h"

#include "net/tracker/http_tracker.h"
#include "net/tracker/udp_tracker.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

class TrackerFactory : public test::LoopFixture {
 protected:
  TrackerServices services_{loop_, {}};
};

TEST_F(TrackerFactory, MakesWhatTheSchemeNames) {
  auto const http = make_tracker("http://t.example/announce", services_);
  auto const https = make_tracker("https://t.example/announce", services_);
  auto const udp = make_tracker("udp://t.example:1337/announce", services_);

  ASSERT_TRUE(http && https && udp);
  EXPECT_NE(dynamic_cast<HttpTracker const*>(http->get()), nullptr);
  EXPECT_NE(dynamic_cast<HttpTracker const*>(https->get()), nullptr);
  EXPECT_NE(dynamic_cast<UdpTracker const*>(udp->get()), nullptr);
  EXPECT_EQ((*udp)->url(), "udp://t.example:1337/announce");
}

TEST_F(TrackerFactory, RefusesWhatIsNotAsked) {
  for (char const* const url : {"ws://t.example/announce", "http://127.0.0.1/admin",
                                "http://t.example/announce?info_hash=1", "nonsense"}) {
    auto const tracker = make_tracker(url, services_);
    ASSERT_FALSE(tracker) << url;
    EXPECT_EQ(tracker.error().code, Errc::kBadArgument) << url;
  }
}

}  // namespace
}  // namespace btfast::net
