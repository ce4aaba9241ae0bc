#include "cli/swarm_content.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/base/types.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

bool always(std::uint64_t) { return true; }

TEST(SwarmContent, IsTheSameEveryTimeAndToldInParts) {
  test::TempDir const dir;
  std::uint64_t const size = 9 * kMiB + 1;
  std::uint64_t told = 0;
  int parts = 0;

  ASSERT_TRUE(write_random_file(dir / "a/x", size, [&](std::uint64_t bytes) {
    told += bytes;
    ++parts;
    return true;
  }));
  ASSERT_TRUE(write_random_file(dir / "b/x", size, always));

  EXPECT_EQ(told, size);
  EXPECT_EQ(parts, 3);
  EXPECT_EQ(fs::file_size(dir / "a/x"), size);
  EXPECT_EQ(text_of(dir / "a/x"), text_of(dir / "b/x"));
}

TEST(SwarmContent, WhoIsAskedMayEndIt) {
  test::TempDir const dir;

  auto const written =
      write_random_file(dir / "a/x", 9 * kMiB, [](std::uint64_t) { return false; });

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kCancelled);
}

TEST(SwarmContent, WhatCannotBeWrittenIsNamed) {
  auto const written = write_random_file("/nonexistent/a/x", kMiB, always);

  ASSERT_FALSE(written);
  EXPECT_NE(failure_text(written.error()).find("/nonexistent/a/x"), std::string::npos);
}

TEST(SwarmContent, SharedIsTheSameUnderAnotherName) {
  test::TempDir const dir;
  ASSERT_TRUE(write_random_file(dir / "a/x", 1000, always));

  ASSERT_TRUE(share_file(dir / "a/x", dir / "b/x"));

  EXPECT_EQ(text_of(dir / "b/x"), text_of(dir / "a/x"));
  EXPECT_FALSE(share_file(dir / "a/x", dir / "b/x")) << "it is there";
}

}  // namespace
}  // namespace btfast::cli
