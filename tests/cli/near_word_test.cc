#include "cli/near_word.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace btfast::cli {
namespace {

std::array<std::string, 5> const kKnown = {"verify", "create", "seed", "--jobs",
                                           "--summary-interval"};

TEST(NearWord, ASlipCostsOneStep) {
  EXPECT_EQ(edit_distance("verify", "verify"), 0u);
  EXPECT_EQ(edit_distance("verfiy", "verify"), 1u);  // changed round
  EXPECT_EQ(edit_distance("verfy", "verify"), 1u);   // left out
  EXPECT_EQ(edit_distance("verrify", "verify"), 1u);
  EXPECT_EQ(edit_distance("vexify", "verify"), 1u);
  EXPECT_EQ(edit_distance("", "seed"), 4u);
}

TEST(NearWord, WhatWasMeantIsFound) {
  for (char const* const slip : {"verfiy", "VERIFY", "veriify", "verifyy"}) {
    EXPECT_EQ(near_word(slip, kKnown), "verify") << slip;
  }
  EXPECT_EQ(near_word("sed", kKnown), "seed");
  EXPECT_EQ(near_word("--job", kKnown), "--jobs");
}

TEST(NearWord, ABeginningMeansTheOneThatHasIt) {
  EXPECT_EQ(near_word("ver", kKnown), "verify");
  EXPECT_EQ(near_word("--summary", kKnown), "--summary-interval");
  EXPECT_EQ(near_word("--", kKnown), std::nullopt);
}

TEST(NearWord, OtherWordsMeanNothing) {
  for (char const* const word : {"", "x", "data", "movie.iso", "ubuntu", "fedora"}) {
    EXPECT_EQ(near_word(word, kKnown), std::nullopt) << word;
  }
  EXPECT_EQ(near_word(std::string(100'000, 'v'), kKnown), std::nullopt);
}

TEST(NearWord, TheQuestionIsAskedOnlyWhereThereIsOne) {
  EXPECT_EQ(did_you_mean("seed"), "; did you mean seed?");
  EXPECT_EQ(did_you_mean(std::nullopt), "");
}

}  // namespace
}  // namespace btfast::cli
