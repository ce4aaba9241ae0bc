#include "cli/temp_tree.h"

#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

TEST(TempTree, IsGoneWithAllItHolds) {
  test::TempDir const dir;
  std::filesystem::path path;
  {
    auto tree = TempTree::make(dir.path().string(), "x");
    ASSERT_TRUE(tree);
    TempTree const moved{*std::move(tree)};
    path = moved.path();
    std::filesystem::create_directory(path / "sub");
    std::ofstream{path / "sub" / "file"} << "data";
    EXPECT_TRUE(std::filesystem::exists(path / "sub" / "file"));
  }

  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(TempTree, NamesADirectoryThatIsNotThere) {
  auto const tree = TempTree::make("/nonexistent", "x");

  ASSERT_FALSE(tree);
  EXPECT_NE(tree.error().detail.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace btfast::cli
