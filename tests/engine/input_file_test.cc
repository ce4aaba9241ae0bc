#include "engine/metainfo/input_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/bencode_text.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

class InputFileTest : public ::testing::Test {
 protected:
  std::string put(std::string const& name, std::string_view content) {
    std::ofstream{temp_ / name, std::ios::binary} << content;
    return (temp_ / name).string();
  }

  test::TempDir temp_;
};

TEST_F(InputFileTest, ReadsAFileWhole) {
  std::string const text = test::repeat("0123456789", 20'000);  // more than one read
  auto const path = put("big", text);

  auto const bytes = read_input_file(path, 1'000'000);

  ASSERT_TRUE(bytes) << bytes.error().detail;
  EXPECT_EQ(*bytes, test::to_bytes(text));
}

TEST_F(InputFileTest, AnEmptyFileIsNoBytes) {
  auto const bytes = read_input_file(put("empty", ""), 10);

  ASSERT_TRUE(bytes);
  EXPECT_TRUE(bytes->empty());
}

TEST_F(InputFileTest, TheLimitItselfIsAllowedAndAByteMoreIsNot) {
  auto const path = put("ten", "0123456789");

  auto const fits = read_input_file(path, 10);
  auto const too_large = read_input_file(path, 9);

  EXPECT_TRUE(fits);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, Errc::kTooLarge);
}

TEST_F(InputFileTest, ADirectoryIsRefusedByName) {
  auto const bytes = read_input_file(temp_.path().string(), 10);

  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::kBadMetainfo);
  EXPECT_NE(bytes.error().detail.find("is a directory"), std::string::npos);
}

// Nobody writes: opening it to read would wait for ever.
TEST_F(InputFileTest, AFifoIsRefusedWithoutWaitingForAWriter) {
  std::string const path = (temp_ / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);

  auto const bytes = read_input_file(path, 10);

  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().detail.find("nobody writes"), std::string::npos);
}

TEST_F(InputFileTest, AFifoIsReadToItsEndWhoeverOpensItFirst) {
  std::string const path = (temp_ / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::string const text = test::repeat("0123456789", 20'000);  // more than a pipe holds
  std::jthread const writer{[&] { std::ofstream{path, std::ios::binary} << text; }};

  auto const bytes = read_input_file(path, 1'000'000);

  ASSERT_TRUE(bytes) << bytes.error().detail;
  EXPECT_EQ(*bytes, test::to_bytes(text));
}

// Longer than a FIFO without any writer is given.
TEST_F(InputFileTest, AWriterThatIsSlowIsWaitedFor) {
  std::string const path = (temp_ / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::jthread const writer{[&] {
    int const fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    std::this_thread::sleep_for(std::chrono::milliseconds{2'500});
    EXPECT_EQ(::write(fd, "spam", 4), 4);
    (void)::close(fd);
  }};

  auto const bytes = read_input_file(path, 10);

  ASSERT_TRUE(bytes) << bytes.error().detail;
  EXPECT_EQ(*bytes, test::to_bytes("spam"));
}

TEST_F(InputFileTest, ADescriptorIsReadThroughItsName) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  ASSERT_EQ(::write(pipe[1], "spam", 4), 4);
  ::close(pipe[1]);

  auto const bytes = read_input_file("/dev/fd/" + std::to_string(pipe[0]), 10);

  ASSERT_TRUE(bytes) << bytes.error().detail;
  EXPECT_EQ(*bytes, test::to_bytes("spam"));
  ::close(pipe[0]);
  auto const closed = read_input_file("/proc/self/fd/" + std::to_string(pipe[0]), 10);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().sys_errno, EBADF);
}

TEST_F(InputFileTest, WhatIsWrongWithTheFileIsABadTorrent) {
  auto const missing = read_input_file((temp_ / "none").string(), 10);
  auto const device = read_input_file("/dev/null", 10);

  ASSERT_FALSE(missing || device);
  EXPECT_EQ(missing.error().code, Errc::kBadMetainfo);
  EXPECT_EQ(missing.error().sys_errno, ENOENT);
  EXPECT_EQ(device.error().code, Errc::kBadMetainfo);
}

// Standard input replaced by a file for as long as the object lives.
class StandardInput {
 public:
  explicit StandardInput(std::string const& path) : saved_(::dup(STDIN_FILENO)) {
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(::dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)::close(fd);
  }
  ~StandardInput() {
    if (saved_ >= 0) {
      (void)::dup2(saved_, STDIN_FILENO);
      (void)::close(saved_);
    } else {
      (void)::close(STDIN_FILENO);
    }
  }
  StandardInput(StandardInput const&) = delete;
  StandardInput& operator=(StandardInput const&) = delete;

 private:
  int const saved_;
};

TEST_F(InputFileTest, ADashIsStandardInputUnderTheSameLimit) {
  auto const path = put("piped", "spam");
  {
    StandardInput const input{path};
    auto const bytes = read_input_file("-", 4);

    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, test::to_bytes("spam"));
  }
  {
    StandardInput const input{path};
    EXPECT_TRUE(read_input_file("/dev/stdin", 4));
  }
  StandardInput const input{path};
  auto const bytes = read_input_file("-", 3);

  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, Errc::kTooLarge);
  EXPECT_EQ(input_file_name("-"), "standard input");
  EXPECT_EQ(input_file_name(path), path);
}

}  // namespace
}  // namespace btfast
