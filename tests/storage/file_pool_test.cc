#include "storage/file_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/limits.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

using io::Op;
using test::FileFaults;

class FilePoolTest : public testing::Test {
 protected:
  // Files 0 … count - 1, each holding its own index.
  FileMap make_files(std::uint32_t count) {
    std::vector<FileSpec> specs;
    for (std::uint32_t f = 0; f < count; ++f) {
      specs.push_back({"f" + std::to_string(f), sizeof f});
      std::ofstream{dir_ / specs.back().path}.write(reinterpret_cast<char const*>(&f), sizeof f);
    }
    return FileMap{std::move(specs)};
  }
  static std::uint32_t content(int fd) {
    std::uint32_t value = 0;
    EXPECT_TRUE(io::read_at(fd, std::as_writable_bytes(std::span{&value, 1}), 0));
    return value;
  }

  test::TempDir dir_;
  Fd root_ = *io::open_directory(dir_.path());
};

TEST_F(FilePoolTest, FileIsOpenedOnceHoweverOftenItIsUsed) {
  FileMap const map = make_files(1);
  FilePool pool{root_.get(), map, io::Access::kRead, 4};
  FileFaults const count{Op::kOpenSafe, FileFaults::always(0)};

  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.use(FileIndex{0}));

  EXPECT_EQ(count.calls(Op::kOpenSafe), 1u);
}

TEST_F(FilePoolTest, WhatIsNotTheFileThatIsMeantIsNotOpened) {
  FileMap const map = make_files(2);
  FilePool pool{root_.get(), map, io::Access::kWrite, 4, {.is_meant = [](FileIndex file, int fd) {
                  return content(fd) == file.value;
                }}};
  std::filesystem::rename(dir_ / "f0", dir_ / "f1");

  auto const other = pool.use(FileIndex{1});

  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::kNotFound);
  EXPECT_EQ(other.error().sys_errno, FilePool::kReplaced);
  EXPECT_EQ(pool.open_count(), 0u);
}

TEST_F(FilePoolTest, WhatCannotBeLookedAtIsNotTakenForAnother) {
  FileMap const map = make_files(1);
  FilePool pool{root_.get(), map, io::Access::kWrite, 4, {.is_meant = [](FileIndex, int) {
                  return Expected<bool>{Error{Errc::kDiskIo, ESTALE}};
                }}};

  auto const use = pool.use(FileIndex{0});

  ASSERT_FALSE(use);
  EXPECT_EQ(use.error(), (Error{Errc::kDiskIo, ESTALE}));
}

