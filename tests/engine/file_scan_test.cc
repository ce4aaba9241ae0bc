#include "engine/content/file_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

class FileScanTest : public ::testing::Test {
 protected:
  void put(fs::path const& name, std::size_t size) {
    fs::create_directories((temp_ / name).parent_path());
    std::ofstream{temp_ / name, std::ios::binary} << std::string(size, 'x');
  }
  Result<FileScan> scan(fs::path const& name) const { return scan_files((temp_ / name).string()); }
  // "path size", as they stand.
  static std::vector<std::string> lines(FileScan const& scan) {
    std::vector<std::string> out;
    for (auto const& file : scan.files) {
      out.push_back(file.path + " " + std::to_string(file.length));
    }
    return out;
  }

  test::TempDir temp_;
};

TEST_F(FileScanTest, OneFileIsATorrentOfThatFile) {
  put("dir/film.mkv", 7);

  auto const found = scan("dir/film.mkv");

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_FALSE(found->multi_file);
  EXPECT_EQ(found->name, "film.mkv");
  EXPECT_EQ(fs::path{found->directory}, fs::canonical(temp_ / "dir"));
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"film.mkv 7"}));
}

TEST_F(FileScanTest, ADirectoryIsItsFilesInByteOrderEmptyOnesIncluded) {
  put("top/b/2", 2);
  put("top/b.txt", 3);
  put("top/a", 0);
  put("top/Z", 1);
  fs::create_directories(temp_ / "top/empty");

  auto const found = scan("top/");

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_TRUE(found->multi_file);
  EXPECT_EQ(found->name, "top");
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"Z 1", "a 0", "b.txt 3", "b/2 2"}));
  EXPECT_TRUE(found->warnings.empty());
}

TEST_F(FileScanTest, LinksBelowArePassedOverWithAWarning) {
  put("top/real", 4);
  put("outside/secret", 5);
  fs::create_symlink(temp_ / "outside", temp_ / "top/dir_link");
  fs::create_symlink(temp_ / "outside/secret", temp_ / "top/file_link");

  auto const found = scan("top");

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"real 4"}));
  EXPECT_EQ(found->warnings.size(), 2u);
}

TEST_F(FileScanTest, ALinkAsThePathIsFollowedAndGivesItsOwnName) {
  put("store/data", 6);
  fs::create_symlink(temp_ / "store", temp_ / "shown");

  auto const found = scan("shown");

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(found->name, "shown");
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"data 6"}));
}

TEST_F(FileScanTest, WhatIsNotThereOrNotAFileIsRefused) {
  auto const missing = scan("nowhere");
  auto const device = scan_files("/dev/null");

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::kBadArgument);
}

TEST_F(FileScanTest, AFileDeeperThanATorrentMayNameIsRefused) {
  fs::path deepest = "top";
  for (std::size_t i = 1; i < limits::kPathDepth; ++i) deepest /= "d";
  put(deepest / "file", 1);
  ASSERT_TRUE(scan("top"));

  put(deepest / "d/file", 1);

  auto const found = scan("top");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kTooLarge);
}

}  // namespace
}  // namespace btfast
