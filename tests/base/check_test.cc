#include "engine/base/check.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(CheckDeathTest, ABrokenInvariantAbortsAndSaysWhatAndWhere) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  int const pieces = 3;

  EXPECT_DEATH(BTF_CHECK(pieces == 4), "invariant broken: pieces == 4 at .*check_test\\.cc:[0-9]+");
}

TEST(Check, AnInvariantThatHoldsIsAskedOnceAndLetsOn) {
  int asked = 0;

  BTF_CHECK(++asked > 0);

  EXPECT_EQ(asked, 1);
}

TEST(Check, IsOneStatementSoThatAnElseAfterItBelongsToTheIf) {
  bool passed = false;

  if (passed)
    BTF_CHECK(false);
  else
    passed = true;

  EXPECT_TRUE(passed);
}

TEST(CheckDeathTest, TheCostlyKindIsThereInDebugBuildsAndNeverEvaluatedInOthers) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  int asked = 0;

#ifdef NDEBUG
  BTF_DCHECK(++asked > 1);
  EXPECT_EQ(asked, 0);
#else
  EXPECT_DEATH(BTF_DCHECK(++asked > 1), "invariant broken");
#endif
}

}  // namespace
}  // namespace btfast
