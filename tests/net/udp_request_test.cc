#include "net/tracker_server/udp_request.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "net/tracker/announce_reply.h"

namespace btfast::net {
namespace {

std::vector<std::byte> announce_packet() {
  AnnounceRequest request;
  request.info_hash[0] = std::byte{1};
  request.peer_id[0] = std::byte{2};
  request.port = 6881;
  request.left = 9;
  request.event = AnnounceEvent::kStarted;
  request.numwant = 30;
  return udp_announce_packet(77, 5, request, "/announce");
}

std::vector<std::byte> scrape_packet(std::size_t hashes) {
  std::vector<std::byte> packet;
  ByteWriter{packet}.u64(77).u32(2).u32(5);
  packet.resize(packet.size() + 20 * hashes);
  return packet;
}

TEST(UdpRequest, ReadsAClientsConnect) {
  auto const request = parse_udp_request(udp_connect_packet(5));

  ASSERT_TRUE(request);
  EXPECT_EQ(request->action, UdpAction::kConnect);
  EXPECT_EQ(request->transaction, 5u);
}

TEST(UdpRequest, ReadsAClientsAnnounce) {
  auto const request = parse_udp_request(announce_packet());

  ASSERT_TRUE(request);
  EXPECT_EQ(request->action, UdpAction::kAnnounce);
  EXPECT_EQ(request->connection_id, 77u);
  EXPECT_EQ(request->announce.info_hash[0], std::byte{1});
  EXPECT_EQ(request->announce.peer_id[0], std::byte{2});
  EXPECT_EQ(request->announce.left, 9u);
  EXPECT_EQ(request->announce.event, AnnounceEvent::kStarted);
  EXPECT_EQ(request->announce.numwant, 30u);
  EXPECT_EQ(request->port, 6881);
}

TEST(UdpRequest, DoesNotAnswerAnAnnounceThatIsCutShort) {
  auto const whole = announce_packet();

  for (std::size_t i = 0; i < 98; ++i) {
    EXPECT_FALSE(parse_udp_request(std::span{whole}.first(i))) << i;
  }
  EXPECT_TRUE(parse_udp_request(std::span{whole}.first(98)));
}

TEST(UdpRequest, DoesNotAnswerAConnectWithoutTheProtocolsNumber) {
  auto packet = udp_connect_packet(5);
  packet[0] = std::byte{1};

  EXPECT_FALSE(parse_udp_request(packet));
}

TEST(UdpRequest, TakesNoMoreHashesThanADatagramHolds) {
  EXPECT_FALSE(parse_udp_request(scrape_packet(0)));
  EXPECT_EQ(parse_udp_request(scrape_packet(3))->info_hashes.size(), 3u);
  EXPECT_EQ(parse_udp_request(scrape_packet(90))->info_hashes.size(), kUdpScrapeHashes);
}

TEST(UdpRequest, DoesNotAnswerAnUnknownAction) {
  auto packet = scrape_packet(1);
  packet[11] = std::byte{3};

  EXPECT_FALSE(parse_udp_request(packet));
}

TEST(UdpAnswer, IsReadBackByAClient) {
  TrackerAnswer const table{{.seeders = 1, .leechers = 2},
                            {{*Endpoint::parse("10.1.2.3:6881"), {}}}};

  auto const bytes = udp_announce_answer(5, table, std::chrono::seconds{600});
  auto const answer = parse_udp_answer(bytes);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->transaction, 5u);
  auto const reply = parse_udp_reply(answer->body, Family::kIpv4, {});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->seeders, 1u);
  EXPECT_EQ(reply->leechers, 2u);
  ASSERT_EQ(reply->peers.size(), 1u);
  EXPECT_EQ(reply->peers[0].to_string(), "10.1.2.3:6881");
}

TEST(UdpAnswer, OfAScrapeIsSeedersCompletedLeechers) {
  SwarmCounts const counts[] = {{.seeders = 1, .leechers = 2, .downloaded = 3}};

  auto const bytes = udp_scrape_answer(5, counts);

  ByteReader in{bytes};
  EXPECT_EQ(in.u32(), 2u);
  EXPECT_EQ(in.u32(), 5u);
  EXPECT_EQ(in.u32(), 1u);
  EXPECT_EQ(in.u32(), 3u);
  EXPECT_EQ(in.u32(), 2u);
  EXPECT_TRUE(in.at_end());
}

TEST(UdpAnswer, OfAnErrorCarriesItsText) {
  auto const bytes = udp_error_answer(5, "no");
  auto const answer = parse_udp_answer(bytes);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->action, UdpAction::kError);
  EXPECT_EQ(as_text(answer->body), "no");
}

}  // namespace
}  // namespace btfast::net
