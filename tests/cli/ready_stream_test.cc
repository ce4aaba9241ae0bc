#include "cli/ready_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

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
  ReadyStream stream{theirs()};
  EXPECT_TRUE(stream.write(std::string(capacity_, 'x')));
  EXPECT_FALSE(stream.ready());
  EXPECT_FALSE(stream.write("more\n"));
  EXPECT_EQ(read(capacity_), std::string(capacity_, 'x'));
  EXPECT_TRUE(stream.ready());
}

TEST_F(ReadyStreamTest, ATextIsTakenWholeOrDroppedWhole) {
  ReadyStream stream{theirs()};
  std::string const much(capacity_, 'x');
  EXPECT_TRUE(stream.write(much + "rest\n"));
  EXPECT_FALSE(stream.write("lost\n"));
  EXPECT_EQ(read(capacity_), much);

  EXPECT_TRUE(stream.write("next\n"));
  EXPECT_TRUE(stream.write("last\n"));
  EXPECT_EQ(read(capacity_), "rest\nnext\nlast\n");
}

TEST_F(ReadyStreamTest, TheLastWordWaitsForAReaderThatIsSlow) {
  std::string const much(capacity_, 'x');
  std::jthread reader;
  {
    ReadyStream stream{theirs()};
    EXPECT_TRUE(stream.write(much + "rest\n"));
    reader = std::jthread{[&] { EXPECT_EQ(read(capacity_), much); }};
    stream.wait();
    EXPECT_TRUE(stream.write("last\n"));
  }
  reader.join();
  EXPECT_EQ(read(capacity_), "rest\nlast\n");
}

// In small bites, so that a writer who does not wait is through long before.
TEST_F(ReadyStreamTest, ErrorsWaitForAReaderThatIsSlow) {
  std::string const line = std::string(99, 'e') + '\n';
  std::size_t const lines = 4 * capacity_ / line.size();
  std::string got;
  std::jthread reader{[&] {
    while (!got.ends_with("end\n")) {
      got += read(PIPE_BUF);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }};
  auto const stream = std::make_shared<ReadyStream>(theirs(), std::chrono::minutes{1});
  {
    ReadyErrors const errors{stream, RecordFormat::kLogfmt};
    for (std::size_t i = 0; i < lines; ++i) std::cerr << line;
  }
  std::string const last = "end\n";
  EXPECT_EQ(::write(theirs(), last.data(), last.size()), static_cast<ssize_t>(last.size()));
  reader.join();
  EXPECT_EQ(got.size(), lines * line.size() + last.size());
  EXPECT_EQ(stream->dropped(), 0);
}

TEST_F(ReadyStreamTest, AReaderThatTakesNothingIsWaitedForOnce) {
  constexpr std::chrono::seconds kOnce{1};
  auto const stream = std::make_shared<ReadyStream>(theirs(), kOnce);
  EXPECT_TRUE(stream->write(std::string(capacity_, 'x')));
  {
    ReadyErrors const errors{stream, RecordFormat::kJson};
    for (int i = 0; i < 1000; ++i) std::cerr << "lost\n";
    EXPECT_EQ(stream->dropped(), 1000);
    EXPECT_EQ(read(capacity_), std::string(capacity_, 'x'));
    std::cerr << "next\n";
    std::string const said = read(capacity_);
    EXPECT_NE(said.find("\"lines\":1000}\nnext\n"), std::string::npos) << said;
  }
  EXPECT_EQ(stream->dropped(), 0);
}

TEST_F(ReadyStreamTest, WhatWasDroppedIsToldAtTheEnd) {
  auto const stream = std::make_shared<ReadyStream>(theirs(), std::chrono::milliseconds{1});
  EXPECT_TRUE(stream->write(std::string(capacity_, 'x')));
  {
    ReadyErrors const errors{stream, RecordFormat::kLogfmt};
    std::cerr << "lost\nlost\n";
    EXPECT_EQ(read(capacity_), std::string(capacity_, 'x'));
  }
  std::string const said = read(capacity_);
  EXPECT_TRUE(said.ends_with(" WARN lines_dropped lines=2\n")) << said;
}

TEST_F(ReadyStreamTest, AClosedStreamIsNoFailure) {
  int const closed = ::dup(theirs());
  ::close(closed);
  EXPECT_FALSE(ReadyStream{closed}.write("line\n"));
}

TEST_F(ReadyStreamTest, ErrorsAreSaidInWholeLines) {
  testing::internal::CaptureStderr();
  {
    ReadyErrors const errors{std::make_shared<ReadyStream>(STDERR_FILENO), RecordFormat::kLogfmt};
    std::cerr << "btfast: " << 7 << " of them" << std::endl;
  }
  std::cerr << "after\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "btfast: 7 of them\nafter\n");
}

}  // namespace
}  // namespace btfast::cli
