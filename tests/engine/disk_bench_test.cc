#include "engine/bench/disk_bench.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/no_more_threads.h"
#include "tests/support/temp_dir.h"

namespace btfast::bench {
namespace {

TEST(DiskBench, WritesAndReadsBackAndLeavesNothing) {
  test::TempDir const dir;

  auto const disk = bench_disk({.dir = dir.path().string(), .workers = 2, .bytes = 16 * kMiB});

  ASSERT_TRUE(disk) << failure_text(disk.error());
  EXPECT_GT(disk->write.bytes, 0u);
  EXPECT_GE(disk->write_synced.wall_s, disk->write.wall_s);
  EXPECT_GT(disk->read_verified.bytes, 0u);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(DiskBench, WithoutThreadsIsAFailureThatSaysSo) {
  test::TempDir const dir;
  test::NoMoreThreads const none;

  auto const disk = bench_disk({.dir = dir.path().string(), .workers = 2, .bytes = 16 * kMiB});

  ASSERT_FALSE(disk);
  EXPECT_EQ(disk.error().code, Errc::kNoResource);
}

TEST(DiskBench, NamesADirectoryItCannotUse) {
  auto const disk = bench_disk({.dir = "/nonexistent/dir"});

  ASSERT_FALSE(disk);
  EXPECT_NE(failure_text(disk.error()).find("/nonexistent/dir"), std::string::npos);
}

}  // namespace
}  // namespace btfast::bench
