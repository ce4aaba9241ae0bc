#include "storage/part_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/storage/part_file_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::pattern;
using PartFileTest = PartFileFixture;

TEST_F(PartFileTest, IsMadeByTheFirstWriteOnly) {
  auto part = open();

  EXPECT_FALSE(part.exists());
  EXPECT_EQ(read(part, 10, 20), std::vector<std::byte>(20));
  EXPECT_TRUE(part.has_none());
  EXPECT_FALSE(is_there());
  write(part, 100, 50);
  EXPECT_TRUE(is_there());
}

TEST_F(PartFileTest, ReadsBackInAnotherLifeAndZerosElsewhere) {
  {
    auto part = open();
    write(part, 100, 50);
    EXPECT_TRUE(part.sync());
  }

  auto const part = open(io::Access::kRead);

  EXPECT_EQ(read(part, 100, 50), pattern(100, 50));
  EXPECT_EQ(read(part, 900, 100), std::vector<std::byte>(100));
  EXPECT_TRUE(has(part, 100));
}

// They share a page of the file.
TEST_F(PartFileTest, ItsNeighboursAreNotWrittenWithAnEnd) {
  for (bool const first : {true, false}) {
    auto part = open();
    if (first) write(part, 820, 10);
    for (std::uint64_t end = 0; end < 1000; end += 100) EXPECT_EQ(has(part, end), end == 800);
  }
}

TEST_F(PartFileTest, ForgetsWhatIsElsewhereByNow) {
  {
    auto part = open();
    write(part, 0, 1000);
    EXPECT_TRUE(part.forget(std::vector{end_at(300)}));
    EXPECT_FALSE(has(part, 300));
  }

  auto part = open();

  for (std::uint64_t end = 0; end < 1000; end += 100) EXPECT_EQ(has(part, end), end != 300);
  write(part, 300, 10);
  EXPECT_TRUE(has(open(), 300));
}

// The first is the bytes', the second the mark's.
TEST_F(PartFileTest, AnEndIsNotThereBeforeItsBytesAre) {
  auto part = open();
  write(part, 0, 100);
  for (std::uint64_t const failing : {1u, 2u}) {
    {
      test::FileFaults const full{io::Op::kWrite, test::FileFaults::on_call(failing, ENOSPC)};
      std::byte byte{1};
      iovec const buffer{&byte, 1};
      Gather from{{&buffer, 1}};
      EXPECT_FALSE(part.write(from, 1, end_at(500)));
    }
    EXPECT_FALSE(has(part, 500));
    EXPECT_FALSE(has(open(), 500));
  }
}

// As a power failure may leave it.
TEST_F(PartFileTest, AMarkOnAHoleDoesNotCount) {
  FileMap const map{{{"a", 4096}, {"b", 4096}}};
  PartLayout const layout{map, 1 << 20};
  auto const [head, none] = layout.fragments(FileIndex{1});
  {
    PartFile part{kOurs, layout};
    ASSERT_TRUE(part.open(root_.get(), kName, io::Access::kWrite));
    std::byte byte{1};
    iovec const buffer{&byte, 1};
    Gather from{{&buffer, 1}};
    ASSERT_TRUE(part.write(from, 1, head));
  }
  std::string const before_ends = test::file_text(dir_ / kName).substr(0, 4096);
  fs::remove(dir_ / kName);
  std::ofstream{dir_ / kName, std::ios::binary} << before_ends;
  fs::resize_file(dir_ / kName, 3 * 4096);

  PartFile part{kOurs, layout};
  ASSERT_TRUE(part.open(root_.get(), kName, io::Access::kRead));

  EXPECT_TRUE(part.exists());
  EXPECT_FALSE(part.has(head));
}

TEST_F(PartFileTest, AnotherTorrentsIsLeftAlone) {
  {
    auto part = open();
    write(part, 0, 1000);
  }
  PartOwner other = kOurs;
  other.info_hash[19] = std::byte{1};

  expect_left_alone(open_for(other));
  expect_left_alone(open_for({kOurs.info_hash, 200}));
  EXPECT_EQ(read(open(), 0, 1000), pattern(0, 1000));
}

