#include "engine/base/expected.h"

#include <gtest/gtest.h>

#include <memory>

namespace btfast {
namespace {

TEST(Expected, HoldsAValueOrAnError) {
  Expected<int> const value = 7;
  Expected<int> const error = Error{Errc::kTimeout, 3};

  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 7);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error(), (Error{Errc::kTimeout, 3}));
}

TEST(Expected, MovesWhatCannotBeCopied) {
  Expected<std::unique_ptr<int>> owner = std::make_unique<int>(5);

  std::unique_ptr<int> const taken = *std::move(owner);

  EXPECT_EQ(*taken, 5);
}

TEST(Expected, ResultsCarryText) {
  Result<int> const failed = Failure{Errc::kNotFound, "here"};

  EXPECT_EQ(failed.error().detail, "here");
  EXPECT_TRUE(Outcome{kOk});
}

TEST(ExpectedDeathTest, TakingWhatIsNotThereAborts) {
  Expected<int> const error = Error{Errc::kTimeout};
  Expected<int> const value = 1;

  EXPECT_DEATH((void)*error, "invariant");
  EXPECT_DEATH((void)value.error(), "invariant");
}

}  // namespace
}  // namespace btfast
