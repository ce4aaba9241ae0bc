#include "storage/file_identity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;

constexpr FileIdentity kKnown{.inode = 5, .birth_ns = 100};
constexpr FileStamp kStamp{.size = 10, .mtime_ns = 200};
constexpr FileStamp kOtherStamp{.size = 10, .mtime_ns = 201};
constexpr std::uint64_t kExt4 = 0xef53;
constexpr std::uint64_t kFat = 0x4d44;
constexpr std::uint64_t kOverlay = 0x794c7630;

TEST(FileIdentities, WhereTheyLastNothingElseSpeaksForAFile) {
  KnownFile const known{.identity = kKnown, .stamp = {}, .lasting = true};

  EXPECT_TRUE(is_known_file(known, kKnown, kOtherStamp));
  EXPECT_FALSE(is_known_file(known, {6, 100}, kStamp));
  EXPECT_FALSE(is_known_file(known, {5, 101}, kStamp)) << "a number that was given again";
  EXPECT_TRUE(is_known_file(known, {5, 0}, kStamp)) << "nobody says when it was made";
}

TEST(FileIdentities, WhereTheyDoNotAnyOfThemSpeaksForAFileAndSoDoesItsStamp) {
  KnownFile const known{.identity = kKnown, .stamp = kStamp, .lasting = false};

  EXPECT_TRUE(is_known_file(known, kKnown, kOtherStamp));
  EXPECT_TRUE(is_known_file(known, {5, 101}, kStamp)) << "copied up by an overlay";
  EXPECT_TRUE(is_known_file(known, {6, 101}, kStamp)) << "so, with hard links";
  EXPECT_TRUE(is_known_file(known, {6, 100}, kOtherStamp)) << "a number was made up anew";
  EXPECT_TRUE(is_known_file(known, {6, 0}, kStamp));
  EXPECT_FALSE(is_known_file(known, {5, 101}, kOtherStamp));
  EXPECT_FALSE(is_known_file(known, {6, 101}, kOtherStamp));
  EXPECT_FALSE(is_known_file(known, {6, 0}, kOtherStamp));
  EXPECT_FALSE(is_known_file({{5, 0}, kStamp, false}, {6, 0}, kOtherStamp));
  EXPECT_FALSE(is_known_file(known, {6, 0}, {9, 200})) << "of another size";
}

TEST(FileIdentities, SomeFileSystemsDoNotKeepThem) {
  EXPECT_TRUE(identities_last(kExt4));
  EXPECT_TRUE(identities_last(std::uint64_t{0})) << "a system that does not say";
  EXPECT_FALSE(identities_last(kFat));
  EXPECT_FALSE(identities_last(kOverlay));
  EXPECT_TRUE(identities_last("apfs"));
  EXPECT_TRUE(identities_last(""));
  EXPECT_FALSE(identities_last("exfat"));
  EXPECT_FALSE(identities_last("macfuse"));
}

int devices_asked = 0;

bool they_last(int) {
  ++devices_asked;
  return true;
}

bool they_do_not(int) { return false; }

// As on a file system that keeps identities, and as on one that does not.
class KnownFilesTest : public testing::TestWithParam<bool> {
 protected:
  KnownFilesTest() {
    known_.reset(1);
    write("a", "ours");
  }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream{dir_ / name} << text;
  }
  Fd open(std::string const& name) const {
    auto fd = io::open_beneath(root_.get(), name, io::Access::kRead);
    EXPECT_TRUE(fd);
    return fd ? *std::move(fd) : Fd{};
  }
  void note() {
    auto const fd = open("a");
    known_.note(kFile, fd.get(), *io::info(fd.get()));
  }
  bool is_meant() {
    auto const fd = open("a");
    return known_.is_meant(kFile, fd.get(), *io::info(fd.get()));
  }
  // By another file of its size, and of its time or not.
  void replace(std::chrono::hours later = std::chrono::hours{1}) {
    auto const old = io::birth_time_ns(open("a").get());
    std::int64_t birth = 0;
    do {
      fs::remove(dir_ / "new");
      write("new", "ours");
      birth = io::birth_time_ns(open("new").get());
    } while (birth != 0 && birth == old);  // the clock of a file system has its ticks
    fs::last_write_time(dir_ / "new", fs::last_write_time(dir_ / "a") + later);
    fs::rename(dir_ / "new", dir_ / "a");
  }
  bool lasts() const { return GetParam(); }

  static constexpr FileIndex kFile{0};
  test::TempDir dir_;
  Fd root_ = *io::open_directory(dir_.path());
  KnownFiles known_{lasts() ? they_last : they_do_not};
};

TEST_P(KnownFilesTest, WhatNobodyNotedIsWhateverIsThere) {
  EXPECT_TRUE(is_meant());
  EXPECT_EQ(known_.identity(kFile).inode, 0u);
}

TEST_P(KnownFilesTest, AFileIsMeantUntilAnotherOneHasItsName) {
  note();
  EXPECT_TRUE(is_meant());
  write("a", "ours, changed");
  EXPECT_TRUE(is_meant()) << "it is still that file";
  known_.note_closed(kFile, stamp_of(*io::info_beneath(root_.get(), "a")));

  replace();

  EXPECT_FALSE(is_meant());
  note();
  EXPECT_TRUE(is_meant());
}

// As an overlay does, and a file system that looks a file up again.
TEST_P(KnownFilesTest, WhereIdentitiesDoNotLastAFileThatLooksAsItWasLeftIsKnownByItsNewOne) {
  note();
  auto const before = known_.identity(kFile);
  replace(std::chrono::hours{0});

  EXPECT_EQ(is_meant(), !lasts());
  EXPECT_EQ(known_.identity(kFile) == before, lasts());
}

TEST_P(KnownFilesTest, AStampSpeaksForAFileOnlyWhileItIsClosed) {
  note();
  ASSERT_TRUE(is_meant());
  replace();
  EXPECT_EQ(is_meant(), !lasts()) << "it is open, and its stamp is not known";

  known_.note_closed(kFile, stamp_of(*io::info_beneath(root_.get(), "a")));
  replace();

  EXPECT_FALSE(is_meant());
}

TEST_P(KnownFilesTest, AFileSystemIsAskedOnce) {
  devices_asked = 0;
  note();
  note();

  EXPECT_EQ(devices_asked, lasts() ? 1 : 0);
}

TEST_P(KnownFilesTest, WhatIsOpenIsWhatItsNameLeadsTo) {
  note();
  auto const open_file = open("a");
  auto const held = *io::info(open_file.get());
  EXPECT_TRUE(known_.is_open_one(kFile, held, *io::info_beneath(root_.get(), "a")));

  replace();

  EXPECT_FALSE(known_.is_open_one(kFile, held, *io::info_beneath(root_.get(), "a")));
}

INSTANTIATE_TEST_SUITE_P(Identities, KnownFilesTest, testing::Bool(),
                         [](auto const& how) { return how.param ? "Last" : "DoNotLast"; });

}  // namespace
}  // namespace btfast::storage