TEST_F(FilePoolTest, EachFileThatIsClosedIsGivenToItsKeeper) {
  FileMap const map = make_files(4);
  std::vector<std::uint32_t> closed;
  FilePool pool{root_.get(), map, io::Access::kRead, 1, {.close = [&](FileIndex file, Fd fd) {
                  EXPECT_EQ(content(fd.get()), file.value);
                  closed.push_back(file.value);
                }}};
  for (std::uint32_t f = 0; f < 3; ++f) ASSERT_TRUE(pool.use(FileIndex{f}));
  EXPECT_EQ(closed, (std::vector<std::uint32_t>{0, 1})) << "to make room";
  ASSERT_TRUE(pool.forget(FileIndex{2}));
  ASSERT_TRUE(pool.use(FileIndex{3}));

  pool.set_access(io::Access::kRead);

  EXPECT_EQ(closed, (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

TEST_F(FilePoolTest, WhatIsToBeReadOnlyIsNotOpenedToBeWritten) {
  FileMap const map = make_files(2);
  FilePool pool{root_.get(), map, io::Access::kWrite, 4};
  pool.set_access(io::Access::kRead);
  EXPECT_FALSE(pool.use(FileIndex{0})->writable());

  pool.set_access(io::Access::kWrite);
  pool.only_read(FileIndex{1});

  EXPECT_EQ(pool.open_count(), 0u) << "what was open is opened anew";
  EXPECT_TRUE(pool.use(FileIndex{0})->writable());
  EXPECT_FALSE(pool.use(FileIndex{1})->writable());
}

TEST_F(FilePoolTest, FiveThousandFilesGoThroughAFewDescriptors) {
  FileMap const map = make_files(5'000);
  FilePool pool{root_.get(), map, io::Access::kRead, 16};

  for (std::uint32_t f = 0; f < 5'000; ++f) {
    auto const use = pool.use(FileIndex{f});
    ASSERT_TRUE(use);
    ASSERT_EQ(content(use->fd()), f);
    ASSERT_LE(pool.open_count(), 16u);
  }
}

TEST_F(FilePoolTest, FileInUseIsNeverClosed) {
  FileMap const map = make_files(20);
  FilePool pool{root_.get(), map, io::Access::kRead, 2};
  auto const held = pool.use(FileIndex{0});
  ASSERT_TRUE(held);

  for (std::uint32_t f = 1; f < 20; ++f) ASSERT_TRUE(pool.use(FileIndex{f}));

  EXPECT_EQ(content(held->fd()), 0u);
  EXPECT_LE(pool.open_count(), 2u);
}

TEST_F(FilePoolTest, MoreFilesInUseThanAllowedStillOpen) {
  FileMap const map = make_files(5);
  FilePool pool{root_.get(), map, io::Access::kRead, 2};
  std::vector<FilePool::Use> held;
  for (std::uint32_t f = 0; f < 5; ++f) {
    auto use = pool.use(FileIndex{f});
    ASSERT_TRUE(use);
    held.push_back(*std::move(use));
  }

  for (std::uint32_t f = 0; f < 5; ++f) EXPECT_EQ(content(held[f].fd()), f);
}

TEST_F(FilePoolTest, FileUsedAllTheTimeOutlivesFilesUsedOnce) {
  FileMap const map = make_files(100);
  FilePool pool{root_.get(), map, io::Access::kRead, 8};

  int missed = 0;
  for (std::uint32_t f = 1; f < 100; ++f) {
    ASSERT_TRUE(pool.use(FileIndex{f}));
    if (f > 1 && !pool.try_use(FileIndex{0})) ++missed;
    ASSERT_TRUE(pool.use(FileIndex{0}));
  }

  EXPECT_EQ(missed, 0);
}

TEST_F(FilePoolTest, TryUseNeverOpens) {
  FileMap const map = make_files(1);
  FilePool pool{root_.get(), map, io::Access::kRead, 2};

  EXPECT_FALSE(pool.try_use(FileIndex{0}));
  ASSERT_TRUE(pool.use(FileIndex{0}));
  EXPECT_TRUE(pool.try_use(FileIndex{0}));
  pool.forget(FileIndex{0});
  EXPECT_FALSE(pool.try_use(FileIndex{0}));
}

TEST_F(FilePoolTest, OutOfDescriptorsItClosesItsOwnAndTriesAgain) {
  FileMap const map = make_files(10);
  FilePool pool{root_.get(), map, io::Access::kRead, 100};
  for (std::uint32_t f = 0; f < 9; ++f) ASSERT_TRUE(pool.use(FileIndex{f}));
  FileFaults const faults{
      Op::kOpenSafe, [&](std::uint64_t nth) { return io::Fault{.error = nth <= 2 ? EMFILE : 0}; }};

  ASSERT_TRUE(pool.use(FileIndex{9}));

  EXPECT_EQ(pool.open_count(), 8u) << "two closed, one opened";
}

TEST_F(FilePoolTest, OutOfDescriptorsWithNothingToCloseIsAnError) {
  FileMap const map = make_files(1);
  FilePool pool{root_.get(), map, io::Access::kRead, 100};
  FileFaults const faults{Op::kOpenSafe, FileFaults::always(EMFILE)};

  auto const use = pool.use(FileIndex{0});

  ASSERT_FALSE(use);
  EXPECT_EQ(use.error(), (Error{Errc::kNoResource, EMFILE}));
}

TEST_F(FilePoolTest, MissingFileIsNotMade) {
  FileMap const map{{{"gone", 1}}};
  FilePool pool{root_.get(), map, io::Access::kWrite, 2};

  auto const use = pool.use(FileIndex{0});

  ASSERT_FALSE(use);
  EXPECT_EQ(use.error().code, Errc::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "gone"));
}

// Method: threads use many files through two descriptors.  A pool that closed a file in
// use would read another file's index, or a closed descriptor.
TEST_F(FilePoolTest, RacingThreadsAlwaysReadTheFileTheyAskedFor) {
  constexpr std::uint32_t kFiles = 8;
  FileMap const map = make_files(kFiles);
  FilePool pool{root_.get(), map, io::Access::kRead, 2};
  std::atomic<int> wrong{0};

  auto const reader = [&](std::uint32_t seed) {
    for (std::uint32_t i = 0; i < 5'000; ++i) {
      std::uint32_t const f = (seed + i * 7 + i / 3) % kFiles;
      auto const use = pool.use(FileIndex{f});
      if (!use || content(use->fd()) != f) ++wrong;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < 4; ++t) threads.emplace_back(reader, t * 3);
  }

  EXPECT_EQ(wrong, 0);
  EXPECT_LE(pool.open_count(), 6u);
}

TEST_F(FilePoolTest, FileThatMayNotBeWrittenIsOpenedToBeRead) {
  FileMap const map = make_files(2);
  FilePool pool{root_.get(), map, io::Access::kWrite, 4};
  FileFaults const faults{Op::kOpenSafe, FileFaults::on_call(1, EROFS)};

  auto const refused = pool.use(FileIndex{0});
  auto const allowed = pool.use(FileIndex{1});

  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->writable());
  EXPECT_EQ(content(refused->fd()), 0u);
  EXPECT_FALSE(pool.try_use(FileIndex{0})->writable()) << "remembered";
  EXPECT_TRUE(allowed->writable());
}

TEST_F(FilePoolTest, FileThatMayNotEvenBeReadIsRefusedAsItWasForWriting) {
  FileMap const map = make_files(1);
  FilePool pool{root_.get(), map, io::Access::kWrite, 4};
  FileFaults const faults{Op::kOpenSafe, [](std::uint64_t nth) {
                            return io::Fault{.error = nth == 1 ? EROFS : EACCES};
                          }};

  auto const refused = pool.use(FileIndex{0});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sys_errno, EROFS);
}

TEST(FilePoolSize, LeavesRoomUnderTheProcessLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);

  rlimit low = before;
  low.rlim_cur = 256;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(FilePool::default_open_max(), (256u - limits::kReservedFds) / 2);
  low.rlim_cur = limits::kReservedFds;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(FilePool::default_open_max(), 1u);

  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_LE(FilePool::default_open_max(), limits::kOpenFiles);
}

}  // namespace
}  // namespace btfast::storage
