#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tests/storage/part_file_fixture.h"
#include "tests/support/file_faults.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::file_text;
using test::pattern;

// One with ends 0 to 299, and another name for it.
class PartFileCopyTest : public PartFileFixture {
 protected:
  PartFileCopyTest() {
    auto part = open();
    write(part, 0, 300);
    EXPECT_TRUE(part.sync());
    fs::create_hard_link(dir_ / kName, dir_ / "other");
    before_ = file_text(dir_ / "other");
  }
  bool other_is_as_it_was() const { return file_text(dir_ / "other") == before_; }
  fs::path copy() const { return dir_ / (std::string{kName} + ".new"); }

  std::string before_;
};

TEST_F(PartFileCopyTest, WhatIsWrittenIsWrittenUnderNoOtherName) {
  auto part = open();

  write(part, 500, 100);
  EXPECT_TRUE(part.sync());

  EXPECT_TRUE(other_is_as_it_was());
  EXPECT_EQ(fs::hard_link_count(dir_ / kName), 1u);
  EXPECT_FALSE(fs::exists(copy()));
  EXPECT_FALSE(part.disturbed());
  auto const again = open();
  EXPECT_EQ(read(again, 0, 300), pattern(0, 300));
  EXPECT_EQ(read(again, 500, 100), pattern(500, 100));
  for (std::uint64_t end = 0; end < 1000; end += 100) {
    EXPECT_EQ(has(again, end), end < 300 || end == 500) << end;
  }
}

TEST_F(PartFileCopyTest, NorIsWhatIsForgotten) {
  auto part = open();

  EXPECT_TRUE(part.forget(std::vector{end_at(100)}));
  EXPECT_TRUE(part.sync());

  EXPECT_TRUE(other_is_as_it_was());
  EXPECT_FALSE(has(open(), 100));
  EXPECT_EQ(read(open(), 200, 100), pattern(200, 100));
}

TEST_F(PartFileCopyTest, WhatIsToGoIsNotCopied) {
  auto part = open();
  {
    test::FileFaults const full{io::Op::kWrite, test::FileFaults::always(ENOSPC)};
    EXPECT_TRUE(part.forget(std::vector{end_at(0), end_at(100), end_at(200)}));
  }

  EXPECT_TRUE(part.has_none());
  EXPECT_TRUE(part.remove());

  EXPECT_FALSE(is_there());
  EXPECT_TRUE(other_is_as_it_was());
}

TEST_F(PartFileCopyTest, AnotherNameThatComesWhileItIsInUseIsSeenAfterASync) {
  auto part = open();
  write(part, 500, 100);
  EXPECT_TRUE(part.sync());
  fs::create_hard_link(dir_ / kName, dir_ / "later");
  auto const then = file_text(dir_ / "later");

  write(part, 600, 100);

  EXPECT_EQ(file_text(dir_ / "later"), then);
  EXPECT_EQ(read(open(), 500, 200), pattern(500, 200));
}

TEST_F(PartFileCopyTest, WhateverFailsItStaysWhatItWas) {
  for (auto const op : {io::Op::kOpenSafe, io::Op::kWrite, io::Op::kSync, io::Op::kRename}) {
    auto part = open();
    {
      test::FileFaults const faults{op, test::FileFaults::always(EIO)};
      EXPECT_FALSE(try_write(part)) << static_cast<int>(op);
      EXPECT_FALSE(part.forget(std::vector{end_at(100)})) << static_cast<int>(op);
    }

    EXPECT_TRUE(has(part, 100)) << "in use";
    EXPECT_EQ(file_text(dir_ / kName), before_) << static_cast<int>(op);
    EXPECT_TRUE(other_is_as_it_was());
    EXPECT_FALSE(fs::exists(copy()));
  }
}

TEST_F(PartFileCopyTest, WhatAKillLeftOfACopyIsInNobodysWay) {
  for (bool const sealed : {false, true}) {
    if (sealed) fs::copy_file(dir_ / "other", copy(), fs::copy_options::overwrite_existing);
    if (!sealed) std::ofstream{copy()};
    auto part = open();
    EXPECT_FALSE(part.copy_is_barred());

    write(part, 500, 100);

    EXPECT_FALSE(fs::exists(copy()));
    fs::remove(dir_ / kName);
    fs::create_hard_link(dir_ / "other", dir_ / kName);
  }
}

TEST_F(PartFileCopyTest, WhatAKillLeftOfACopyGoesWithIt) {
  fs::copy_file(dir_ / "other", copy());

  EXPECT_TRUE(open().remove());

  EXPECT_FALSE(fs::exists(copy()));
  EXPECT_FALSE(is_there());
}

TEST_F(PartFileCopyTest, AnothersFileInTheCopysPlaceIsLeftAlone) {
  auto const put_file = [&] { std::ofstream{copy()} << "the user's"; };
  auto const put_link = [&] { fs::create_symlink("other", copy()); };
  auto const put_folder = [&] { fs::create_directory(copy()); };
  for (auto const& put : {std::function<void()>{put_file}, {put_link}, {put_folder}}) {
    put();
    auto part = open();
    EXPECT_TRUE(part.copy_is_barred());

    EXPECT_EQ(try_write(part).error().sys_errno, EMLINK);

    EXPECT_TRUE(fs::exists(fs::symlink_status(copy())));
    EXPECT_TRUE(other_is_as_it_was());
    fs::remove(copy());
  }
}

TEST_F(PartFileCopyTest, OfOneNameItNeedsNoCopy) {
  fs::remove(dir_ / "other");
  std::ofstream{copy()} << "the user's";
  auto part = open();

  EXPECT_FALSE(part.copy_is_barred());
  write(part, 500, 100);
  EXPECT_TRUE(part.remove());

  EXPECT_EQ(file_text(copy()), "the user's");
}

// It stands under the name when the first end comes.
TEST_F(PartFileCopyTest, AnEmptyOneOfOtherNamesIsNotWrittenEither) {
  fs::remove(dir_ / kName);
  std::ofstream{dir_ / "empty"};
  fs::create_hard_link(dir_ / "empty", dir_ / kName);
  auto part = open();

  write(part, 0, 100);

  EXPECT_EQ(fs::file_size(dir_ / "empty"), 0u);
  EXPECT_EQ(read(open(), 0, 100), pattern(0, 100));
}

TEST_F(PartFileCopyTest, WhatTookItsPlaceIsNotReplaced) {
  auto part = open();
  fs::remove(dir_ / kName);
  fs::create_hard_link(dir_ / "other", dir_ / "one more");
  std::ofstream{dir_ / kName} << "the user's";

  EXPECT_FALSE(try_write(part));

  EXPECT_EQ(file_text(dir_ / kName), "the user's");
  EXPECT_TRUE(other_is_as_it_was());
}

}  // namespace
}  // namespace btfast::storage
