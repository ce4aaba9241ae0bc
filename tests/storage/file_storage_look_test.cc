#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "storage/file_storage.h"
#include "tests/support/file_text.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;

class FileStorageLookTest : public testing::Test {
 protected:
  FileStorage make(std::vector<FileSpec> files) {
    return FileStorage{out().string(), FileMap{std::move(files)}};
  }
  fs::path out(std::string const& below = {}) const { return dir_ / "out" / below; }
  void plant(fs::path const& path, std::string const& text) const {
    fs::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
  }
  static std::string read(Storage& storage, std::uint64_t offset, std::size_t length) {
    std::vector<std::byte> bytes(length);
    if (!storage.read(offset, bytes)) return "(nothing)";
    return {reinterpret_cast<char const*>(bytes.data()), length};
  }

  test::TempDir dir_;
};

TEST_F(FileStorageLookTest, ALookMakesNothingAndWhatIsThereCanBeRead) {
  plant(out("t/a"), "01234");
  auto storage = make({{"t/a", 5}, {"t/sub/b", 5}});
  auto const before = fs::last_write_time(out("t"));

  ASSERT_TRUE(storage.look());

  EXPECT_EQ(read(storage, 0, 5), "01234");
  EXPECT_EQ(read(storage, 5, 5), "(nothing)");
  EXPECT_FALSE(fs::exists(out("t/sub")));
  EXPECT_EQ(fs::last_write_time(out("t")), before);
}

TEST_F(FileStorageLookTest, AFileInThePlaceOfAFolderIsNamed) {
  plant(out("t/sub"), "the user's");
  auto storage = make({{"t/a", 5}, {"t/sub/deep/b", 5}});

  auto const looked = storage.look();

  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, Errc::kUnsafePath);
  EXPECT_EQ(looked.error().sys_errno, ENOTDIR);
  EXPECT_EQ(looked.error().detail, "cannot enter " + out("t/sub").string() + ", where " +
                                       out("t/sub/deep/b").string() + " belongs");
}

TEST_F(FileStorageLookTest, WithoutADirectoryNothingIsThere) {
  auto storage = make({{"t/a", 5}});

  ASSERT_TRUE(storage.look());

  EXPECT_FALSE(storage.is_there(0, 1));
  EXPECT_FALSE(storage.is_hole(0, 5));
  EXPECT_EQ(read(storage, 0, 5), "(nothing)");
  EXPECT_FALSE(fs::exists(out()));
  ASSERT_TRUE(storage.prepare());
  EXPECT_TRUE(storage.is_there(0, 5));
}

TEST_F(FileStorageLookTest, AShortFileIsThereAsFarAsItGoes) {
  plant(out("a"), "012");
  auto storage = make({{"a", 5}, {".pad", 3, true}, {"b", 2}});

  ASSERT_TRUE(storage.look());

  EXPECT_TRUE(storage.is_there(0, 3));
  EXPECT_FALSE(storage.is_there(2, 2));
  EXPECT_TRUE(storage.is_there(5, 3)) << "padding is always there";
  EXPECT_FALSE(storage.is_there(7, 2));
  ASSERT_TRUE(storage.prepare());
  EXPECT_TRUE(storage.is_there(0, 10)) << "made";
}

TEST_F(FileStorageLookTest, SpaceWithoutDataIsBlankAtItsFullSizeOnly) {
  for (auto const* name : {"full", "short"}) plant(out(name), "");
  fs::resize_file(out("full"), 1 << 20);
  fs::resize_file(out("short"), 1 << 19);
  plant(out("zeros"), std::string(1 << 20, '\0'));
  auto storage = make({{"full", 1 << 20}, {"short", 1 << 20}, {"zeros", 1 << 20}});
  ASSERT_TRUE(storage.look());
  if (!storage.is_hole(0, 1 << 20)) GTEST_SKIP() << "no holes on this file system";

  EXPECT_TRUE(storage.found(FileIndex{0})->blank);
  EXPECT_FALSE(storage.found(FileIndex{1})->blank);
  EXPECT_FALSE(storage.found(FileIndex{2})->blank);
}

TEST_F(FileStorageLookTest, LinksAreSeenAndReadAndNeverWritten) {
  plant(dir_ / "elsewhere/a", "01234");
  fs::create_directory(out());
  fs::create_symlink("../elsewhere/a", out("a"));
  fs::create_directory_symlink("../elsewhere", out("t"));
  auto storage = make({{"a", 5}, {"t/a", 5}});

  ASSERT_TRUE(storage.look());
  EXPECT_TRUE(storage.found(FileIndex{0})->linked && storage.found(FileIndex{1})->linked);
  EXPECT_EQ(read(storage, 0, 10), "0123401234");
  EXPECT_FALSE(storage.prepare()) << "nobody said that they are right";

  ASSERT_TRUE(storage.look());
  storage.keep(FileIndex{0});
  storage.keep(FileIndex{1});
  ASSERT_TRUE(storage.prepare());
  char byte = 'x';
  iovec const buffer{&byte, 1};
  EXPECT_EQ(read(storage, 0, 10), "0123401234");
  EXPECT_FALSE(storage.write(0, {&buffer, 1}));
  EXPECT_FALSE(storage.write(5, {&buffer, 1}));
  EXPECT_EQ(test::file_text(dir_ / "elsewhere/a"), "01234");
}

TEST_F(FileStorageLookTest, WhatWouldBeMadeBehindALinkIsSeen) {
  fs::create_directories(dir_ / "elsewhere");
  fs::create_directory(out());
  fs::create_symlink("../elsewhere/new", out("dangling"));
  fs::create_directory_symlink("../elsewhere", out("t"));
  auto storage = make({{"dangling", 5}, {"t/a", 5}, {"missing", 5}});

  ASSERT_TRUE(storage.look());

  EXPECT_TRUE(storage.behind_link(FileIndex{0}));
  EXPECT_TRUE(storage.behind_link(FileIndex{1}));
  EXPECT_FALSE(storage.behind_link(FileIndex{2}));
  EXPECT_FALSE(storage.prepare());
  EXPECT_TRUE(fs::is_empty(dir_ / "elsewhere"));
  EXPECT_FALSE(fs::exists(out("missing")));
}

TEST_F(FileStorageLookTest, WhoOnlyReadsFollowsEveryLink) {
  plant(dir_ / "elsewhere/a", "01234");
  fs::create_directory(out());
  fs::create_directory_symlink(dir_ / "elsewhere", out("t"));

  auto const storage = FileStorage::open_existing(out().string(), FileMap{{{"t/a", 5}}});

  ASSERT_TRUE(storage);
  EXPECT_EQ(read(**storage, 0, 5), "01234");
  EXPECT_TRUE((*storage)->disturbances(Watch::kContents).empty());
}

// A check takes minutes: what was hashed must still be what is written.
TEST_F(FileStorageLookTest, WhatChangesBetweenLookAndPrepareIsRefused) {
  plant(out("a"), "01234");
  auto storage = make({{"a", 9}});
  ASSERT_TRUE(storage.look());
  plant(out("new"), "56789");
  fs::rename(out("new"), out("a"));

  EXPECT_FALSE(storage.prepare());

  EXPECT_EQ(test::file_text(out("a")), "56789");
}

TEST_F(FileStorageLookTest, WhatAppearsBetweenLookAndPrepareIsRefused) {
  fs::create_directory(out());
  auto storage = make({{"a", 9}});
  ASSERT_TRUE(storage.look());
  plant(out("a"), "56789");

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_EQ(test::file_text(out("a")), "56789");
}

}  // namespace
}  // namespace btfast::storage
