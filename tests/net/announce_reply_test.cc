#include "net/tracker/announce_reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;
using test::bytes;
using test::text_bytes;

std::string bstr(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string{text};
}

Result<HttpReply> parse(std::string const& body, ReplyRules const& rules = {}) {
  return parse_http_reply(text_bytes(body), rules);
}

AnnounceReply reply_of(std::string const& body, ReplyRules const& rules = {}) {
  auto parsed = parse(body, rules);
  EXPECT_TRUE(parsed) << body;
  return parsed ? parsed->reply : AnnounceReply{};
}

std::string peers_of(AnnounceReply const& reply) {
  std::string out;
  for (auto const& peer : reply.peers) out += (out.empty() ? "" : " ") + peer.to_string();
  return out;
}

TEST(HttpReply, ReadsACompactReply) {
  auto const parsed =
      parse("d8:completei5e10:incompletei7e8:intervali900e12:min intervali120e" + bstr("peers") +
            bstr("\x08\x08\x08\x08\x1a\xe1\x09\x09\x09\x09\x1a\xe2") + bstr("tracker id") +
            bstr("abc") + bstr("warning message") + bstr("slow down") + "e");

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->tracker_id, "abc");
  EXPECT_EQ(parsed->reply.seeders, 5u);
  EXPECT_EQ(parsed->reply.leechers, 7u);
  EXPECT_EQ(parsed->reply.interval, seconds{900});
  EXPECT_EQ(parsed->reply.min_interval, seconds{120});
  EXPECT_EQ(parsed->reply.warning, "slow down");
  EXPECT_EQ(peers_of(parsed->reply), "8.8.8.8:6881 9.9.9.9:6882");
}

TEST(HttpReply, ReadsPeersAsDictionaries) {
  auto const reply = reply_of(
      "d5:peersl"
      "d2:ip7:8.8.8.84:porti6881ee"
      "d2:ip15:2001:4860::88884:porti1ee"
      "ee");

  EXPECT_EQ(peers_of(reply), "8.8.8.8:6881 [2001:4860::8888]:1");
}

TEST(HttpReply, ReadsPeers6) {
  std::string packed(18, '\0');
  packed[0] = 0x20;
  packed[1] = 0x01;
  packed[15] = 1;
  packed[16] = 0x1a;
  packed[17] = static_cast<char>(0xe1);

  EXPECT_EQ(peers_of(reply_of("d6:peers6" + bstr(packed) + "e")), "[2001::1]:6881");
}

TEST(HttpReply, AFailureReasonIsARefusalInTheTrackersWords) {
  auto const parsed = parse("d14:failure reason12:unregisterede");

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::kRefused);
  EXPECT_EQ(parsed.error().detail, "unregistered");
}

TEST(HttpReply, CutsLongWords) {
  std::string const long_text(1'000'000, '\x1b');

  auto const refused = parse("d14:failure reason" + bstr(long_text) + "e");
  auto const warned = reply_of("d15:warning message" + bstr(long_text) + "e");

  ASSERT_FALSE(refused);
  EXPECT_LE(refused.error().detail.size(), 300u);
  EXPECT_LE(warned.warning.size(), 300u);
}

