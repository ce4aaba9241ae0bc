#include "net/tracker_server/http_tracker_server.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/byte_io.h"
#include "net/tracker/tracker_factory.h"
#include "net/tracker_server/http_request.h"
#include "tests/support/http_peer.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;
using test::HttpPeer;

std::string const kQuery =
    "?info_hash=" + std::string(20, 'h') + "&peer_id=" + std::string(20, 'p') + "&port=6881&left=1";

class HttpTrackerServerTest : public test::LoopFixture {
 protected:
  HttpTrackerServerTest() {
    auto server =
        HttpTrackerServer::open(loop_, {.only_on = *Endpoint::parse("127.0.0.1:0")}, table_);
    EXPECT_TRUE(server);
    server_ = *std::move(server);
  }
  Endpoint here() const { return server_->endpoint(Family::kIpv4); }
  // What `request` is answered with, all of it.
  std::string ask(std::string const& request) {
    HttpPeer peer{loop_, here()};
    peer.send(request);
    EXPECT_TRUE(run_until([&] { return peer.ended(); }));
    return peer.received();
  }
  std::string get(std::string const& target) {
    return ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  Result<AnnounceReply> announce(std::uint16_t port, std::uint64_t left) {
    auto const tracker = make_tracker("http://" + here().to_string() + "/announce", services_);
    AnnounceRequest request{.port = port, .left = left};
    request.peer_id[0] = static_cast<std::byte>(port);
    Answer<Result<AnnounceReply>> answer;
    (*tracker)->announce(request, answer.sink());
    if (!run_until([&] { return answer.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *answer;
  }

  TrackerTable table_{{.torrents = 2, .interval = seconds{90}}, 1};
  TrackerServices services_{loop_, {}};
  std::unique_ptr<HttpTrackerServer> server_;
};

TEST_F(HttpTrackerServerTest, BringsTwoPeersTogether) {
  ASSERT_TRUE(announce(1001, 0));

  auto const reply = announce(1002, 7);

  ASSERT_TRUE(reply) << failure_text(reply.error());
  ASSERT_EQ(reply->peers.size(), 1u);
  EXPECT_EQ(reply->peers[0].to_string(), "127.0.0.1:1001");
  EXPECT_EQ(reply->interval, seconds{90});
  EXPECT_EQ(reply->seeders, 1u);
  EXPECT_EQ(server_->stats().announces, 2u);
}

TEST_F(HttpTrackerServerTest, TellsAPeerWhatWasWrong) {
  auto const answer = get("/announce?info_hash=short");

  EXPECT_NE(answer.find("14:failure reason"), std::string::npos) << answer;
  EXPECT_EQ(server_->stats().refused, 1u);
}

TEST_F(HttpTrackerServerTest, SaysThatItIsFull) {
  for (int i = 0; i < 3; ++i) {
    auto query = kQuery;
    query[11] = static_cast<char>('a' + i);
    bool const refused = get("/announce" + query).find("full") != std::string::npos;

    EXPECT_EQ(refused, i == 2);
  }
}

TEST_F(HttpTrackerServerTest, ScrapesWhatItKnows) {
  get("/announce" + kQuery);

  auto const answer =
      get("/scrape?info_hash=" + std::string(20, 'h') + "&info_hash=" + std::string(20, 'x'));

  EXPECT_TRUE(answer.ends_with("d5:filesd20:" + std::string(20, 'h') +
                               "d8:completei0e10:downloadedi0e10:incompletei1eeee"))
      << answer;
}

TEST_F(HttpTrackerServerTest, AnswersAnythingElseWithAnHttpError) {
  EXPECT_TRUE(get("/").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("POST /announce HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("rubbish\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpTrackerServerTest, ReadsNoMoreThanItsBound) {
  auto const answer = ask("GET /announce?" + std::string(kHttpRequestBytes, 'x'));

  EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 431 ")) << answer;
  EXPECT_EQ(server_->stats().refused, 1u);
}

TEST_F(HttpTrackerServerTest, ForgetsAConnectionThatEndsEarly) {
  {
    HttpPeer peer{loop_, here()};
    peer.send("GET /ann");
    ASSERT_TRUE(run_until([&] { return server_->connection_count() == 1; }));
  }

  EXPECT_TRUE(run_until([&] { return server_->connection_count() == 0; }));
}

TEST_F(HttpTrackerServerTest, HearsNoMoreThanSoManyOfOneAddress) {
  std::vector<std::unique_ptr<HttpPeer>> peers;
  for (std::size_t i = 0; i < HttpTrackerServer::kPerAddress + 5; ++i) {
    peers.push_back(std::make_unique<HttpPeer>(loop_, here()));
    peers.back()->send("GET /");
  }

  EXPECT_TRUE(run_until([&] { return server_->stats().refused == 5; }));
  EXPECT_EQ(server_->connection_count(), HttpTrackerServer::kPerAddress);
}

TEST_F(HttpTrackerServerTest, SaysThatItsPortIsTaken) {
  auto const again = HttpTrackerServer::open(
      loop_,
      {.first_port = server_->port(), .last_port = server_->port(), .only_on = here().with_port(0)},
      table_);

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::kBusy);
}

}  // namespace
}  // namespace btfast::net
