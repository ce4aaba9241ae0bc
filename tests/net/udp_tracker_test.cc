#include "net/tracker/udp_tracker.h"

#include <atomic>
#include <functional>
#include <string>

#include "engine/base/byte_io.h"
#include "tests/support/fake_udp_tracker.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Bytes;
using test::FakeUdpTracker;
using test::honest_udp_answer;

class UdpTrackerTest : public test::LoopFixture {
 protected:
  using Reply = Result<AnnounceReply>;

  UdpTracker make(std::string const& url, Endpoint const& bind = {}) {
    return UdpTracker{*parse_tracker_url(url), loop_, resolver_, {bind, {}}, seconds{60}};
  }
  Reply announce(UdpTracker& tracker, AnnounceRequest const& request = quick()) {
    Answer<Reply> answer;
    tracker.announce(request, answer.sink());
    EXPECT_FALSE(answer.here()) << "answered inside announce()";
    if (!run_until([&] { return answer.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *answer;
  }
  static AnnounceRequest quick() {
    AnnounceRequest request;
    request.timeout = milliseconds{3000};
    return request;
  }

  Resolver resolver_{loop_};
};

TEST_F(UdpTrackerTest, ConnectsAndAnnouncesAsBep15Says) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in, 0x1122334455667788); }};
  auto tracker = make(server.url());
  auto request = quick();
  request.info_hash.fill(std::byte{'h'});
  request.peer_id.fill(std::byte{'p'});
  request.port = 0x1ae1;
  request.downloaded = 1;
  request.left = 2;
  request.uploaded = 3;
  request.event = AnnounceEvent::kStarted;
  request.numwant = 200;
  request.key = 0xcafe;

  auto const reply = announce(tracker, request);

  ASSERT_TRUE(reply) << failure_text(reply.error());
  EXPECT_EQ(reply->interval, seconds{1800});
  EXPECT_EQ(reply->leechers, 3u);
  EXPECT_EQ(reply->seeders, 4u);
  EXPECT_EQ(reply->peers.at(0).to_string(), "10.1.2.3:6881");
  auto const sent = server.datagrams();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].size(), 16u);
  EXPECT_EQ(test::udp_connection(sent[0]), 0x41727101980u);
  ASSERT_EQ(sent[1].size(), 98u);
  ByteReader in{sent[1]};
  EXPECT_EQ(in.u64(), 0x1122334455667788u);
  EXPECT_EQ(in.u32(), 1u);
  in.u32();
  EXPECT_EQ(as_text(in.bytes(40)), std::string(20, 'h') + std::string(20, 'p'));
  EXPECT_EQ(in.u64(), 1u);
  EXPECT_EQ(in.u64(), 2u);
  EXPECT_EQ(in.u64(), 3u);
  EXPECT_EQ(in.u32(), 2u);  // started
  EXPECT_EQ(in.u32(), 0u);
  EXPECT_EQ(in.u32(), 0xcafeu);
  EXPECT_EQ(in.u32(), 200u);
  EXPECT_EQ(in.u16(), 0x1ae1u);
}

TEST_F(UdpTrackerTest, ReusesAConnectionWithinItsMinute) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in); }};
  auto tracker = make(server.url());

  ASSERT_TRUE(announce(tracker));
  ASSERT_TRUE(announce(tracker));

  auto const sent = server.datagrams();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(test::udp_action(sent[2]), 1u);
  EXPECT_NE(test::udp_transaction(sent[1]), test::udp_transaction(sent[2]));
}

TEST_F(UdpTrackerTest, ReconnectsOnceWhenTheTrackerForgotTheConnection) {
  std::atomic<std::uint64_t> valid{1};
  FakeUdpTracker server{[&](Bytes const& in) -> std::vector<Bytes> {
    bool const stale = test::udp_action(in) == 1 && test::udp_connection(in) != valid;
    if (stale) return {test::udp_error_reply(in, "unknown connection")};
    return honest_udp_answer(in, valid);
  }};
  auto tracker = make(server.url());
  ASSERT_TRUE(announce(tracker));
  valid = 2;

  EXPECT_TRUE(announce(tracker));

  EXPECT_EQ(server.datagrams().size(), 5u);  // connect, announce; stale announce, connect, announce
}

TEST_F(UdpTrackerTest, AnErrorOnAFreshConnectionIsARefusal) {
  FakeUdpTracker server{[](Bytes const& in) -> std::vector<Bytes> {
    if (test::udp_action(in) == 0) return honest_udp_answer(in);
    return {test::udp_error_reply(in, "unregistered torrent")};
  }};
  auto tracker = make(server.url());

  auto const reply = announce(tracker);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kRefused);
  EXPECT_EQ(reply.error().detail, "unregistered torrent");
  EXPECT_EQ(server.datagrams().size(), 2u);
}

TEST_F(UdpTrackerTest, SendsAgainWhatWasLost) {
  std::atomic<int> seen{0};
  FakeUdpTracker server{
      [&](Bytes const& in) { return ++seen == 1 ? std::vector<Bytes>{} : honest_udp_answer(in); }};
  auto tracker = make(server.url());
  auto request = quick();
  request.timeout = milliseconds{1500};  // sends again after a third of it

  EXPECT_TRUE(announce(tracker, request));

  EXPECT_EQ(server.datagrams().size(), 3u);
}

