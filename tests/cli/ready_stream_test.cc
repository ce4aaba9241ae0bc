#include "cli/ready_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
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

TEST_F(ReadyStreamTest, AClosedStreamIsNoFailure) {
  int const closed = ::dup(theirs());
  ::close(closed);
  EXPECT_FALSE(ReadyStream{closed}.write("line\n"));
}

TEST_F(ReadyStreamTest, ErrorsAreSaidInWholeLines) {
  testing::internal::CaptureStderr();
  {
    ReadyErrors const errors{std::make_shared<ReadyStream>(STDERR_FILENO)};
    std::cerr << "btfast: " << 7 << " of them" << std::endl;
  }
  std::cerr << "after\n";
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "btfast: 7 of them\nafter\n");
}

}  // namespace
}  // namespace btfast::cli
