#include "net/tracker_server/http_connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/byte_io.h"
#include "net/listener.h"
#include "tests/support/http_peer.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

class HttpConnectionTest : public test::LoopFixture {
 protected:
  void serve(HttpConnection::Answer answer) {
    auto listener = Listener::open(
        loop_, {.only_on = *Endpoint::parse("127.0.0.1:0")}, [this, answer](Accepted accepted) {
          connection_ = std::make_unique<HttpConnection>(loop_, accepted, answer,
                                                         [this](HttpConnection&) { ++done_; });
          EXPECT_TRUE(connection_->start());
        });
    ASSERT_TRUE(listener);
    listener_ = *std::move(listener);
    peer_ = std::make_unique<test::HttpPeer>(loop_, listener_->endpoint(Family::kIpv4));
  }
  bool over() {
    if (done_ > 0) connection_.reset();
    return peer_->ended();
  }

  std::unique_ptr<Listener> listener_;
  std::unique_ptr<HttpConnection> connection_;
  std::unique_ptr<test::HttpPeer> peer_;
  int done_ = 0;
};

TEST_F(HttpConnectionTest, SendsTheWholeOfALargeAnswer) {
  std::vector<std::byte> const large(20'000'000, std::byte{'x'});
  serve([&](auto const&, auto) { return large; });
  peer_->send("?");

  ASSERT_TRUE(run_until([&] { return over(); }));

  EXPECT_EQ(peer_->received().size(), large.size());
  EXPECT_EQ(done_, 1);
}

TEST_F(HttpConnectionTest, AsksAgainWithMoreOfTheRequest) {
  std::vector<std::string> seen;
  serve([&](auto const&, std::string_view text) {
    seen.emplace_back(text);
    if (text.size() < 4) return std::vector<std::byte>{};
    auto const bytes = as_bytes("ok");
    return std::vector<std::byte>{bytes.begin(), bytes.end()};
  });
  peer_->send("ab");
  ASSERT_TRUE(run_until([&] { return !seen.empty(); }));
  peer_->send("cd");
  peer_->on_event({.writable = true});

  ASSERT_TRUE(run_until([&] { return over(); }));

  EXPECT_EQ(seen.back(), "abcd");
  EXPECT_EQ(peer_->received(), "ok");
}

TEST_F(HttpConnectionTest, EndsWithItsPeer) {
  serve([](auto const&, auto) { return std::vector<std::byte>{}; });
  ASSERT_TRUE(run_until([&] { return connection_ != nullptr; }));

  peer_.reset();

  EXPECT_TRUE(run_until([&] { return done_ == 1; }));
}

}  // namespace
}  // namespace btfast::net