TEST_F(UdpTrackerTest, ABlackHoleTimesOut) {
  FakeUdpTracker server{[](Bytes const&) { return std::vector<Bytes>{}; }};
  auto tracker = make(server.url());
  auto request = quick();
  request.timeout = milliseconds{200};

  auto const reply = announce(tracker, request);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kTimeout);
}

TEST_F(UdpTrackerTest, AClosedPortIsARefusedConnection) {
  std::string url;
  {
    FakeUdpTracker const gone{[](Bytes const&) { return std::vector<Bytes>{}; }};
    url = gone.url();
  }
  auto tracker = make(url);

  auto const reply = announce(tracker);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kConnectRefused);
}

TEST_F(UdpTrackerTest, SendsThePasskeyOfItsUrl) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in); }};
  auto tracker = make(server.url() + "/announce?passkey=secret");

  ASSERT_TRUE(announce(tracker));

  auto const packet = server.datagrams().at(1);
  auto const tail = std::span{packet}.subspan(98);
  EXPECT_EQ(as_text(tail), std::string{"\x02\x18/announce?passkey=secret"});
}

TEST_F(UdpTrackerTest, BindsToTheAddressAskedAndItsFamily) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in); }};
  auto bound = make(server.url(), *Endpoint::parse("127.0.0.3:0"));
  auto other_family = make(server.url(), *Endpoint::parse("[::1]:0"));

  EXPECT_TRUE(announce(bound));
  auto const reply = announce(other_family);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kNetwork);
}

TEST_F(UdpTrackerTest, ACancelledAnnounceNeverAnswersAndAnotherMayFollow) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in); }};
  auto tracker = make(server.url());
  Answer<Reply> cancelled;
  tracker.announce(quick(), cancelled.sink());

  tracker.cancel();
  EXPECT_TRUE(announce(tracker));

  EXPECT_FALSE(cancelled.here());
}

TEST_F(UdpTrackerTest, ACallbackMayAnnounceAgain) {
  FakeUdpTracker server{[](Bytes const& in) { return honest_udp_answer(in); }};
  auto tracker = make(server.url());
  Answer<Reply> second;

  tracker.announce(quick(), [&](Reply const&) { tracker.announce(quick(), second.sink()); });

  ASSERT_TRUE(run_until([&] { return second.here(); }));
  EXPECT_TRUE(*second);
}

// Each lie is sent before the honest answer, to every request.
TEST_F(UdpTrackerTest, IgnoresWhatIsNotTheAnswer) {
  struct Lie {
    char const* what;
    std::function<Bytes(Bytes const& request)> make;
  };
  auto const cut = [](std::size_t size) {
    return [size](Bytes const& in) {
      Bytes lie = honest_udp_answer(in).at(0);
      lie.resize(size);
      return lie;
    };
  };
  std::vector<Lie> const lies{
      {"wrong transaction id",
       [](Bytes const& in) {
         Bytes lie = honest_udp_answer(in).at(0);
         lie[4] ^= std::byte{1};
         return lie;
       }},
      {"wrong action",
       [](Bytes const& in) {
         Bytes lie = honest_udp_answer(in).at(0);
         lie[3] ^= std::byte{1};
         return lie;
       }},
      {"unknown action",
       [](Bytes const& in) {
         Bytes lie = honest_udp_answer(in).at(0);
         lie[3] = std::byte{77};
         return lie;
       }},
      {"an empty datagram", cut(0)},
      {"7 bytes", cut(7)},
      {"15 bytes", cut(15)},
      {"64 KiB of noise", [](Bytes const&) { return Bytes(65'000, std::byte{0xff}); }},
  };
  for (auto const& lie : lies) {
    FakeUdpTracker server{[&](Bytes const& in) {
      auto answers = honest_udp_answer(in);
      answers.insert(answers.begin(), lie.make(in));
      return answers;
    }};
    auto tracker = make(server.url());

    auto const reply = announce(tracker);

    ASSERT_TRUE(reply) << lie.what << ": " << failure_text(reply.error());
    EXPECT_EQ(reply->peers.size(), 1u) << lie.what;
    EXPECT_EQ(server.datagrams().size(), 2u) << lie.what;
  }
}

TEST_F(UdpTrackerTest, TakesNoAnswerFromAnotherAddress) {
  std::atomic<FakeUdpTracker*> self{nullptr};
  FakeUdpTracker server{[&](Bytes const& in) -> std::vector<Bytes> {
    if (test::udp_action(in) == 0) return honest_udp_answer(in);
    self.load()->send_from_elsewhere(test::udp_error_reply(in, "forged"));
    return honest_udp_answer(in);
  }};
  self = &server;
  auto tracker = make(server.url());

  auto const reply = announce(tracker);

  EXPECT_TRUE(reply) << failure_text(reply.error());
}

// An announce reply of 19 bytes is no reply: asked again, and answered.
TEST_F(UdpTrackerTest, AsksAgainAfterATruncatedReply) {
  std::atomic<int> announces{0};
  FakeUdpTracker server{[&](Bytes const& in) {
    auto answers = honest_udp_answer(in);
    if (test::udp_action(in) == 1 && ++announces == 1) answers[0].resize(19);
    return answers;
  }};
  auto tracker = make(server.url());
  auto request = quick();
  request.timeout = milliseconds{1500};

  EXPECT_TRUE(announce(tracker, request));

  EXPECT_EQ(announces, 2);
}

}  // namespace
}  // namespace btfast::net
