#include "cli/result_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <string>
#include <thread>

namespace btfast::cli {
namespace {

std::string read_to_end(int fd) {
  std::string all;
  std::array<char, 4096> part;
  for (ssize_t n = 1; n > 0;) {
    n = ::read(fd, part.data(), part.size());
    if (n > 0) all.append(part.data(), static_cast<std::size_t>(n));
  }
  return all;
}

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

// With a pipe that was told not to wait, as another program may have left ours.
TEST(ResultBuffer, AllOfAResultComesThroughHoweverSlowItIsRead) {
  std::string const much = pattern(300'000);
  for (int const flags : {O_CLOEXEC, O_CLOEXEC | O_NONBLOCK}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::fcntl(ends[1], F_SETFL, flags & O_NONBLOCK);
    std::string got;
    std::thread reader{[&] { got = read_to_end(ends[0]); }};
    {
      ResultBuffer buffer{ends[1]};
      std::ostream out{&buffer};
      out << "7 " << much << std::endl;
      EXPECT_TRUE(out);
      EXPECT_EQ(buffer.why(), 0);
    }
    ::close(ends[1]);
    reader.join();
    EXPECT_EQ(got, "7 " + much + "\n");
    ::close(ends[0]);
  }
}

// A full pipe.
class ResultBufferStop : public testing::Test {
 protected:
  ResultBufferStop() {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    before_.resize(static_cast<std::size_t>(::fcntl(ends_[1], F_GETPIPE_SZ)), 'x');
    EXPECT_EQ(::write(ends_[1], before_.data(), before_.size()),
              static_cast<ssize_t>(before_.size()));
  }
  ~ResultBufferStop() override {
    for (int const end : ends_) ::close(end);
  }

  std::array<int, 2> ends_{};
  std::string before_;
};

TEST_F(ResultBufferStop, AReaderThatStandsStillIsGivenUpThen) {
  ResultBuffer buffer{ends_[1], []() noexcept { return true; }};
  std::ostream out{&buffer};

  out << "result" << std::flush;

  EXPECT_FALSE(out);
  EXPECT_EQ(why_unwritten(out), ResultBuffer::kNobodyRead);
  EXPECT_EQ(unwritten_text(why_unwritten(out)), "nobody read it");
}

TEST_F(ResultBufferStop, OneThatIsOnlySlowHasAllOfIt) {
  std::string const much = pattern(200'000);
  std::string got;
  std::thread reader{[&] {
    std::string part(4096, ' ');
    while (got.size() < before_.size() + much.size()) {
      ssize_t const n = ::read(ends_[0], part.data(), part.size());
      if (n <= 0) return;
      got.append(part, 0, static_cast<std::size_t>(n));
    }
  }};
  ResultBuffer buffer{ends_[1], []() noexcept { return true; }};
  std::ostream out{&buffer};

  out << much << std::flush;

  EXPECT_TRUE(out);
  reader.join();
  EXPECT_EQ(got, before_ + much);
}

TEST(ResultBuffer, RemembersWhyItFailed) {
  int const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ResultBuffer buffer{full};
  std::ostream out{&buffer};
  out << "held back";
  EXPECT_TRUE(out);
  out.flush();
  EXPECT_FALSE(out);
  EXPECT_EQ(why_unwritten(out), ENOSPC);
  ::close(full);
  out.clear();
  out << "more" << std::flush;
  EXPECT_EQ(why_unwritten(out), ENOSPC) << "the first reason stays";
}

TEST(ResultBuffer, StandardOutputIsOneWhileItIsWished) {
  auto* const before = std::cout.rdbuf();
  testing::internal::CaptureStdout();
  {
    StandardOutput const output;
    EXPECT_NE(std::cout.rdbuf(), before);
    std::cout << "said";
  }
  EXPECT_EQ(std::cout.rdbuf(), before);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "said");
}

}  // namespace
}  // namespace btfast::cli
