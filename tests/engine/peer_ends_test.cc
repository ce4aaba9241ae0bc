#include "engine/peers/peer_ends.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/limits.h"

namespace btfast {
namespace {

using net::CloseReason;

net::Endpoint at(std::uint8_t host, std::uint16_t port = 6881) {
  return net::Endpoint::ipv4({10, 0, 1, host}, port);
}

class PeerEndsTest : public testing::Test {
 protected:
  void closed(net::Endpoint const& peer, CloseReason reason, std::string detail = {},
              bool handshake = false) {
    ends_.on_closed(
        {.remote = peer, .opened = handshake, .reason = reason, .detail = std::move(detail)});
  }
  // "connect failed 2 10.0.1.1:6881 refused"
  std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (auto const& count : ends_.counts()) {
      lines.push_back(std::string{close_reason_name(count.kind.reason)} +
                      (count.kind.handshake ? " after the handshake " : " ") +
                      std::to_string(count.peers) + " " + count.example.to_string() + " " +
                      count.detail);
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

  PeerEnds ends_;
};

TEST_F(PeerEndsTest, EachPeerCountsOnceByItsLastEndAndTheMostFrequentStandsFirst) {
  closed(at(3), CloseReason::kWrongTorrent, "07");
  for (int i = 0; i < 5; ++i) closed(at(1), CloseReason::kConnectFailed, "refused");
  closed(at(2), CloseReason::kConnectTimeout);
  closed(at(2), CloseReason::kConnectFailed, "no route");

  EXPECT_EQ(told(),
            (Lines{"connect failed 2 10.0.1.1:6881 refused", "wrong torrent 1 10.0.1.3:6881 07"}));
  EXPECT_EQ(ends_.peer_count(), 3u);
}

TEST_F(PeerEndsTest, AnExampleIsOfItsKindStill) {
  closed(at(1), CloseReason::kConnectFailed, "refused");
  closed(at(2), CloseReason::kConnectFailed, "no route");
  closed(at(1), CloseReason::kConnectTimeout);

  EXPECT_EQ(told(), (Lines{"connect failed 1 10.0.1.2:6881 ", "connect timeout 1 10.0.1.1:6881 "}));

  closed(at(2), CloseReason::kConnectFailed, "no route");
  EXPECT_EQ(told().front(), "connect failed 1 10.0.1.2:6881 no route");
}

TEST_F(PeerEndsTest, AConnectedPeerHasNotEnded) {
  closed(at(1), CloseReason::kPeerClosed, {}, true);
  EXPECT_EQ(told(), (Lines{"peer closed after the handshake 1 10.0.1.1:6881 "}));
  EXPECT_TRUE(ends_.holds(at(1)));

  ends_.on_opened({.remote = at(1)});

  EXPECT_EQ(told(), Lines{});
  EXPECT_FALSE(ends_.holds(at(1)));
}

TEST_F(PeerEndsTest, WhatWeEndedForOurselvesSaysNothing) {
  for (auto const reason : {CloseReason::kDuplicate, CloseReason::kTooManyPeers,
                            CloseReason::kLostPiece, CloseReason::kShutdown}) {
    closed(at(1), reason, {}, true);
  }
  EXPECT_EQ(told(), Lines{});
}

TEST_F(PeerEndsTest, WhoCalledUsIsOnePeerWhateverItsPortIfItsHandshakeCame) {
  for (std::uint16_t port = 1000; port < 1010; ++port) {
    ends_.on_closed({.remote = at(1, port), .incoming = true, .opened = true});
    ends_.on_closed({.remote = at(2, port), .incoming = true, .opened = false});
  }
  EXPECT_EQ(told(), (Lines{"peer closed after the handshake 1 10.0.1.1:0 "}));
}

TEST_F(PeerEndsTest, NoMorePeersAreKeptThanTheLimit) {
  for (std::size_t i = 0; i < limits::kPeerListEntries + 100; ++i) {
    closed(at(static_cast<std::uint8_t>(i % 250), static_cast<std::uint16_t>(i / 250 + 1)),
           CloseReason::kConnectFailed, std::string(10'000, 'x'));
  }
  EXPECT_EQ(ends_.peer_count(), limits::kPeerListEntries);
  EXPECT_LE(ends_.counts().front().detail.size(), 200u);

  closed(at(0, 1), CloseReason::kWrongTorrent);
  EXPECT_EQ(ends_.counts().size(), 2u);
}

}  // namespace
}  // namespace btfast
