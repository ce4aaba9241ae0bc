#include "engine/content/file_scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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
  Result<FileScan> scan(fs::path const& name, ScanOptions const& options = {}) const {
    return scan_files((temp_ / name).string(), options);
  }
  std::string path(fs::path const& name) const { return (temp_ / name).string(); }
  static bool warned(FileScan const& scan, std::string const& what) {
    return std::any_of(scan.warnings.begin(), scan.warnings.end(), [&](auto const& warning) {
      return warning.find(what) != std::string::npos;
    });
  }
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
  EXPECT_TRUE(warned(*found, "top/dir_link: a symbolic link, left out"));
  EXPECT_TRUE(warned(*found, "top/file_link: a symbolic link, left out"));
}

TEST_F(FileScanTest, LinksAreFollowedWhereAskedForUnderTheirOwnNames) {
  put("top/real", 4);
  put("outside/secret", 5);
  fs::create_symlink(temp_ / "outside", temp_ / "top/dir_link");
  fs::create_symlink(temp_ / "outside/secret", temp_ / "top/file_link");
  fs::create_symlink("nowhere", temp_ / "top/dangling");
  fs::create_symlink("circle", temp_ / "top/circle");
  fs::create_symlink("..", temp_ / "top/up");
  fs::create_symlink("../top", temp_ / "outside/back");

  auto const found = scan("top", {.follow_links = true});

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"dir_link/secret 5", "file_link 5", "real 4",
                                                     "up/outside/secret 5"}));
  EXPECT_TRUE(warned(*found, "top/dangling: leads nowhere"));
  EXPECT_TRUE(warned(*found, "top/circle: links in a circle"));
  EXPECT_TRUE(warned(*found, "top/dir_link/back: leads back"));
  EXPECT_TRUE(warned(*found, "top/up/top: leads back"));
  for (auto const& file : found->on_disk) {
    auto const at = fs::path{found->directory} / file.path;
    EXPECT_EQ(fs::canonical(at), at);
  }
}

TEST_F(FileScanTest, WhatIsNoFileIsLeftOutByName) {
  put("top/real", 4);
  ASSERT_EQ(::mkfifo(path("top/pipe").c_str(), 0600), 0);

  auto const found = scan("top");

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"real 4"}));
  EXPECT_TRUE(warned(*found, "top/pipe: a FIFO, left out"));
}

TEST_F(FileScanTest, BeyondAHundredWarningsTheRestIsCounted) {
  for (int i = 0; i < 103; ++i) {
    fs::create_directories(temp_ / "top");
    fs::create_symlink("x", temp_ / "top" / std::to_string(i));
  }

  auto const found = scan("top");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->warnings.size(), 101u);
  EXPECT_EQ(found->warnings.back(), "3 more left out");
}

TEST_F(FileScanTest, PatternsLeaveFilesAndWholeFoldersOut) {
  put("top/a.tmp", 1);
  put("top/keep", 2);
  put("top/build/x", 3);
  put("top/sub/b.tmp", 4);
  put("top/sub/build", 5);

  auto const found = scan("top", {.exclude = {"*.tmp", "build/", "nothing"}});

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"keep 2", "sub/build 5"}));
  EXPECT_EQ(found->excluded, 3u);
  EXPECT_TRUE(warned(*found, "--exclude nothing: left nothing out"));
}

TEST_F(FileScanTest, TheOutputIsNoPartOfItselfByWhateverWayItIsReached) {
  put("top/a", 1);
  std::ofstream{temp_ / "top/x.torrent"} << "d4:infodee";
  put("top/x.torrent.123.tmp", 3);
  put("top/x.torrent.tmp", 4);
  put("top/sub/x.torrent", 5);
  fs::create_symlink(temp_ / "top", temp_ / "alias");

  auto const found = scan("top", {.output = path("alias/x.torrent")});

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"a 1", "sub/x.torrent 5", "x.torrent.tmp 4"}));
  EXPECT_TRUE(warned(*found, "top/x.torrent: is where the torrent goes"));
  put("top/x.torrent", 2);
  auto const content = scan("top", {.output = path("alias/x.torrent")});
  ASSERT_FALSE(content);
  EXPECT_NE(content.error().detail.find("x.torrent: is no torrent"), std::string::npos);
  auto const itself = scan("top/a", {.output = path("top/a")});
  ASSERT_FALSE(itself);
  EXPECT_NE(itself.error().detail.find("is what the torrent is made of"), std::string::npos);
}

TEST_F(FileScanTest, AFileThatADescriptorWritesToIsLeftOut) {
  put("top/a", 1);
  put("top/out", 0);
  struct stat status {};
  ASSERT_EQ(::stat(path("top/out").c_str(), &status), 0);

  auto const found = scan("top", {.output_file = identity_of(status)});

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(lines(*found), (std::vector<std::string>{"a 1"}));
}

// Root reads everything, so it becomes somebody else for as long as this lives.
class NotRoot {
 public:
  NotRoot() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(65'534), 0);
    }
  }
  ~NotRoot() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  NotRoot(NotRoot const&) = delete;
  NotRoot& operator=(NotRoot const&) = delete;

 private:
  bool const was_root_ = ::geteuid() == 0;
};

TEST_F(FileScanTest, WhatCannotBeReadIsNamed) {
  put("top/a", 1);
  put("top/locked/b", 1);
  fs::permissions(temp_.path(), fs::perms::all);
  auto const scan_as_another = [&] {
    NotRoot const another;
    return scan("top");
  };
  fs::permissions(temp_ / "top/locked", fs::perms::none);
  auto const folder = scan_as_another();
  fs::permissions(temp_ / "top/locked", fs::perms::all);
  fs::permissions(temp_ / "top/locked/b", fs::perms::none);
  auto const file = scan_as_another();

  ASSERT_FALSE(folder || file);
  EXPECT_TRUE(folder.error().detail.ends_with("top/locked")) << folder.error().detail;
  EXPECT_TRUE(file.error().detail.ends_with("top/locked/b")) << file.error().detail;
  EXPECT_EQ(file.error().code, Errc::kPermission);
}

TEST_F(FileScanTest, WhatHappenedToAFileSinceIsSaidByItsName) {
  put("top/a", 10);
  put("top/b", 10);
  auto const found = scan("top");
  ASSERT_TRUE(found);
  ASSERT_TRUE(still_as_found(*found));
  auto const complaint = [&] {
    auto const ok = still_as_found(*found);
    return ok ? "" : ok.error().detail;
  };

  put("top/b", 12);
  EXPECT_NE(complaint().find("top/b: grew from 10 to 12 bytes"), std::string::npos) << complaint();
  fs::remove(temp_ / "top/b");
  EXPECT_NE(complaint().find("top/b: vanished while"), std::string::npos) << complaint();
  fs::remove(temp_ / "top/a");
  EXPECT_NE(complaint().find("top/a: vanished while it was hashed, and 1 more changed"),
            std::string::npos)
      << complaint();
  EXPECT_EQ(still_as_found(*found).error().code, Errc::kDiskIo);
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
