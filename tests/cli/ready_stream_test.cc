#include "cli/ready_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>

namespace btfast::cli {
namespace {

// A pipe that holds a whole number of PIPE_BUF; its reader reads when told.
class ReadyStreamTest : public testing::Test {
 protected:
  ReadyStreamTest() {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    capacity_ = static_cast<std::size_t>(::fcntl(ends_[1], F_GETPIPE_SZ));
  }
  ~ReadyStreamTest() override {
    for (int const end : ends_) ::close(end);
  }
  int theirs() const { return ends_[1]; }
  std::string read(std::size_t bytes) const {
    std::string out(bytes, '\0');
    ssize_t const n = ::read(ends_[0], out.data(), out.size());
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }

  std::array<int, 2> ends_{};
  std::size_t capacity_ = 0;
};

TEST_F(ReadyStreamTest, AFullPipeTakesNothingAndHoldsNobodyUp) {
  std::string const much(2 * capacity_, 'x');
  EXPECT_EQ(write_ready(theirs(), much), capacity_);
  EXPECT_EQ(write_ready(theirs(), "more"), 0u);
  EXPECT_FALSE(ReadyStream{theirs()}.ready());
  EXPECT_EQ(::fcntl(theirs(), F_GETFL) & O_NONBLOCK, 0) << "others share the open file";
}

TEST_F(ReadyStreamTest, WhatFollowsALineThatWasCutBeginsANewOne) {
  ReadyStream stream{theirs()};
  std::string const much(capacity_, 'x');
  EXPECT_FALSE(stream.write(much + "rest\n"));
  EXPECT_FALSE(stream.write("lost\n"));
  EXPECT_EQ(read(capacity_), much);

  EXPECT_TRUE(stream.write("next\n"));
  EXPECT_TRUE(stream.write("last\n"));
  EXPECT_EQ(read(capacity_), "\nnext\nlast\n");
}

TEST_F(ReadyStreamTest, AClosedStreamIsNoFailure) {
  int const closed = ::dup(theirs());
  ::close(closed);
  EXPECT_FALSE(ReadyStream{closed}.write("line\n"));
}

TEST_F(ReadyStreamTest, ErrorsAreSaidInWholeLines) {
  testing::internal::CaptureStderr();
  {
    ReadyErrors const errors;
    std::cerr << "btfast: " << 7 << " of them" << std::endl;
  }
  std::cerr << "after\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "btfast: 7 of them\nafter\n");
}

}  // namespace
}  // namespace btfast::cli
