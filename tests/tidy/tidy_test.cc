// The house rules over the whole tree.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/tidy/rules.h"

namespace btfast::tidy {
namespace {

// The list of tolerated exceptions may only shrink: lower this with it.
constexpr std::size_t kToleratedMax = 3;

Exceptions load_exceptions() {
  std::ifstream file{"tests/tidy_exceptions.txt"};
  std::string const text{std::istreambuf_iterator<char>{file}, {}};
  return parse_exceptions(text);
}

TEST(Tidy, TheTreeKeepsTheHouseRules) {
  auto const tree = load_tree();
  ASSERT_GT(tree.size(), 50u) << "not run from the root of the tree";

  std::string report;
  for (auto const& complaint : complaints(check_tree(tree), load_exceptions())) {
    report += complaint + '\n';
  }

  EXPECT_TRUE(report.empty()) << report;
}

TEST(Tidy, TheListOfExceptionsOnlyShrinks) {
  std::size_t tolerated = 0;
  for (auto const& [key, count] : load_exceptions()) tolerated += count;

  EXPECT_LE(tolerated, kToleratedMax);
}

}  // namespace
}  // namespace btfast::tidy