TEST_F(PartFileTest, WhatMayNotBeReadIsSomebodyElses) {
  std::ofstream{dir_ / kName} << "theirs";
  test::FileFaults const refused{io::Op::kOpenSafe, test::FileFaults::always(EACCES)};

  EXPECT_TRUE(open().foreign());
}

TEST_F(PartFileTest, OursIsOursThoughItMayNotBeWritten) {
  {
    PartFile part = open();
    write(part, 0, 10);
  }
  test::FileFaults const refused{io::Op::kOpenSafe, test::FileFaults::on_call(1, EACCES)};
  PartFile part{kOurs, layout_};

  auto const opened = part.open(root_.get(), kName, io::Access::kWrite);

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kPermission);
}

TEST_F(PartFileTest, WhatIsNotSealedIsLeftAloneWhateverItsSize) {
  std::size_t const whole = [this] {
    auto part = open();
    write(part, 0, 1);
    return static_cast<std::size_t>(fs::file_size(dir_ / kName));
  }();
  for (std::size_t const size : {std::size_t{1}, std::size_t{1000}, whole, whole + 10}) {
    fs::remove(dir_ / kName);
    std::ofstream{dir_ / kName} << std::string(size, 'u');

    expect_left_alone(open());
  }
}

// A kill leaves it where files cannot be made without a name.
TEST_F(PartFileTest, AnEmptyOneIsNobodys) {
  std::ofstream{dir_ / kName};
  auto part = open();
  EXPECT_FALSE(part.foreign());
  EXPECT_FALSE(part.exists());
  EXPECT_TRUE(part.remove());
  EXPECT_EQ(fs::file_size(dir_ / kName), 0u) << "before it is needed";

  write(part, 100, 50);

  EXPECT_EQ(read(open(), 100, 50), pattern(100, 50));
}

TEST_F(PartFileTest, AnEmptyOneThatIsFilledMeanwhileIsNotWrittenOver) {
  std::ofstream{dir_ / kName};
  auto part = open();
  std::ofstream{dir_ / kName} << "the user's";

  EXPECT_EQ(try_write(part).error().code, Errc::kUnsafePath);

  EXPECT_EQ(test::file_text(dir_ / kName), "the user's");
}

TEST_F(PartFileTest, ATornSealIsNone) {
  {
    auto part = open();
    write(part, 0, 10);
  }
  fs::resize_file(dir_ / kName, part_seal(kOurs, 1000).size() - 1);

  expect_left_alone(open());
}

TEST_F(PartFileTest, WithoutItsMarksNothingWasWritten) {
  {
    auto part = open();
    write(part, 0, 10);
  }
  fs::resize_file(dir_ / kName, part_seal(kOurs, 1000).size());

  auto const part = open();

  EXPECT_TRUE(part.exists());
  EXPECT_TRUE(part.has_none());
}

TEST_F(PartFileTest, CutItIsOursAndHasWhatIsLeft) {
  {
    auto part = open();
    write(part, 0, 1000);
  }
  fs::resize_file(dir_ / kName, part_ends_offset(1) + 250);

  auto part = open();

  EXPECT_FALSE(part.foreign());
  for (std::uint64_t end = 0; end < 1000; end += 100) EXPECT_EQ(has(part, end), end < 300) << end;
  EXPECT_EQ(read(part, 0, 200), pattern(0, 200));
  write(part, 300, 100);
  EXPECT_EQ(read(open(), 300, 100), pattern(300, 100));
}

TEST_F(PartFileTest, AppendedToItIsOurs) {
  {
    auto part = open();
    write(part, 0, 1000);
  }
  std::ofstream{dir_ / kName, std::ios::app | std::ios::binary} << std::string(9000, 'u');

  EXPECT_EQ(read(open(), 0, 1000), pattern(0, 1000));
}

