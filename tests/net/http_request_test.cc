#include "net/tracker_server/http_request.h"

#include <gtest/gtest.h>

#include <string>

namespace btfast::net {
namespace {

using State = HttpRequestHead::State;

std::string const kHash = "%00%01aaaaaaaaaaaaaaaa%fE%FF";
std::string const kPeer = "-BF0100-abcdefghijkl";
std::string const kGood = "info_hash=" + kHash + "&peer_id=" + kPeer + "&port=6881&left=7";

std::string with(std::string const& more) { return kGood + "&" + more; }

TEST(HttpRequestHead, SplitsPathAndQuery) {
  auto const head = parse_http_head("GET /announce?a=1&b=2#x HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(head.state, State::kWhole);
  EXPECT_EQ(head.path, "/announce");
  EXPECT_EQ(head.query, "a=1&b=2");
}

TEST(HttpRequestHead, WaitsForEveryPrefixOfARequest) {
  std::string const request = "GET /scrape HTTP/1.0\r\nHost: h\r\n\r\n";

  for (std::size_t i = 0; i < request.size(); ++i) {
    EXPECT_EQ(parse_http_head(request.substr(0, i)).state, State::kIncomplete) << i;
  }
  EXPECT_EQ(parse_http_head(request).state, State::kWhole);
}

TEST(HttpRequestHead, RefusesWhatIsNotHttp) {
  for (auto const* const text :
       {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
        "GET x HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET /\x01 HTTP/1.1\r\n\r\n",
        "GET / HTTP/2\r\n\r\n", "GET http://h/ HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02"}) {
    EXPECT_EQ(parse_http_head(text).state, State::kMalformed) << text;
  }
}

TEST(HttpRequestHead, TellsOtherMethodsFromRubbish) {
  EXPECT_EQ(parse_http_head("POST / HTTP/1.1\r\n\r\n").state, State::kOtherMethod);
}

TEST(AnnounceQuery, ReadsWhatAPeerSays) {
  auto const parsed = parse_announce_query(
      with("uploaded=1&event=started&numwant=33&compact=0&no_peer_id=1&key=x&ip=1.2.3.4"));

  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->announce.info_hash[0], std::byte{0});
  EXPECT_EQ(parsed->announce.info_hash[19], std::byte{0xff});
  EXPECT_EQ(parsed->announce.peer_id[0], std::byte{'-'});
  EXPECT_EQ(parsed->port, 6881);
  EXPECT_EQ(parsed->announce.left, 7u);
  EXPECT_EQ(parsed->announce.event, AnnounceEvent::kStarted);
  EXPECT_EQ(parsed->announce.numwant, 33u);
  EXPECT_FALSE(parsed->compact);
  EXPECT_TRUE(parsed->no_peer_id);
}

TEST(AnnounceQuery, IsCompactAndAsksForFiftyUnlessItSaysOtherwise) {
  auto const parsed = parse_announce_query(with("numwant=-1"));

  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->compact);
  EXPECT_EQ(parsed->announce.numwant, 50u);
}

TEST(AnnounceQuery, TakesTheFirstOfAParameterThatStandsTwice) {
  EXPECT_EQ(parse_announce_query(with("left=0"))->announce.left, 7u);
}

TEST(AnnounceQuery, CountsAPeerThatDoesNotSayWhatIsLeftAsALeech) {
  auto const parsed = parse_announce_query("info_hash=" + kHash + "&peer_id=" + kPeer + "&port=1");

  ASSERT_TRUE(parsed);
  EXPECT_GT(parsed->announce.left, 0u);
}

TEST(AnnounceQuery, RefusesWhatCannotBeAnswered) {
  std::string const hash = "info_hash=" + kHash;
  std::string const id = "&peer_id=" + kPeer;
  for (auto const& query :
       {std::string{}, std::string{"&&=&x"}, hash, hash + id, hash + id + "&port=0",
        hash + id + "&port=65536", hash + id + "&port=-1", hash + id + "&port=1&left=-1",
        hash + id + "&port=1&left=1x", hash + "%00" + id + "&port=1",
        "info_hash=%0" + id + "&port=1",
        "info_hash=" + std::string(19, 'a') + "%g0" + id + "&port=1",
        "info_hash=" + std::string(19, 'a') + id + "&port=1", hash + "&peer_id=&port=1"}) {
    auto const parsed = parse_announce_query(query);

    ASSERT_FALSE(parsed) << query;
    EXPECT_FALSE(parsed.error().detail.empty());
  }
}

TEST(ScrapeQuery, SortsHashesAndTakesEachOnce) {
  auto const parsed = parse_scrape_query("info_hash=" + std::string(20, 'b') +
                                         "&info_hash=" + std::string(20, 'a') +
                                         "&info_hash=" + std::string(20, 'b'));

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0][0], std::byte{'a'});
}

TEST(ScrapeQuery, RefusesAFullScrapeAndABadHash) {
  EXPECT_FALSE(parse_scrape_query(""));
  EXPECT_FALSE(parse_scrape_query("info_hash=abc"));
}

}  // namespace
}  // namespace btfast::net
