#include "storage/part_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using test::pattern;

class PartFileTest : public testing::Test {
 protected:
  PartFileTest() : root_(*io::open_directory(dir_.path().string())) {}

  PartFile open(io::Access access = io::Access::kWrite) {
    PartFile part{1000};
    EXPECT_TRUE(part.open(root_.get(), "x.btfast-part", access));
    return part;
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
  bool is_there() const { return fs::exists(dir_ / "x.btfast-part"); }

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

TEST_F(PartFileTest, AnEmptyOneIsWhatAKillLeft) {
  std::ofstream{dir_ / "x.btfast-part"};

  auto part = open();

  EXPECT_FALSE(part.foreign());
  EXPECT_EQ(read(part, 2, 5), std::vector<std::byte>(5));
  EXPECT_TRUE(part.is_hole(500, 10));
  write(part, 100, 50);
  EXPECT_EQ(read(part, 100, 50), pattern(100, 50));
}

TEST_F(PartFileTest, AFileOfAnotherSizeIsSomebodyElses) {
  std::ofstream{dir_ / "x.btfast-part"} << "the user's";
  auto part = open();
  std::byte byte{1};
  iovec const buffer{&byte, 1};
  Gather from{{&buffer, 1}};

  EXPECT_TRUE(part.foreign());
  EXPECT_FALSE(part.exists());
  EXPECT_FALSE(part.write(from, 1, 0));
  EXPECT_TRUE(part.remove());

  EXPECT_EQ(fs::file_size(dir_ / "x.btfast-part"), 10u);
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
  fs::create_symlink("elsewhere", dir_ / "x.btfast-part");
  PartFile part{1000};

  ASSERT_TRUE(part.open(root_.get(), "x.btfast-part", io::Access::kWrite));

  std::byte byte{1};
  iovec const buffer{&byte, 1};
  Gather from{{&buffer, 1}};
  EXPECT_TRUE(part.foreign());
  EXPECT_FALSE(part.write(from, 1, 0));
  EXPECT_EQ(fs::file_size(dir_ / "elsewhere"), 8u);
}

}  // namespace
}  // namespace btfast::storage
