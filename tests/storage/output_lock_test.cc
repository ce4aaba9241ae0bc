#include "storage/output_lock.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "storage/file_storage.h"
#include "storage/io.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

class OutputLockTest : public testing::Test {
 protected:
  OutputLockTest() : root_(*io::open_directory(dir_.path().string())) {
    std::ofstream{dir_ / "file"} << "x";
    std::filesystem::create_directories(dir_ / "top/below");
  }
  Expected<OutputLock> take(std::string const& path) const {
    return OutputLock::take(root_.get(), path);
  }

  test::TempDir dir_;
  Fd root_;
};

TEST_F(OutputLockTest, ASecondHolderIsRefusedUntilTheFirstLetsGo) {
  for (std::string const path : {"file", "top/below/file"}) {
    {
      auto const first = take(path);
      ASSERT_TRUE(first && *first) << path;

      auto const second = take(path);
      ASSERT_FALSE(second) << path;
      EXPECT_EQ(second.error().code, Errc::kBusy);
    }
    EXPECT_TRUE(take(path)) << path;
  }
}

TEST_F(OutputLockTest, WhatIsNotThereIsNotFound) {
  auto const lock = take("absent");

  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, Errc::kNotFound);
}

TEST_F(OutputLockTest, WithoutLocksWeGoOnWithoutOne) {
  test::FileFaults const faults{io::Op::kLock, test::FileFaults::always(ENOLCK)};

  auto const lock = take("file");

  ASSERT_TRUE(lock);
  EXPECT_FALSE(*lock);
}

TEST_F(OutputLockTest, WhatIsLockedOnlyWhereItMayBeWrittenIsOpenedSo) {
  test::FileFaults const as_nfs{io::Op::kLock, test::FileFaults::on_call(1, EBADF)};

  auto const lock = take("file");

  ASSERT_TRUE(lock);
  EXPECT_TRUE(*lock);
  EXPECT_EQ(as_nfs.calls(io::Op::kLock), 2u);
}

TEST_F(OutputLockTest, StorageOfABusyOutputIsRefusedAndChangesNothing) {
  auto const make = [&](std::uint64_t length) {
    return FileStorage{dir_.path().string(), FileMap{{{.path = "top/a", .length = length}}}};
  };
  auto first = make(100);
  ASSERT_TRUE(first.prepare());

  auto second = make(200);
  auto const prepared = second.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kBusy);
  EXPECT_NE(prepared.error().detail.find((dir_ / "top").string()), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(dir_ / "top/a"), 100u);
}

TEST_F(OutputLockTest, ANewOutputIsLockedOnceItIsThere) {
  FileStorage first{dir_.path().string(), FileMap{{{.path = "new", .length = 10}}}};
  ASSERT_TRUE(first.prepare());

  auto const second = take("new");

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
}

}  // namespace
}  // namespace btfast::storage