TEST(HttpReply, ClampsIntervals) {
  struct Case {
    char const* body;
    seconds interval;
  };
  for (auto const& [body, interval] : {
           Case{"d8:intervali0ee", seconds{60}},
           Case{"d8:intervali-1ee", seconds{60}},
           Case{"d8:intervali2147483648ee", seconds{86'400}},
           Case{"d8:intervali9223372036854775807ee", seconds{86'400}},
           Case{"de", seconds{1800}},
           Case{"d8:interval3:abce", seconds{1800}},
           Case{"d8:intervali61ee", seconds{61}},
           Case{"d8:intervali100e12:min intervali200ee", seconds{200}},
       }) {
    EXPECT_EQ(reply_of(body).interval, interval) << body;
  }
}

TEST(HttpReply, AClosedNetworkMayAskForShorterIntervals) {
  EXPECT_EQ(reply_of("d8:intervali2ee", {.interval_min = seconds{1}}).interval, seconds{2});
}

TEST(HttpReply, DropsWhatCannotBeAPeer) {
  std::string const bad_port{"\x08\x08\x08\x08\x00\x00", 6};
  std::string const any{"\x00\x00\x00\x00\x1a\xe1", 6};
  std::string const broadcast{"\xff\xff\xff\xff\x1a\xe1", 6};
  std::string const multicast{"\xe0\x00\x00\x01\x1a\xe1", 6};
  std::string const loopback{"\x7f\x00\x00\x01\x1a\xe1", 6};
  std::string const link_local{"\xa9\xfe\xa9\xfe\x00\x50", 6};
  std::string const good{"\x08\x08\x08\x08\x1a\xe1", 6};

  auto const reply = reply_of(
      "d5:peers" +
      bstr(bad_port + any + broadcast + multicast + loopback + link_local + good + "\x01\x02\x03") +
      "e");

  EXPECT_EQ(peers_of(reply), "8.8.8.8:6881");
}

TEST(HttpReply, ALocalTrackerMayNameLocalPeers) {
  std::string const loopback{"\x7f\x00\x00\x01\x1a\xe1", 6};

  EXPECT_EQ(peers_of(reply_of("d5:peers" + bstr(loopback) + "e", {.local_tracker = true})),
            "127.0.0.1:6881");
}

TEST(HttpReply, SkipsBadPeerDictionaries) {
  std::string const huge_ip = bstr(std::string(100'000, '1'));

  auto const reply = reply_of(
      "d5:peersl"
      "d4:porti1ee"
      "d2:ip7:8.8.8.8e"
      "d2:ip7:8.8.8.84:porti-1ee"
      "d2:ip7:8.8.8.84:porti70000ee"
      "d2:ip7:8.8.8.84:porti0ee"
      "i5e"
      "le"
      "d2:ip" +
      huge_ip +
      "4:porti1ee"
      "d2:ip11:example.com4:porti1ee"
      "d2:ip7:9.9.9.94:porti1ee"
      "ee");

  EXPECT_EQ(peers_of(reply), "9.9.9.9:1");
  EXPECT_EQ(reply.fault, "\"peers\" holds 7 without an \"ip\" and a \"port\"");
}

TEST(HttpReply, TellsWhatOfItsPeersCouldNotBeRead) {
  EXPECT_EQ(reply_of("d5:peers3:abce").fault, "\"peers\" is 3 bytes long, not a multiple of 6");
  EXPECT_EQ(reply_of("d5:peers0:6:peers67:abcdefge").fault,
            "\"peers6\" is 7 bytes long, not a multiple of 18");
  EXPECT_EQ(reply_of("d5:peersi5ee").fault, "\"peers\" is neither a string nor a list");
  EXPECT_EQ(reply_of("d6:peers6lee").fault, "\"peers6\" is not a string");
  EXPECT_EQ(reply_of("d5:peersli1ed2:ip7:8.8.8.84:porti1eed2:ip1:xeee").fault,
            "\"peers\" holds 2 without an \"ip\" and a \"port\"");
  EXPECT_EQ(reply_of("d5:peersld2:ip7:8.8.8.84:porti1eeee").fault, "");
  EXPECT_EQ(reply_of("d5:peers0:6:peers60:e").fault, "");
  EXPECT_EQ(reply_of("de").fault, "an empty dictionary");
  EXPECT_EQ(reply_of("d14:failure reasoni1ee").fault, "\"failure reason\" is not a string");
  EXPECT_EQ(reply_of("d15:warning messagelee").fault, "\"warning message\" is not a string");
  EXPECT_EQ(reply_of("d1:ai1ee\r\n").fault, "");
  EXPECT_EQ(reply_of("d1:ai1ee\nsorry").fault, "5 bytes follow its end");
  EXPECT_EQ(reply_of("d1:ai1ee.").fault, "1 byte follows its end");
  EXPECT_EQ(reply_of("d5:peers1:ae").fault, "\"peers\" is 1 byte long, not a multiple of 6");
}

TEST(HttpReply, ATextThatBeginsAsAnEmptyDictionaryIsNone) {
  EXPECT_TRUE(parse("de\n"));
  auto const denied = parse("denied");

  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::kBadReply);
}

TEST(HttpReply, UsesNoMorePeersThanTheLimit) {
  std::string packed;
  for (int i = 0; i < 10'000; ++i) packed += std::string{"\x08\x08\x08\x08\x1a\xe1", 6};

  EXPECT_EQ(reply_of("d5:peers" + bstr(packed) + "e").peers.size(), limits::kTrackerPeers);
}

// Some write numbers of a fixed width; nothing depends on it.
TEST(HttpReply, ReadsNumbersWithLeadingZeros) {
  auto const reply = reply_of(
      "d8:completei005e8:intervali0900e05:peers06:\x08\x08\x08\x08\x1a\xe1"
      "e");

  EXPECT_EQ(reply.seeders, 5u);
  EXPECT_EQ(reply.interval, seconds{900});
  EXPECT_EQ(peers_of(reply), "8.8.8.8:6881");
}

TEST(HttpReply, RefusesWhatIsNotAReply) {
  std::string const deep = "d1:a" + std::string(50, 'l') + std::string(50, 'e') + "e";
  for (std::string const& body :
       {std::string{}, std::string{"<html>hello</html>"}, std::string{"le"}, std::string{"i1e"},
        std::string{"d8:interv"}, std::string{"5:hello"}, deep}) {
    auto const parsed = parse(body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_EQ(parsed.error().code, Errc::kBadReply) << body;
  }
}

TEST(UdpReply, ReadsCountsAndPeersOfBothFamilies) {
  auto const v4 = bytes(0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 3, 8, 8, 8, 8, 0x1a, 0xe1);
  auto v6 = bytes(0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0x20, 1);
  v6.resize(12 + 18);
  v6.back() = std::byte{9};

  auto const reply4 = parse_udp_reply(v4, Family::kIpv4, {});
  auto const reply6 = parse_udp_reply(v6, Family::kIpv6, {});

  ASSERT_TRUE(reply4);
  EXPECT_EQ(reply4->interval, seconds{1024});
  EXPECT_EQ(reply4->leechers, 2u);
  EXPECT_EQ(reply4->seeders, 3u);
  EXPECT_EQ(peers_of(*reply4), "8.8.8.8:6881");
  EXPECT_EQ(reply4->fault, "");
  ASSERT_TRUE(reply6);
  EXPECT_EQ(peers_of(*reply6), "[2001::]:9");
}

TEST(UdpReply, RefusesEveryTruncationOfTheFixedPartAndDropsAPartialPeer) {
  auto const whole = bytes(0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 3, 8, 8, 8, 8, 0x1a);

  for (std::size_t n = 0; n < 12; ++n) {
    EXPECT_FALSE(parse_udp_reply(std::span{whole}.first(n), Family::kIpv4, {})) << n;
  }
  auto const reply = parse_udp_reply(whole, Family::kIpv4, {});
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->peers.empty());
}

TEST(HttpReply, KeepsPeersThatAreGivenByName) {
  auto const reply = reply_of(
      "d8:intervali900e5:peersl"
      "d2:ip7:8.8.8.84:porti1ee"
      "d2:ip12:peer.example4:porti6881ee"
      "d2:ip9:localhost4:porti2ee"
      "ee");

  EXPECT_EQ(reply.peers.size(), 1u);
  ASSERT_EQ(reply.names.size(), 2u);
  EXPECT_EQ(reply.names[0].host, "peer.example");
  EXPECT_EQ(reply.names[0].port, 6881);
  EXPECT_EQ(reply.names[1].host, "localhost");
}

TEST(HttpReply, KeepsNoMoreNamesThanTheLimit) {
  std::string list;
  for (int i = 0; i < 1'000; ++i) list += "d2:ip12:peer.example4:porti6881ee";

  EXPECT_EQ(reply_of("d5:peersl" + list + "ee").names.size(), kPeerNames);
}

TEST(PeerName, IsWhatDnsCouldKnowAndNoAddressInDisguise) {
  for (auto const* const name :
       {"localhost", "a.b", "peer-1.example.", "x_y.example", "1.2.3.4.a"}) {
    EXPECT_TRUE(is_peer_name(name)) << name;
  }
  for (auto const* const other :
       {"", ".", "..", "127.1", "2130706433", "0x7f000001", "1.0x7f", "256.1.1.1", "a b", "a/b",
        "a\nb", "fe80::1%lo", "\xc3\xa4.example"}) {
    EXPECT_FALSE(is_peer_name(other)) << other;
  }
  EXPECT_FALSE(is_peer_name(std::string(300, 'a')));
}

}  // namespace
}  // namespace btfast::net
