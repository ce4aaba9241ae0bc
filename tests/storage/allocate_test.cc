#include "storage/allocate.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

using io::Op;
using test::FileFaults;

constexpr std::uint64_t kSize = 3'000'000;

class AllocateTest : public testing::Test {
 protected:
  Status lay_out_to(std::uint64_t size, AllocMode mode) {
    return lay_out(file_.get(), *io::info(file_.get()), size, mode);
  }
  io::FileInfo info() const { return *io::info(file_.get()); }

  test::TempDir dir_;
  Fd root_ = *io::open_directory(dir_.path());
  Fd file_ = *io::create_beneath(root_.get(), "a", 0600);
};

TEST_F(AllocateTest, SparseFileHasItsSizeAndNoBlocks) {
  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kSparse));

  EXPECT_EQ(info().size, kSize);
  EXPECT_LT(info().allocated, kSize);
}

TEST_F(AllocateTest, FullFileHasItsBlocksWhereTheFileSystemCan) {
  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kFull));

  EXPECT_EQ(info().size, kSize);
  if (default_alloc_mode(root_.get()) == AllocMode::kFull) {
    EXPECT_GE(info().allocated, kSize);
  }
}

TEST_F(AllocateTest, SparseFileBecomesFull) {
  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kSparse));
  FileFaults const count{Op::kAllocate, FileFaults::always(0)};

  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kFull));

  EXPECT_EQ(count.calls(Op::kAllocate), 1u);
  EXPECT_EQ(info().size, kSize);
}

TEST_F(AllocateTest, UnsupportedAllocationFallsBackToSparse) {
  FileFaults const faults{Op::kAllocate, FileFaults::always(EOPNOTSUPP)};

  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kFull));

  EXPECT_EQ(info().size, kSize);
}

TEST_F(AllocateTest, FullDiskIsAFailureAndLeavesTheFileAsItWas) {
  ASSERT_TRUE(lay_out_to(1000, AllocMode::kSparse));
  FileFaults const faults{Op::kAllocate, FileFaults::always(ENOSPC)};

  auto const laid_out = lay_out_to(kSize, AllocMode::kFull);

  ASSERT_FALSE(laid_out);
  EXPECT_EQ(laid_out.error(), (Error{Errc::kDiskFull, ENOSPC}));
  EXPECT_EQ(info().size, 1000u);
}

TEST_F(AllocateTest, RefusedSizeIsAFailure) {
  FileFaults const faults{Op::kTruncate, FileFaults::always(EFBIG)};

  auto const laid_out = lay_out_to(kSize, AllocMode::kSparse);

  ASSERT_FALSE(laid_out);
  EXPECT_EQ(laid_out.error(), (Error{Errc::kDiskIo, EFBIG}));
}

TEST_F(AllocateTest, FileOfTheRightSizeIsNotTouched) {
  ASSERT_TRUE(lay_out_to(kSize, AllocMode::kSparse));
  FileFaults const faults{Op::kTruncate, FileFaults::always(EIO)};

  EXPECT_TRUE(lay_out_to(kSize, AllocMode::kSparse));
}

}  // namespace
}  // namespace btfast::storage
