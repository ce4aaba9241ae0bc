#include "cli/create_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/base/limits.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;

TEST(CreateValues, AUrlThatATorrentWouldNotKeepIsNamed) {
  EXPECT_EQ(tracker_fault("udp://t.example:1/announce"), "");
  EXPECT_EQ(tracker_fault("foo"), "not a URL: \"foo\"");
  EXPECT_THAT(tracker_fault("gopher://t.example/"), HasSubstr("unknown scheme"));
  EXPECT_EQ(web_seed_fault("http://w.example/x"), "");
  EXPECT_THAT(web_seed_fault("udp://w.example:1/"), HasSubstr("\"udp://w.example:1/\""));
}

TEST(CreateValues, EachUrlOfATierIsLookedAt) {
  EXPECT_EQ(tier_fault("http://a.example/,,http://b.example/"), "");
  EXPECT_EQ(tier_fault("http://a.example/,foo"), "not a URL: \"foo\"");
  EXPECT_THAT(tier_fault(","), HasSubstr("expected URL,URL"));
}

TEST(CreateValues, APatternIsWhole) {
  EXPECT_EQ(pattern_fault("*.t[mx]p"), "");
  EXPECT_EQ(pattern_fault("\\[a"), "");
  EXPECT_THAT(pattern_fault("[a"), HasSubstr("never closed"));
  EXPECT_THAT(pattern_fault(""), HasSubstr("expected"));
}

TEST(CreateValues, ARemarkHasALimit) {
  EXPECT_EQ(remark_fault(std::string(limits::kCommentBytes, 'x')), "");
  EXPECT_THAT(remark_fault(std::string(limits::kCommentBytes + 1, 'x')), HasSubstr("longer than"));
}

}  // namespace
}  // namespace btfast::cli
