#include "engine/content/exclusions.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(Exclusions, APatternIsForTheNameOrThePathBelowTheTop) {
  Exclusions out{{"*.tmp", "a/b", "Thumbs.db"}};

  EXPECT_TRUE(out.match("x.tmp", false));
  EXPECT_TRUE(out.match("a/deep/x.tmp", false));
  EXPECT_TRUE(out.match("a/b", false));
  EXPECT_TRUE(out.match("c/Thumbs.db", false));
  EXPECT_FALSE(out.match("c/a/b", false));
  EXPECT_FALSE(out.match("b", false));
  EXPECT_FALSE(out.match("x.tmp.iso", false));
}

TEST(Exclusions, ANameIsTakenAsItIsToo) {
  Exclusions out{{"[a] b?.txt"}};

  EXPECT_TRUE(out.match("[a] b?.txt", false));
  EXPECT_TRUE(out.match("a bx.txt", false));
  EXPECT_FALSE(out.match("[a] bx.txt", false));
}

TEST(Exclusions, ASlashBehindAPatternMeansFoldersOnly) {
  Exclusions out{{"build/", "old"}};

  EXPECT_TRUE(out.match("build", true));
  EXPECT_FALSE(out.match("build", false));
  EXPECT_TRUE(out.match("old", true));
  EXPECT_TRUE(out.match("old", false));
}

TEST(Exclusions, ThoseThatLeftNothingOutAreKnown) {
  Exclusions out{{"a", "b", "c"}};
  (void)out.match("b", false);

  EXPECT_EQ(out.unused(), (std::vector<std::string>{"a", "c"}));
}

}  // namespace
}  // namespace btfast
