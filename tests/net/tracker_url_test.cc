#include "net/tracker/tracker_url.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace btfast::net {
namespace {

AnnounceRequest sample_request() {
  AnnounceRequest request;
  request.info_hash.fill(std::byte{'h'});
  request.peer_id.fill(std::byte{'p'});
  request.port = 6881;
  request.uploaded = 1;
  request.downloaded = 2;
  request.left = 3;
  request.numwant = 50;
  request.key = 0xdeadbeef;
  return request;
}

std::string query_for(std::string_view url, AnnounceRequest const& request,
                      std::string_view tracker_id = {}) {
  auto const parsed = parse_tracker_url(url);
  EXPECT_TRUE(parsed) << url;
  return announce_url(*parsed, request, tracker_id);
}

// Written out by hand from RFC 3986's unreserved set.
TEST(PercentEncode, EncodesAllByteValuesAsRfc3986Says) {
  std::string golden;
  std::array<std::byte, 256> all;
  char const* const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (unsigned value = 0; value < 256; ++value) {
    all[value] = static_cast<std::byte>(value);
    std::array<char, 4> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "%%%02X", value);
    bool const is_plain =
        value != 0 && std::string{plain}.find(static_cast<char>(value)) != std::string::npos;
    golden += is_plain ? std::string(1, static_cast<char>(value)) : std::string{escaped.data()};
  }

  EXPECT_EQ(percent_encode(all), golden);
}

TEST(AnnounceUrl, CarriesEveryParameter) {
  auto request = sample_request();
  request.event = AnnounceEvent::kStarted;
  request.info_hash[0] = std::byte{0x00};
  request.info_hash[1] = std::byte{0xff};

  auto const url = query_for("http://t.example/announce", request, "id&1");

  EXPECT_EQ(url,
            "http://t.example/announce?info_hash=%00%FFhhhhhhhhhhhhhhhhhh"
            "&peer_id=pppppppppppppppppppp&port=6881&uploaded=1&downloaded=2&left=3"
            "&compact=1&no_peer_id=1&numwant=50&key=deadbeef&trackerid=id%261&event=started");
}

TEST(AnnounceUrl, KeepsThePasskeyOfTheUrlAndOmitsAnEmptyEvent) {
  auto const url = query_for("http://t.example/announce?passkey=abc", sample_request());

  EXPECT_TRUE(url.starts_with("http://t.example/announce?passkey=abc&info_hash="));
  EXPECT_EQ(url.find("event="), std::string::npos);
  EXPECT_EQ(url.find("trackerid="), std::string::npos);
}

TEST(AnnounceUrl, AddsThePathThatAUrlLacks) {
  EXPECT_TRUE(query_for("http://t.example:80", sample_request())
                  .starts_with("http://t.example:80/?info_hash="));
  EXPECT_TRUE(query_for("http://t.example?x=1", sample_request())
                  .starts_with("http://t.example/?x=1&info_hash="));
}

TEST(TrackerUrl, TakesAUrlApart) {
  auto const url = parse_tracker_url("https://user:pw@t.example:8443/a/announce?k=v#frag");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, TrackerScheme::kHttps);
  EXPECT_EQ(url->host, "t.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/announce");
  EXPECT_EQ(url->query, "k=v");
  EXPECT_EQ(url->text, "https://user:pw@t.example:8443/a/announce?k=v");
}

TEST(TrackerUrl, KnowsDefaultPortsAndIpv6Hosts) {
  EXPECT_EQ(parse_tracker_url("http://t.example/announce")->port, 80);
  EXPECT_EQ(parse_tracker_url("HTTPS://t.example/announce")->port, 443);
  auto const v6 = parse_tracker_url("udp://[2001:db8::1]:1337/announce");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->port, 1337);
}

TEST(TrackerUrlForPeople, HasNothingThatCouldBeAPasskey) {
  std::pair<char const*, char const*> const cases[] = {
      {"http://t.example:80/announce", "http://t.example:80/announce"},
      {"https://t.example/announce.php", "https://t.example/announce.php"},
      {"udp://t.example:6969", "udp://t.example:6969"},
      {"http://t.example/announce?passkey=s3cret", "http://t.example/announce?..."},
      {"http://t.example/announce.php?passkey=s3cret#x", "http://t.example/announce.php?..."},
      {"http://t.example/s3cret/announce", "http://t.example/..."},
      {"http://t.example/announce/s3cret?k=s3cret", "http://t.example/..."},
      {"http://t.example?k=s3cret", "http://t.example?..."},
      {"http://user:s3cret@t.example/announce", "http://t.example/announce"},
      {"t.example/s3cret", "t.example/..."},
      {"", ""},
  };
  for (auto const& [url, shown] : cases) EXPECT_EQ(tracker_url_for_people(url), shown);
}

TEST(TrackerUrl, RefusesWhatWeDoNotDareToAsk) {
  for (char const* const bad : {
           "",
           "invalid url",
           "t.example/announce",
           "file:///etc/passwd",
           "gopher://t/x",
           "ftp://t.example/announce",
           "data://t",
           "ws://t.example/announce",
           "udp://t.example/announce",  // no port
           "udp://t.example:0/announce",
           "http://t.example:70000/announce",
           "http://t.example:80x/announce",
           "http:///announce",
           "http://:80/announce",
           "http://[::1/announce",
           "http://[nonsense]:80/announce",
           "http://t.example/announce?info_hash=abc",
           "http://t.example/announce?a=1&event=stopped",
           "http://t.example/announce?a=1;INFO_HASH=x",
           "http://t.example/ann ounce",
           "http://t.example/\r\nHost: x",
           "http://t.example\\@x/",
           "http://127.0.0.1/admin?shutdown=1",
           "http://localhost:8080/",
           "http://[::1]/x",
           "http://LOCALHOST/admin/announce",
           "http://127.0.0.1/announc",
           "http://127.0.0.1/announce.php/../admin",
           "http://127.0.0.1/announce/../admin",
           "http://127.0.0.1/announce/%2e%2e/admin",
       }) {
    auto const url = parse_tracker_url(bad);
    ASSERT_FALSE(url) << bad;
    EXPECT_EQ(url.error().code, Errc::kBadArgument) << bad;
  }
  EXPECT_FALSE(parse_tracker_url("http://t.example/" + std::string(1'000'000, 'a')));
}

TEST(TrackerUrl, AllowsALoopbackTrackerBelowAnnounce) {
  EXPECT_TRUE(parse_tracker_url("http://127.0.0.1:8080/announce"));
  EXPECT_TRUE(parse_tracker_url("http://localhost/announce?passkey=1"));
  EXPECT_TRUE(parse_tracker_url("http://[::1]:80/announce/deep"));
  EXPECT_TRUE(parse_tracker_url("http://127.0.0.1/announce.php"));
  EXPECT_TRUE(parse_tracker_url("http://127.0.0.1/announce.php?passkey=%30"));
  EXPECT_TRUE(parse_tracker_url("udp://127.0.0.1:6969"));
}

TEST(PathOfUrl, IsWhatStandsBetweenHostAndQuery) {
  EXPECT_EQ(path_of_url("http://t.example/announce?x=/y"), "/announce");
  EXPECT_EQ(path_of_url("http://t.example?x=/y"), "");
  EXPECT_EQ(path_of_url("http://t.example"), "");
}

}  // namespace
}  // namespace btfast::net
