// What FileStorage notices of what others do to its files (FAULTS 125-128).
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "storage/file_storage.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::pattern;

class FileStorageWatch : public testing::Test {
 protected:
  FileStorageWatch() {
    EXPECT_TRUE(storage_.prepare());
    write_all();
  }
  void write_all() {
    auto bytes = pattern(0, 30);
    iovec const buffer{bytes.data(), bytes.size()};
    EXPECT_TRUE(storage_.write(0, {&buffer, 1}));
  }
  fs::path out() const { return dir_ / "out"; }
  fs::path out(std::string const& below) const { return out() / below; }
  std::vector<std::uint64_t> offsets(Watch watch) {
    std::vector<std::uint64_t> found;
    for (auto const& each : storage_.disturbances(watch)) found.push_back(each.offset);
    return found;
  }
  // A time that no write of this test has.
  void touch(std::string const& below) {
    fs::last_write_time(out(below), fs::last_write_time(out(below)) + std::chrono::hours{1});
  }
  // Another file of the path, with the first `size` bytes of the torrent; told from the one before
  // it once the clock of the file system has moved on.  False: it has no times of birth.
  static bool make_anew(fs::path const& path, std::size_t size) {
    auto const bytes = pattern(0, size);
    auto const born = [&] {
      auto const root = io::open_directory(path.parent_path().string());
      auto const fd = io::open_beneath(root->get(), path.filename().string(), io::Access::kRead);
      return io::birth_time_ns(fd->get());
    };
    auto const before = born();
    do {
      fs::remove(path);
      std::ofstream{path}.write(reinterpret_cast<char const*>(bytes.data()),
                                static_cast<std::streamsize>(size));
    } while (before != 0 && born() == before);
    return before != 0;
  }
  using Offsets = std::vector<std::uint64_t>;

  test::TempDir dir_;
  FileStorage storage_{out().string(), FileMap{{{"t/a", 10}, {"t/b", 20}, {"t/empty", 0}}}};
};

TEST_F(FileStorageWatch, WhatWeWriteOurselvesIsNoDisturbance) {
  EXPECT_EQ(offsets(Watch::kContents), Offsets{});

  write_all();

  EXPECT_EQ(offsets(Watch::kNames), Offsets{});
  EXPECT_EQ(offsets(Watch::kContents), Offsets{});
}

TEST_F(FileStorageWatch, ARemovedFileIsNoticedThoughItIsOpen) {
  fs::remove(out("t/b"));

  auto const found = storage_.disturbances(Watch::kNames);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 10u);
  EXPECT_EQ(found[0].length, 20u);
  EXPECT_FALSE(found[0].everything);
  EXPECT_EQ(found[0].why.sys_errno, ENOENT);
  EXPECT_NE(found[0].why.detail.find(out("t/b").string()), std::string::npos);
}

TEST_F(FileStorageWatch, ARemovedFileIsToldOnceAndIsNotReadAnyMore) {
  fs::remove(out("t/b"));
  std::vector<std::byte> bytes(20);
  ASSERT_TRUE(storage_.read(10, bytes)) << "open, and so still there for us";

  EXPECT_EQ(offsets(Watch::kContents), Offsets{10});

  EXPECT_EQ(offsets(Watch::kContents), Offsets{});
  EXPECT_FALSE(storage_.read(10, bytes));
}

TEST_F(FileStorageWatch, AnotherFileUnderTheNameIsNoticed) {
  fs::rename(out("t/a"), out("t/moved"));
  fs::copy_file(out("t/moved"), out("t/a"));

  EXPECT_EQ(offsets(Watch::kNames), Offsets{0});
  EXPECT_EQ(offsets(Watch::kContents), Offsets{0});
  EXPECT_EQ(offsets(Watch::kContents), Offsets{}) << "told once";
}

TEST_F(FileStorageWatch, AFolderUnderTheNameIsNoFileOfAnotherLength) {
  fs::remove(out("t/a"));
  fs::create_directory(out("t/a"));

  auto const found = storage_.disturbances(Watch::kNames);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].why.detail, out("t/a").string() + ": replaced while in use");
}

TEST_F(FileStorageWatch, AnotherTimeOrSizeIsNoticedOnceAndOnlyWhereNothingIsWritten) {
  ASSERT_EQ(offsets(Watch::kContents), Offsets{});
  touch("t/a");
  fs::resize_file(out("t/b"), 25);

  EXPECT_EQ(offsets(Watch::kNames), Offsets{10}) << "of its length alone";
  EXPECT_EQ(offsets(Watch::kContents), (Offsets{0, 10}));
  EXPECT_EQ(offsets(Watch::kContents), Offsets{});
}

// The pool of a torrent of many files has most of them closed.
TEST_F(FileStorageWatch, AnotherFileUnderTheNameOfAClosedOneIsNoticedAndNotWritten) {
  auto const other = dir_ / "other";
  FileStorage storage{other.string(), storage_.map(), {.open_files_max = 1}};
  ASSERT_TRUE(storage.prepare());
  std::string const theirs(25, 'u');
  std::ofstream{other / "mine"} << theirs;
  fs::rename(other / "mine", other / "t/b");
  auto bytes = pattern(0, 30);
  iovec const whole{bytes.data(), bytes.size()};

  auto const found = storage.disturbances(Watch::kNames);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 10u);
  auto const written = storage.write(0, {&whole, 1});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().detail, (other / "t/b").string() + ": replaced while in use");
  std::ifstream in{other / "t/b"};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{in}, {}), theirs);
}