// As a machine may leave it that lost its power.
TEST_F(PartFileTest, OneOfZerosIsNobodys) {
  for (bool const hole : {false, true}) {
    std::ofstream{dir_ / kName} << std::string(hole ? 0 : 300, '\0');
    fs::resize_file(dir_ / kName, 5000);
    auto part = open();
    EXPECT_FALSE(part.foreign());
    EXPECT_FALSE(part.exists());

    write(part, 100, 50);

    EXPECT_EQ(read(open(), 100, 50), pattern(100, 50));
    fs::remove(dir_ / kName);
  }
}

TEST_F(PartFileTest, OneByteThatIsNoneMakesItSomebodys) {
  for (std::size_t const at : {0, 299}) {
    std::string text(300, '\0');
    text[at] = 'u';
    fs::remove(dir_ / kName);
    std::ofstream{dir_ / kName} << text;

    expect_left_alone(open());
  }
}

TEST_F(PartFileTest, MoreZerosThanOursEverHasAreSomebodys) {
  std::ofstream{dir_ / kName};
  fs::resize_file(dir_ / kName, part_ends_offset(1) + 1001);

  EXPECT_TRUE(open().foreign());
}

TEST_F(PartFileTest, WhoInsistsGetsANewOneAtTheFirstWrite) {
  std::ofstream{dir_ / kName} << std::string(1000, 'u');
  auto part = open();
  part.insist();
  EXPECT_TRUE(part.remove());
  EXPECT_EQ(test::file_text(dir_ / kName), std::string(1000, 'u')) << "before it is needed";

  write(part, 100, 50);

  EXPECT_FALSE(part.foreign());
  EXPECT_EQ(read(open(), 0, 100), std::vector<std::byte>(100));
  EXPECT_EQ(read(open(), 100, 50), pattern(100, 50));
}

TEST_F(PartFileTest, AFailedBeginningLeavesNothing) {
  for (auto const op : {io::Op::kWrite, io::Op::kSync}) {
    auto part = open();
    test::FileFaults const full{op, test::FileFaults::always(ENOSPC)};

    EXPECT_FALSE(try_write(part));
    EXPECT_FALSE(is_there());
  }
}

// As on network file systems.
TEST_F(PartFileTest, IsMadeWhereFilesCannotBeWithoutAName) {
  for (auto const op : {io::Op::kOpen, io::Op::kLink}) {
    auto part = open();
    {
      test::FileFaults const none{op, test::FileFaults::always(EOPNOTSUPP)};
      write(part, 100, 50);
    }

    EXPECT_EQ(read(open(), 100, 50), pattern(100, 50));
    EXPECT_TRUE(part.remove());
  }
}

TEST_F(PartFileTest, WhatAppearedSinceIsNotWrittenOver) {
  auto part = open();
  std::ofstream{dir_ / kName} << "the user's";

  EXPECT_EQ(try_write(part).error().code, Errc::kUnsafePath);

  EXPECT_EQ(test::file_text(dir_ / kName), "the user's");
}

TEST_F(PartFileTest, WhatTookItsPlaceIsNotRemoved) {
  auto part = open();
  write(part, 0, 10);
  fs::remove(dir_ / kName);
  std::ofstream{dir_ / kName} << "the user's";

  EXPECT_TRUE(part.remove());

  EXPECT_EQ(test::file_text(dir_ / kName), "the user's");
}

TEST_F(PartFileTest, RemovedIsGoneAndMayBeMadeAnew) {
  auto part = open();
  write(part, 0, 10);

  ASSERT_TRUE(part.remove());

  EXPECT_FALSE(is_there());
  write(part, 20, 10);
  EXPECT_EQ(read(part, 20, 10), pattern(20, 10));
  EXPECT_EQ(read(part, 0, 10), std::vector<std::byte>(10));
}

TEST_F(PartFileTest, ALinkInItsPlaceIsSomebodyElses) {
  std::ofstream{dir_ / "elsewhere"} << "precious";
  fs::create_symlink("elsewhere", dir_ / kName);
  auto part = open();
  part.insist();

  EXPECT_TRUE(part.foreign());
  EXPECT_FALSE(part.replaceable());
  EXPECT_FALSE(try_write(part));
  EXPECT_EQ(fs::file_size(dir_ / "elsewhere"), 8u);
}

}  // namespace
}  // namespace btfast::storage
