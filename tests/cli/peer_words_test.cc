#include "cli/peer_words.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace btfast::cli {
namespace {

using net::CloseReason;

net::Endpoint at(std::uint8_t host, std::uint16_t port = 9) {
  return net::Endpoint::ipv4({10, 0, 0, host}, port);
}

PeerEnds::Count end(CloseReason reason, std::size_t peers, std::string detail = {},
                    bool handshake = false) {
  return {.kind = {reason, handshake}, .peers = peers, .example = at(1), .detail = detail};
}

TEST(PeersText, SaysOfEachKindHowManyAndOneExample) {
  EXPECT_EQ(peers_text({.ends = {end(CloseReason::kConnectFailed, 2, "Connection refused"),
                                 end(CloseReason::kWrongTorrent, 1, "0707")}}),
            "3 peers known: 2 could not be reached (10.0.0.1:9: Connection refused), 1 has another "
            "torrent (10.0.0.1:9)");
}

TEST(PeersText, EachHasItsOwnHandshake) {
  EXPECT_EQ(peers_text({.ends = {end(CloseReason::kPeerClosed, 2)}}),
            "2 peers known: 2 closed the connection before their handshakes (10.0.0.1:9)");
}

TEST(PeersText, OfOnePeerItSaysNoNumber) {
  EXPECT_EQ(peers_text({.ends = {end(CloseReason::kPeerClosed, 1, {}, true)}}),
            "the only peer known closed the connection (10.0.0.1:9)");
  EXPECT_EQ(peers_text({.connected = 1}), "the only peer known is connected and chokes us");
  EXPECT_EQ(peers_text({.awaited = 1}), "the only peer known has not answered yet");
}

TEST(PeersText, OfThoseThatAreConnectedItSaysWhetherTheyGive) {
  EXPECT_EQ(peers_text({.connected = 2, .awaited = 1}),
            "3 peers known: 2 are connected and choke us, 1 has not answered yet");
  EXPECT_EQ(peers_text({.connected = 2, .giving = 2}),
            "2 peers known: 2 are connected and sending nothing");
  EXPECT_EQ(peers_text({.connected = 3, .giving = 1}),
            "3 peers known: 3 are connected and sending nothing, 2 choking us");
}

TEST(PeersText, IsEmptyWhereNobodyIsKnown) { EXPECT_EQ(peers_text({}), ""); }

TEST(PeersText, HasABound) {
  PeerScene scene{.connected = 1};
  for (int reason = 0; reason <= static_cast<int>(CloseReason::kShutdown); ++reason) {
    scene.ends.push_back(end(static_cast<CloseReason>(reason), 3, std::string(10'000, 'x')));
  }
  std::string const text = peers_text(scene);

  EXPECT_LT(text.size(), 600u);
  EXPECT_TRUE(
      text.ends_with(std::to_string(3 * (scene.ends.size() - kKindsShown)) + " left otherwise"))
      << text;
}

TEST(PeersText, EachReasonHasWordsForOneAndForMany) {
  for (int reason = 0; reason <= static_cast<int>(CloseReason::kShutdown); ++reason) {
    for (std::size_t const peers : {1u, 2u}) {
      auto const text = peers_text({.ends = {end(static_cast<CloseReason>(reason), peers)}});
      EXPECT_NE(text.find(peers == 1 ? "the only peer known " : "2 peers known: 2 "),
                std::string::npos);
      EXPECT_TRUE(text.ends_with(" (10.0.0.1:9)")) << text;
    }
  }
}

TEST(AnybodyReached, IsUntrueWhereNoConnectionStood) {
  EXPECT_FALSE(anybody_reached({}));
  EXPECT_FALSE(anybody_reached(
      {.awaited = 1,
       .ends = {end(CloseReason::kConnectFailed, 1), end(CloseReason::kConnectTimeout, 1)}}));
  EXPECT_TRUE(anybody_reached({.ends = {end(CloseReason::kWrongTorrent, 1)}}));
  EXPECT_TRUE(anybody_reached({.connected = 1}));
}

TEST(PeerEndsJson, HasAnObjectForEachKind) {
  auto called_us = end(CloseReason::kPeerClosed, 1, {}, true);
  called_us.example = at(2, 0);

  EXPECT_EQ(peer_ends_json({end(CloseReason::kConnectFailed, 2, "Connection refused"), called_us}),
            nlohmann::ordered_json::parse(R"([
      {"reason":"connect failed","handshake":false,"peers":2,"peer":"10.0.0.1:9",
       "detail":"Connection refused"},
      {"reason":"peer closed","handshake":true,"peers":1,"peer":"10.0.0.2","detail":""}])"));
}

}  // namespace
}  // namespace btfast::cli
