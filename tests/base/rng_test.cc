#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace btfast {
namespace {

TEST(Rng, ASeedReplaysItsSequence) {
  Rng a{42};
  Rng b{42};
  Rng other{43};

  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    auto const value = a.next();
    EXPECT_EQ(value, b.next());
    differs = differs || value != other.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Rng, BelowStaysBelowAndReachesEveryValue) {
  Rng rng{1};
  std::array<int, 7> seen{};

  for (int i = 0; i < 7'000; ++i) {
    auto const value = rng.below(7);
    ASSERT_LT(value, 7u);
    ++seen[value];
  }

  for (int const count : seen) EXPECT_GT(count, 700);
}

TEST(Rng, SecureRandomFillsTheWholeSpan) {
  std::array<std::byte, 64> a{};
  std::array<std::byte, 64> b{};

  ASSERT_TRUE(secure_random(a));
  ASSERT_TRUE(secure_random(b));

  EXPECT_NE(a, b);
  EXPECT_NE(std::vector(a.begin() + 32, a.end()), std::vector<std::byte>(32));
}

}  // namespace
}  // namespace btfast
