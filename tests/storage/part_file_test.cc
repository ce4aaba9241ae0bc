#include "storage/part_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::pattern;

constexpr char const* kName = "x.btfast-part";
constexpr PartOwner kOurs{{std::byte{7}}, 100};

class PartFileTest : public testing::Test {
 protected:
  PartFileTest() : root_(*io::open_directory(dir_.path().string())) {}

  PartFile open(io::Access access = io::Access::kWrite) { return open_for(kOurs, access); }
  PartFile open_for(PartOwner const& owner, io::Access access = io::Access::kWrite) {
    PartFile part{owner, 1000};
    EXPECT_TRUE(part.open(root_.get(), kName, access));
    return part;
  }
  static Status try_write(PartFile& part) {
    std::byte byte{1};
    iovec const buffer{&byte, 1};
    Gather from{{&buffer, 1}};
    return part.write(from, 1, 0);
  }
  // Neither read nor written nor removed.
  void expect_left_alone(PartFile part) {
    auto const before = test::file_text(dir_ / kName);
    EXPECT_TRUE(part.foreign());
    EXPECT_FALSE(part.exists());
    EXPECT_TRUE(part.is_hole(0, 1000));
    EXPECT_EQ(read(part, 0, 1000), std::vector<std::byte>(1000));
    EXPECT_FALSE(try_write(part));
    EXPECT_TRUE(part.remove());
    EXPECT_EQ(test::file_text(dir_ / kName), before);
  }
  static void write(PartFile& part, std::uint64_t offset, std::uint64_t length) {
    auto bytes = pattern(offset, length);
    iovec const list{bytes.data(), bytes.size()};
    Gather gather{{&list, 1}};
    EXPECT_TRUE(part.write(gather, length, offset));
  }
  static std::vector<std::byte> read(PartFile const& part, std::uint64_t offset,
                                     std::size_t length) {
    std::vector<std::byte> bytes(length, std::byte{0xEE});
    EXPECT_TRUE(part.read(bytes, offset));
    return bytes;
  }
  bool is_there() const { return fs::exists(dir_ / kName); }

  test::TempDir dir_;
  Fd root_;
};

TEST_F(PartFileTest, IsMadeByTheFirstWriteOnly) {
  auto part = open();

  EXPECT_FALSE(part.exists());
  EXPECT_EQ(read(part, 10, 20), std::vector<std::byte>(20));
  EXPECT_TRUE(part.is_hole(0, 1000));
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
  EXPECT_FALSE(part.is_hole(100, 50));
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
  PartFile part{kOurs, 1000};

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
  for (std::size_t const size : {std::size_t{0}, std::size_t{10}, std::size_t{1000}, whole}) {
    fs::remove(dir_ / kName);
    std::ofstream{dir_ / kName} << std::string(size, 'u');

    expect_left_alone(open());
  }
}

TEST_F(PartFileTest, ATornSealIsNone) {
  {
    auto part = open();
    write(part, 0, 10);
  }
  fs::resize_file(dir_ / kName, fs::file_size(dir_ / kName) - 1);

  expect_left_alone(open());
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