// A file system may give the new file the number of the old one's inode.
TEST_F(FileStorageWatch, AClosedFileThatWasRemovedAndMadeAnewIsNoticed) {
  auto const other = dir_ / "other";
  FileStorage storage{other.string(), storage_.map(), {.open_files_max = 1}};
  ASSERT_TRUE(storage.prepare());
  auto bytes = pattern(0, 30);
  iovec const whole{bytes.data(), bytes.size()};
  ASSERT_TRUE(storage.write(0, {&whole, 1}));  // b last: a is closed
  (void)make_anew(other / "t/a", 10);

  auto const found = storage.disturbances(Watch::kNames);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 0u);
}

// Of the same number, where that is given again, and with the same bytes.
TEST_F(FileStorageWatch, AClosedFileThatWasMadeAnewIsToldOnceAndReadFromThenOn) {
  auto const other = dir_ / "other";
  FileStorage storage{other.string(), storage_.map(), {.open_files_max = 1}};
  ASSERT_TRUE(storage.prepare());
  auto bytes = pattern(0, 30);
  iovec const whole{bytes.data(), bytes.size()};
  ASSERT_TRUE(storage.write(0, {&whole, 1}));  // b last: a is closed
  std::vector<std::byte> a(10);
  for (bool const with_its_time : {false, true}) {
    auto const time = fs::last_write_time(other / "t/a");
    if (!make_anew(other / "t/a", 10)) GTEST_SKIP() << "no times of birth here";
    if (with_its_time) {
      // Told by nothing but the number and birth: whoever opens it notices.
      fs::last_write_time(other / "t/a", time);
      EXPECT_FALSE(storage.read(0, a));
    }

    ASSERT_EQ(storage.disturbances(Watch::kContents).size(), 1u);
    EXPECT_TRUE(storage.disturbances(Watch::kContents).empty());
    EXPECT_TRUE(storage.read(0, a)) << "another file was closed for it";
    std::vector<std::byte> b(20);
    ASSERT_TRUE(storage.read(10, b));  // and a is closed again
  }
}

TEST_F(FileStorageWatch, AFileMadeLongerIsNoticedWhileItIsWritten) {
  fs::resize_file(out("t/a"), 11);

  auto const found = storage_.disturbances(Watch::kNames);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].why.detail.find(": made longer, to 11 bytes"), std::string::npos)
      << found[0].why.detail;
}

TEST_F(FileStorageWatch, ACutFileIsNoticedWhileItIsWritten) {
  fs::resize_file(out("t/b"), 7);

  auto const found = storage_.disturbances(Watch::kNames);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 10u);
  EXPECT_EQ(found[0].why.code, Errc::kNotFound);
  EXPECT_NE(found[0].why.detail.find(out("t/b").string() + ": cut to 7 bytes"), std::string::npos)
      << found[0].why.detail;
  EXPECT_EQ(offsets(Watch::kNames), Offsets{10}) << "for as long as it is";
}

TEST_F(FileStorageWatch, WhatASeedOpenedIsWatchedAndWhatWasNeverThereIsNot) {
  fs::remove(out("t/a"));
  auto const seed = FileStorage::open_existing(out().string(), storage_.map());
  ASSERT_TRUE(seed);
  EXPECT_TRUE((*seed)->disturbances(Watch::kContents).empty());

  touch("t/b");

  EXPECT_EQ((*seed)->disturbances(Watch::kContents).size(), 1u);
}

TEST_F(FileStorageWatch, AFileLeftOutThatIsSomebodyElsesIsNotWatched) {
  test::TempDir other;
  std::ofstream{other / "b"} << "notes";
  FileStorage storage{
      other.path().string(), FileMap{{{"a", 10}, {"b", 20}}}, {.left_out = {false, true}}};
  ASSERT_TRUE(storage.prepare());

  fs::remove(other / "b");

  EXPECT_TRUE(storage.disturbances(Watch::kContents).empty());
}

TEST_F(FileStorageWatch, AFileMadeLaterIsWatched) {
  test::TempDir other;
  FileStorage storage{
      other.path().string(), FileMap{{{"a", 10}, {"b", 20}}}, {.left_out = {false, true}}};
  ASSERT_TRUE(storage.prepare());
  ASSERT_TRUE(storage.make(FileIndex{1}));
  EXPECT_TRUE(storage.disturbances(Watch::kContents).empty());

  fs::remove(other / "b");

  EXPECT_EQ(storage.disturbances(Watch::kNames).size(), 1u);
}

TEST_F(FileStorageWatch, ADirectoryRenamedReplacedOrRemovedIsEverything) {
  fs::rename(out(), dir_ / "elsewhere");
  auto const renamed = storage_.disturbances(Watch::kNames);
  fs::create_directory(out());
  auto const replaced = storage_.disturbances(Watch::kNames);

  for (auto const& found : {renamed, replaced}) {
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].everything);
    EXPECT_EQ(found[0].length, 30u);
    EXPECT_EQ(found[0].why.code, Errc::kNotFound);
  }
}

}  // namespace
}  // namespace btfast::storage
