#include "engine/metainfo/metainfo_urls.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "engine/base/limits.h"
#include "net/tracker/tracker_url.h"
#include "tests/support/torrent_text.h"

namespace btfast {
namespace {

using namespace test;  // NOLINT: the vocabulary of every line below

using Tier = std::vector<std::string>;
using Tiers = std::vector<Tier>;

class MetainfoUrlsTest : public ::testing::Test {
 protected:
  Tiers tiers(DictText const& root) {
    std::string const text = bdict(root);
    auto const tree = bencode::parse(as_bytes(text));
    BTF_CHECK(tree);
    return read_tracker_tiers(tree->root(), warnings_);
  }
  std::vector<std::string> seeds(std::string const& url_list) {
    std::string const text = bdict({{"url-list", url_list}});
    auto const tree = bencode::parse(as_bytes(text));
    BTF_CHECK(tree);
    return read_web_seeds(tree->root(), warnings_);
  }

  std::vector<std::string> warnings_;
};

TEST_F(MetainfoUrlsTest, TiersAreKeptInOrderAndAnnounceIsLeftOut) {
  auto const read =
      tiers({{"announce", bstr("http://single/")},
             {"announce-list", blist({bpath({"http://a/", "udp://b:1"}), bpath({"https://c/"})})}});

  EXPECT_EQ(read, (Tiers{{"http://a/", "udp://b:1"}, {"https://c/"}}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(MetainfoUrlsTest, AnnounceStandsInWhereTheListYieldsNothing) {
  auto const read = tiers({{"announce", bstr("  HTTP://single/\n")},
                           {"announce-list", blist({bpath({"", "wss://a/"}), blist({})})}});

  EXPECT_EQ(read, (Tiers{{"http://single/"}}));
  EXPECT_EQ(warnings_, (Tier{"tracker dropped, unknown scheme: wss://a/"}));
}

TEST_F(MetainfoUrlsTest, AUrlThatStandsInBothPlacesIsToldOnce) {
  auto const read =
      tiers({{"announce", bstr("wss://a/")}, {"announce-list", blist({bpath({"wss://a/"})})}});

  EXPECT_TRUE(read.empty());
  EXPECT_EQ(warnings_, (Tier{"tracker dropped, unknown scheme: wss://a/"}));
}

TEST_F(MetainfoUrlsTest, AUrlInPlaceOfATierIsATier) {
  auto const read = tiers({{"announce-list", bpath({"http://a/", "http://b/"})}});

  EXPECT_EQ(read, (Tiers{{"http://a/"}, {"http://b/"}}));
}

TEST_F(MetainfoUrlsTest, AUrlCountsOnceWhateverTheCaseOfItsScheme) {
  auto const read = tiers({{"announce-list", bpath({"http://a/", "HTTP://a/", "http://A/"})}});

  EXPECT_EQ(read, (Tiers{{"http://a/"}, {"http://A/"}}));
}

TEST_F(MetainfoUrlsTest, EachUnusableUrlIsDroppedWithItsReason) {
  std::string const far = "http://" + std::string(limits::kUrlBytes, 'h');
  std::vector<std::pair<std::string, std::string>> const cases{
      {bstr(far), "too long"},
      {bstr("http://ex\xc3\xa4mple/"), "not plain ASCII"},
      {bstr("http://a b/"), "a blank in it"},
      {bstr("udp://a/announce"), "no port"},
      {bstr("http://a:0/"), "bad port"},
      {bstr("http://[::1/"), "bad host"},
      {bstr("example.org"), "not a URL"},
      {bstr("file:///etc/passwd"), "unknown scheme"},
      {bstr("http:///path"), "no host"},
      {bstr("http://:80/"), "no host"},
      {bstr("http://a/?info_hash=x"), "carries info_hash"},
      {bstr("http://a/?event=stopped"), "carries event"},
      {bint(4), "not a string"},
  };
  for (auto const& [url, reason] : cases) {
    warnings_.clear();

    EXPECT_TRUE(tiers({{"announce", url}}).empty()) << url;
    ASSERT_EQ(warnings_.size(), 1u) << url;
    EXPECT_EQ(warnings_[0].rfind("tracker dropped, " + reason, 0), 0u) << warnings_[0];
  }
}

TEST_F(MetainfoUrlsTest, ALongListIsCutAndItsFaultsAreSummedUp) {
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < limits::kTrackers + 3; ++i) {
    urls.push_back("http://t" + std::to_string(i) + "/");
  }
  for (int i = 0; i < 15; ++i) urls.push_back("ftp://f" + std::to_string(i) + "/");

  auto const read = tiers({{"announce-list", blist({bpath(urls)})}});

  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].size(), limits::kTrackers);
  ASSERT_EQ(warnings_.size(), 12u);  // ten by name, and the two sums
  EXPECT_EQ(warnings_[10], "tracker 5 more dropped");
  EXPECT_EQ(warnings_[11], "tracker 3 beyond the first 1000");
}

TEST_F(MetainfoUrlsTest, WebSeedsAreOneUrlOrAListAndNeverUdp) {
  EXPECT_EQ(seeds(bstr("http://a/file")), (Tier{"http://a/file"}));
  EXPECT_EQ(seeds(bpath({"https://a/", "udp://b:1/"})), (Tier{"https://a/"}));
  EXPECT_EQ(warnings_, (Tier{"web seed dropped, unknown scheme: udp://b:1/"}));
  EXPECT_TRUE(seeds(bstr("")).empty());
}

TEST_F(MetainfoUrlsTest, AParameterIsOursOnlyUnderItsWholeName) {
  EXPECT_EQ(tiers({{"announce", bstr("http://a/announce?prevent=1")}}),
            (Tiers{{"http://a/announce?prevent=1"}}));
  EXPECT_TRUE(tiers({{"announce", bstr("http://a/announce?k=1&EVENT=stopped")}}).empty());
  EXPECT_EQ(seeds(bstr("http://a/file?event=5")), (Tier{"http://a/file?event=5"}));
}

// What the writer takes is what the reader keeps, and what it refuses the reader drops.
TEST_F(MetainfoUrlsTest, WriterAndReaderAgreeOnEveryUrl) {
  for (std::string const url : {"http://a/",
                                " HTTP://a/x ",
                                "udp://a:1",
                                "udp://[::1]:1/announce",
                                "http://u:p@a:80/x?k=v",
                                "http://",
                                "http:///x",
                                "http://:80/",
                                "udp://a",
                                "http://a:99999/",
                                "http://a b/",
                                "http://t\xc3\xa4st/",
                                "http://a\\b/",
                                "ftp://a/",
                                "",
                                " ",
                                "http://a/?info_hash=1",
                                "http://[::1",
                                "http://[::1]x/",
                                "http://a<b/",
                                "ws://a/"}) {
    warnings_.clear();
    auto const kept = usable_tiers({{url}});
    auto const read = tiers({{"announce-list", blist({bpath({url})})}});
    EXPECT_EQ(kept ? *kept : Tiers{}, read) << url;

    auto const seed = usable_web_seeds({url});
    EXPECT_EQ(seed ? *seed : Tier{}, seeds(bpath({url}))) << url;
  }
}

// Of those it would ask elsewhere than on this machine.
TEST_F(MetainfoUrlsTest, WhatIsKeptTheTrackerClientTakesToo) {
  for (std::string const url : {"http://a", "HTTPS://a:443/x?k=v#f", "udp://[2001:db8::1]:1/x",
                                "http://u:p@a.b:80/", "http://a:/x", "http://a_b/x"}) {
    auto const kept = usable_url(url, UrlUse::kTracker);
    ASSERT_TRUE(kept) << url << ": " << kept.error();
    EXPECT_TRUE(net::parse_tracker_url(*kept)) << url;
  }
}

TEST_F(MetainfoUrlsTest, TheWriterIsToldWhichUrlIsRefusedAndWhy) {
  auto const refused = usable_tiers({{"http://a/"}, {"http://b c/"}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadArgument);
  EXPECT_EQ(refused.error().detail, "tracker refused, a blank in it: http://b c/");
  EXPECT_EQ(usable_tiers({{"http://a/"}, {}}).error().detail, "a tier without a tracker");
}

TEST_F(MetainfoUrlsTest, TheWriterKeepsEachUrlOnceAndNoMoreThanTheReader) {
  Tier urls;
  for (std::size_t i = 0; i < limits::kWebSeeds; ++i) {
    urls.push_back("http://w" + std::to_string(i) + "/");
  }
  EXPECT_EQ(*usable_tiers({{"http://a/", "http://a/"}, {"HTTP://a/"}, {"http://b/"}}),
            (Tiers{{"http://a/"}, {"http://b/"}}));
  EXPECT_TRUE(usable_web_seeds(urls));

  urls.emplace_back("http://one-more/");

  EXPECT_FALSE(usable_web_seeds(urls));
}

}  // namespace
}  // namespace btfast
