#include "net/tracker_server/udp_tracker_server.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "net/tracker/tracker_factory.h"
#include "net/udp_socket.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;

// A port that was free a moment ago.
Endpoint free_endpoint() {
  auto const fd = (*make_reactor())->listen(*Endpoint::parse("127.0.0.1:0"), 1);
  Fd const owned{fd ? *fd : -1};
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  EXPECT_EQ(::getsockname(owned.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  return Endpoint::from_sockaddr(address);
}

class UdpTrackerServerTest : public test::LoopFixture {
 protected:
  UdpTrackerServerTest() {
    auto server = UdpTrackerServer::open(loop_, {here_}, table_, {});
    EXPECT_TRUE(server) << failure_text(server.error());
    server_ = *std::move(server);
    auto client = UdpSocket::connect(here_, {});
    EXPECT_TRUE(client);
    client_ = *std::move(client);
  }
  // The answer to one datagram.
  std::vector<std::byte> ask(std::span<std::byte const> datagram) {
    client_.send(datagram);
    std::vector<std::byte> buffer(4096);
    std::size_t size = 0;
    run_until([&] {
      auto const got = client_.receive(buffer);
      if (got.kind == IoResult::Kind::kBytes) size = got.bytes;
      return size > 0;
    });
    buffer.resize(size);
    return buffer;
  }
  std::uint64_t connect() {
    auto const bytes = ask(udp_connect_packet(1));
    auto const answer = parse_udp_answer(bytes);
    return answer ? parse_connection_id(answer->body).value_or(0) : 0;
  }
  Result<AnnounceReply> announce(std::uint16_t port, std::uint64_t left) {
    auto const tracker = make_tracker("udp://" + here_.to_string() + "/announce", services_);
    AnnounceRequest request{.port = port, .left = left};
    request.peer_id[0] = static_cast<std::byte>(port);
    Answer<Result<AnnounceReply>> answer;
    (*tracker)->announce(request, answer.sink());
    if (!run_until([&] { return answer.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *answer;
  }

  Endpoint const here_ = free_endpoint();
  TrackerTable table_{{.interval = seconds{90}}, 1};
  TrackerServices services_{loop_, {}};
  std::unique_ptr<UdpTrackerServer> server_;
  UdpSocket client_;
};

TEST_F(UdpTrackerServerTest, BringsTwoPeersTogether) {
  ASSERT_TRUE(announce(1001, 0));

  auto const reply = announce(1002, 7);

  ASSERT_TRUE(reply) << failure_text(reply.error());
  ASSERT_EQ(reply->peers.size(), 1u);
  EXPECT_EQ(reply->peers[0].to_string(), "127.0.0.1:1001");
  EXPECT_EQ(reply->seeders, 1u);
  EXPECT_EQ(reply->interval, seconds{90});
}

TEST_F(UdpTrackerServerTest, RefusesAnIdItDidNotGive) {
  auto const bytes = ask(udp_announce_packet(12345, 6, {.port = 1}, {}));
  auto const answer = parse_udp_answer(bytes);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->action, UdpAction::kError);
  EXPECT_EQ(answer->transaction, 6u);
  EXPECT_EQ(table_.peer_count(), 0u);
}

TEST_F(UdpTrackerServerTest, AnswersAStrangerWithNoMoreBytesThanItSent) {
  std::vector<std::byte> scrape;
  ByteWriter{scrape}.u64(12345).u32(2).u32(6);
  scrape.resize(36);

  auto const answer = ask(scrape);

  EXPECT_GT(answer.size(), 0u);
  EXPECT_LE(answer.size(), scrape.size());
  EXPECT_LE(ask(udp_connect_packet(1)).size(), udp_connect_packet(1).size());
}

TEST_F(UdpTrackerServerTest, RefusesPortZero) {
  auto const bytes = ask(udp_announce_packet(connect(), 6, {.port = 0}, {}));
  auto const answer = parse_udp_answer(bytes);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->action, UdpAction::kError);
}

TEST_F(UdpTrackerServerTest, FitsItsAnswerIntoADatagram) {
  for (int i = 1; i <= 1'000; ++i) {
    TrackerAnnounce peer{.left = 1};
    peer.peer_id[0] = static_cast<std::byte>(i);
    peer.peer_id[1] = static_cast<std::byte>(i >> 8);
    peer.peer = here_.with_port(static_cast<std::uint16_t>(i));
    table_.announce(peer, loop_.now());
  }

  auto const answer = ask(udp_announce_packet(connect(), 6, {.port = 1, .numwant = 5'000}, {}));

  EXPECT_GT(answer.size(), 1'000u);
  EXPECT_LE(answer.size(), UdpTrackerServer::kAnswerBytes);
}

TEST_F(UdpTrackerServerTest, ScrapesUnknownSwarmsAsEmpty) {
  ASSERT_TRUE(announce(1001, 0));
  std::vector<std::byte> scrape;
  ByteWriter{scrape}.u64(connect()).u32(2).u32(6);
  scrape.resize(16 + 40);
  scrape[16 + 20] = std::byte{9};  // the second hash

  auto const bytes = ask(scrape);

  ByteReader in{bytes};
  EXPECT_EQ(in.u32(), 2u);
  EXPECT_EQ(in.u32(), 6u);
  EXPECT_EQ(in.u32(), 1u);
  in.bytes(8);
  EXPECT_EQ(in.u32(), 0u);
  in.bytes(8);
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST_F(UdpTrackerServerTest, SaysThatItsPortIsTaken) {
  auto const again = UdpTrackerServer::open(loop_, {here_}, table_, {});

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::kBusy);
}

}  // namespace
}  // namespace btfast::net
