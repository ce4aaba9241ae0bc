#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "storage/io.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage::io {
namespace {

namespace fs = std::filesystem;

class IoNamesTest : public testing::Test {
 protected:
  IoNamesTest() : root_(*open_directory(dir_.path().string())) {}
  std::set<std::string> names(std::string const& path) const {
    auto const found = names_in(root_.get(), path, 1000);
    EXPECT_TRUE(found);
    if (!found) return {};
    std::set<std::string> out{found->begin(), found->end()};
    out.erase(".");
    out.erase("..");
    return out;
  }
  test::TempDir dir_;
  Fd root_;
};

TEST_F(IoNamesTest, NamesAreBytesAndTheRootIsListedAsOftenAsOneLikes) {
  fs::create_directories(dir_ / "sub");
  std::ofstream{dir_ / "a\nb"};
  std::ofstream{dir_ / "sub" / "\xff"};

  EXPECT_EQ(names(""), (std::set<std::string>{"a\nb", "sub"}));
  EXPECT_EQ(names(""), (std::set<std::string>{"a\nb", "sub"}));
  EXPECT_EQ(names("sub"), (std::set<std::string>{"\xff"}));
}

TEST_F(IoNamesTest, ALinkIsNotFollowed) {
  fs::create_directories(dir_ / "sub");
  fs::create_directory_symlink("sub", dir_ / "link");

  EXPECT_FALSE(names_in(root_.get(), "link", 1000));
  EXPECT_FALSE(names_in(root_.get(), "missing", 1000));
}

// Half a folder would pass for the whole.
TEST_F(IoNamesTest, ADiskThatFailsInTheMiddleIsNotTheEndOfTheFolder) {
  for (char const c : {'a', 'b', 'c'}) std::ofstream{dir_ / std::string{c}};
  test::FileFaults const dying{Op::kReadDir, test::FileFaults::on_call(3, EIO)};

  auto const found = names_in(root_.get(), "", 1000);

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().sys_errno, EIO);
}

TEST_F(IoNamesTest, AFolderOfMoreNamesThanAskedForIsTooLarge) {
  for (char const c : {'a', 'b', 'c'}) std::ofstream{dir_ / std::string{c}};

  EXPECT_TRUE(names_in(root_.get(), "", 5)) << "with . and ..";

  auto const found = names_in(root_.get(), "", 4);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kTooLarge);
}

TEST_F(IoNamesTest, AnElementMayBeAsLongAsTheFileSystemSays) {
  EXPECT_GE(name_max(root_.get()), 64u);
  EXPECT_LE(name_max(root_.get()), 255u);
  EXPECT_EQ(name_max(-1), 255u);
}

}  // namespace
}  // namespace btfast::storage::io
