#include "net/tracker_server/http_reply.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "net/tracker/announce_reply.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;

TrackerAnswer answer() {
  return {.counts = {.seeders = 3, .leechers = 4, .downloaded = 5},
          .peers = {{*Endpoint::parse("10.1.2.3:6881"), {}},
                    {*Endpoint::parse("[2001:db8::1]:6882"), {}}}};
}

// The same peers whatever the form, read by the client's own parser.
void expect_read_back(ReplyForm form) {
  auto const body = announce_body(answer(), seconds{600}, form);
  auto const parsed = parse_http_reply(body, {});

  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->reply.interval, seconds{600});
  EXPECT_EQ(parsed->reply.seeders, 3u);
  EXPECT_EQ(parsed->reply.leechers, 4u);
  ASSERT_EQ(parsed->reply.peers.size(), 2u);
  EXPECT_EQ(parsed->reply.peers[0].to_string(), "10.1.2.3:6881");
  EXPECT_EQ(parsed->reply.peers[1].to_string(), "[2001:db8::1]:6882");
}

TEST(AnnounceBody, IsReadBackWhenCompact) { expect_read_back({}); }
TEST(AnnounceBody, IsReadBackAsAList) { expect_read_back({.compact = false}); }
TEST(AnnounceBody, IsReadBackAsAListWithoutPeerIds) {
  expect_read_back({.compact = false, .no_peer_id = true});
}

TEST(AnnounceBody, NamesPeerIdsOnlyWhereTheyAreWanted) {
  auto const has_ids = [](ReplyForm form) {
    return as_text(announce_body(answer(), seconds{60}, form)).find("7:peer id") !=
           std::string_view::npos;
  };

  EXPECT_TRUE(has_ids({.compact = false}));
  EXPECT_FALSE(has_ids({.compact = false, .no_peer_id = true}));
  EXPECT_FALSE(has_ids({}));
}

TEST(FailureBody, IsARefusalToAClient) {
  auto const parsed = parse_http_reply(failure_body("no"), {});

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Errc::kRefused);
}

TEST(ScrapeBody, NamesEachSwarm) {
  std::pair<InfoHash, SwarmCounts> const swarms[] = {{InfoHash{}, {1, 2, 3}}};

  auto const body = scrape_body(swarms);

  std::string const hash(20, '\0');
  EXPECT_EQ(as_text(body),
            "d5:filesd20:" + hash + "d8:completei1e10:downloadedi3e10:incompletei2eeee");
}

TEST(HttpResponse, SaysItsLengthAndThatItIsTheLast) {
  auto const response = http_response("200 OK", as_bytes("abc"));

  EXPECT_TRUE(as_text(response).starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(as_text(response).find("Content-Length: 3\r\n"), std::string_view::npos);
  EXPECT_NE(as_text(response).find("Connection: close\r\n"), std::string_view::npos);
  EXPECT_TRUE(as_text(response).ends_with("\r\n\r\nabc"));
}

}  // namespace
}  // namespace btfast::net
