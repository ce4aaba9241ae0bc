#include "engine/base/url.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace btfast {
namespace {

std::string fault(std::string_view url) {
  auto const parts = split_url(url);
  return parts ? "" : std::string{parts.error()};
}

TEST(UrlScheme, IsWhatStandsBeforeTheSlashesInLowerCase) {
  EXPECT_EQ(url_scheme("HTTPS://host/"), "https");
  EXPECT_EQ(url_scheme("udp://host:1"), "udp");
  EXPECT_EQ(url_scheme("host/path"), "");
  EXPECT_EQ(url_scheme("://host"), "");
  EXPECT_EQ(url_scheme("seventeen-letters://host"), "");
}

TEST(SplitUrl, TakesItApart) {
  auto const parts = split_url("HTTP://user:pass@Host.example:8080/an/nounce?k=v&w#part");

  ASSERT_TRUE(parts) << parts.error();
  EXPECT_EQ(parts->scheme, "http");
  EXPECT_EQ(parts->origin, "HTTP://user:pass@Host.example:8080");
  EXPECT_EQ(parts->host, "Host.example");
  EXPECT_EQ(parts->port, 8080);
  EXPECT_EQ(parts->path, "/an/nounce");
  EXPECT_EQ(parts->query, "k=v&w");
}

TEST(SplitUrl, LeavesEmptyWhatIsNotThere) {
  auto const parts = split_url("udp://[2001:db8::1]");

  ASSERT_TRUE(parts) << parts.error();
  EXPECT_EQ(parts->origin, "udp://[2001:db8::1]");
  EXPECT_EQ(parts->host, "2001:db8::1");
  EXPECT_EQ(parts->port, 0);
  EXPECT_EQ(parts->path, "");
  EXPECT_EQ(parts->query, "");
  EXPECT_EQ(split_url("http://a?x")->query, "x");
  EXPECT_EQ(split_url("http://a:/")->port, 0);
}

TEST(SplitUrl, EachFaultIsNamed) {
  EXPECT_EQ(fault("host/path"), "not a URL");
  EXPECT_EQ(fault("http://"), "no host");
  EXPECT_EQ(fault("http:///path"), "no host");
  EXPECT_EQ(fault("http://:80/"), "no host");
  EXPECT_EQ(fault("http://user@/"), "no host");
  EXPECT_EQ(fault("http://a:0/"), "bad port");
  EXPECT_EQ(fault("http://a:65536/"), "bad port");
  EXPECT_EQ(fault("http://a:8x/"), "bad port");
  EXPECT_EQ(fault("http://[::1/"), "bad host");
  EXPECT_EQ(fault("http://[x]/"), "bad host");
  EXPECT_EQ(fault("http://[::1]8/"), "bad host");
  EXPECT_EQ(fault("http://a<b/"), "bad host");
  EXPECT_EQ(fault("http://" + std::string(254, 'a')), "bad host");
  EXPECT_EQ(fault("http://a b/"), "a blank in it");
  EXPECT_EQ(fault("http://a\tb/"), "a control character in it");
  EXPECT_EQ(fault("http://a\\b/"), "a backslash in it");
  EXPECT_EQ(fault("http://\xc3\xa4/"), "not plain ASCII");
  EXPECT_EQ(fault("http://a/" + std::string(limits::kUrlBytes, 'p')), "too long");
}

TEST(UrlTextTest, EveryTextHasParts) {
  auto const text = url_text("http://user:p@w@t.example:80/a/b?k=v#f");
  EXPECT_EQ(text.scheme, "http://");
  EXPECT_EQ(text.authority, "t.example:80");
  EXPECT_EQ(text.path, "/a/b");
  EXPECT_EQ(text.rest, "?k=v#f");

  EXPECT_EQ(url_text("t.example/s").authority, "t.example");
  EXPECT_EQ(url_text("t.example/s").path, "/s");
  EXPECT_EQ(url_text("http://t.example?x=/y").path, "");
  EXPECT_EQ(url_text("http://t.example#x").rest, "#x");
  EXPECT_EQ(url_text("").authority, "");
}

TEST(HasParameter, ByItsWholeNameWhateverTheCase) {
  EXPECT_TRUE(has_parameter("a=1&INFO_hash=x", "info_hash"));
  EXPECT_TRUE(has_parameter("event=", "event"));
  EXPECT_TRUE(has_parameter("a;event=1", "event"));
  EXPECT_FALSE(has_parameter("prevent=1", "event"));
  EXPECT_FALSE(has_parameter("event", "event"));
  EXPECT_FALSE(has_parameter("events=1", "event"));
  EXPECT_FALSE(has_parameter("", "event"));
}

}  // namespace
}  // namespace btfast
