#include "net/tracker/http_tracker.h"

#include <string>

#include "net/tracker/tracker_factory.h"
#include "tests/support/fake_http_server.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;
using test::FakeHttpServer;
using test::http_ok;
using test::http_status;

test::FakeHttpAnswer http_answer(std::string const& status, std::string const& body) {
  return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\nConnection: close\r\n\r\n" + body};
}

class HttpTrackerTest : public test::LoopFixture {
 protected:
  using Reply = Result<AnnounceReply>;

  std::unique_ptr<Tracker> make(std::string const& url) {
    auto tracker = make_tracker(url, services_);
    EXPECT_TRUE(tracker) << url;
    return *std::move(tracker);
  }
  Reply announce(Tracker& tracker, AnnounceRequest const& request = {}) {
    Answer<Reply> answer;
    tracker.announce(request, answer.sink());
    if (!run_until([&] { return answer.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *answer;
  }

  TrackerServices services_{loop_, {}};
};

TEST_F(HttpTrackerTest, AsksAndReadsTheReply) {
  FakeHttpServer server{[](auto const&) {
    return http_ok(
        "d8:completei4e10:incompletei3e8:intervali900e5:peers6:\x0a\x01\x02\x03\x1a\xe1"
        "e");
  }};
  auto const tracker = make(server.url("/announce?passkey=k"));

  auto const reply = announce(*tracker, {.port = 6881, .event = AnnounceEvent::kStarted});

  ASSERT_TRUE(reply) << failure_text(reply.error());
  EXPECT_EQ(reply->interval, seconds{900});
  EXPECT_EQ(reply->seeders, 4u);
  EXPECT_EQ(reply->peers.at(0).to_string(), "10.1.2.3:6881");
  auto const head = server.requests().at(0);
  EXPECT_TRUE(head.starts_with("GET /announce?passkey=k&info_hash=%00%00")) << head;
  EXPECT_NE(head.find("&event=started HTTP/1.1\r\n"), std::string::npos) << head;
}

TEST_F(HttpTrackerTest, SendsBackTheTrackerId) {
  FakeHttpServer server{[](auto const& target) {
    bool const first = target.find("trackerid") == std::string::npos;
    return http_ok(first ? "d10:tracker id4:a&b=e" : "de");
  }};
  auto const tracker = make(server.url("/announce"));

  EXPECT_TRUE(announce(*tracker));
  EXPECT_TRUE(announce(*tracker));
  EXPECT_TRUE(announce(*tracker));

  EXPECT_NE(server.requests().at(1).find("&trackerid=a%26b%3D"), std::string::npos);
  EXPECT_NE(server.requests().at(2).find("&trackerid=a%26b%3D"), std::string::npos);
}

TEST_F(HttpTrackerTest, AFailureReasonCountsWithAnyStatus) {
  FakeHttpServer server{[](auto const&) {
    std::string const body = "d14:failure reason6:bannede";
    auto answer =
        http_status("403 Forbidden", "Content-Length: " + std::to_string(body.size()) + "\r\n");
    answer.bytes += body;
    return answer;
  }};
  auto const tracker = make(server.url("/announce"));

  auto const reply = announce(*tracker);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kRefused);
  EXPECT_EQ(reply.error().detail, "banned");
}

TEST_F(HttpTrackerTest, PeersCountOnlyWithStatus200) {
  FakeHttpServer server{[](auto const&) {
    auto answer = http_status("404 Not Found", "Content-Length: 2\r\n");
    answer.bytes += "de";
    return answer;
  }};
  auto const tracker = make(server.url("/announce"));

  auto const reply = announce(*tracker);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().detail, "HTTP status 404");
}

TEST_F(HttpTrackerTest, ARedirectOnThisMachineLeadsOnlyBelowAnnounce) {
  FakeHttpServer server{[](std::string const& target) {
    if (target.starts_with("/announce?")) return test::http_redirect("/admin");
    if (target.starts_with("/announce/here?")) return test::http_redirect("/announce/there");
    return http_ok("de");
  }};

  auto const refused = announce(*make(server.url("/announce")));
  auto const followed = announce(*make(server.url("/announce/here")));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadReply);
  EXPECT_TRUE(followed) << failure_text(followed.error());
  EXPECT_EQ(server.request_count(), 3u);
}

TEST_F(HttpTrackerTest, ACancelledAnnounceNeverAnswersAndAnotherMayFollow) {
  FakeHttpServer server{[](auto const&) { return http_ok("de"); }};
  auto const tracker = make(server.url("/announce"));
  Answer<Reply> cancelled;
  tracker->announce({}, cancelled.sink());

  tracker->cancel();
  EXPECT_TRUE(announce(*tracker));

  EXPECT_FALSE(cancelled.here());
}

// Trackers refuse in many ways; what there is to read of it is kept.
TEST_F(HttpTrackerTest, WhatItSaysInPlaceOfAReplyIsTheReason) {
  struct Case {
    std::string status;
    std::string body;
    std::string reason;
  };
  Case const cases[] = {
      {"403 Forbidden", "d14:failure reason7:go awaye", "go away"},
      {"500 Oops", "d14:failure reason7:go awaye", "go away"},
      {"403 Forbidden", "not registered with us\n", "HTTP status 403: not registered with us"},
      {"503 Busy", "<html><title>Come back later</title>", "HTTP status 503: Come back later"},
      {"403 Forbidden", "<html><body><h1>Go <b>away</b>", "HTTP status 403: Go away"},
      {"404 Not Found", "", "HTTP status 404"},
      {"200 OK", "torrent deleted\n", "not a tracker's reply: torrent deleted"},
      {"200 OK", "deleted", "not a tracker's reply: deleted"},
      {"200 OK", "14:torrent deleted", "not a tracker's reply: 14:torrent deleted"},
      {"200 OK", "<p>Log in", "a web page, not a tracker's reply: Log in"},
      {"200 OK", std::string("\x1f\x8b\0", 3),
       "not a tracker's reply: byte 0: not the start of a value"},
      {"200 OK", "d8:interval", "not a tracker's reply: byte 11: data ends within a value"},
      {"200 OK", "<html><title>Log in</title>", "a web page, not a tracker's reply: Log in"},
  };
  for (auto const& each : cases) {
    FakeHttpServer server{[&](auto const&) { return http_answer(each.status, each.body); }};

    auto const reply = announce(*make(server.url("/announce")));

    ASSERT_FALSE(reply) << each.status;
    EXPECT_EQ(failure_text(reply.error()), each.reason);
  }
}

}  // namespace
}  // namespace btfast::net
