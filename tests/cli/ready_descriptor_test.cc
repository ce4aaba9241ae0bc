#include "cli/ready_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "tests/support/pseudo_terminal.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using State = ReadyDescriptor::State;

// Returns how much `fd` took of more than it has room for; a write that waits never returns.
std::size_t filled_once(ReadyDescriptor const& out) {
  std::size_t all = 0;
  for (std::size_t const size : {std::size_t{3000}, std::size_t{1}}) {
    std::string const part(size, 'x');
    for (std::size_t n = size; n == size; all += n) n = out.write(part).bytes;
  }
  return all;
}

// The kernel makes room in a full terminal a moment later, when it hands on what is there.
std::size_t filled(ReadyDescriptor const& out) {
  std::size_t all = 0;
  for (std::size_t n = filled_once(out); n > 0; n = filled_once(out)) {
    all += n;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return all;
}

void expect_never_waits(int fd) {
  ReadyDescriptor const out{fd};
  EXPECT_GT(filled(out), 0u);
  EXPECT_EQ(out.write("more").bytes, 0u);
  EXPECT_FALSE(out.write("more").gone);
  EXPECT_EQ(out.state(), State::kFull);
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0) << "others share the open file";
}

TEST(ReadyDescriptor, ATerminalThatNobodyReadsHoldsNobodyUp) {
  test::PseudoTerminal const pseudo;
  expect_never_waits(pseudo.theirs());
  EXPECT_NE(pseudo.shown(), "");
  EXPECT_EQ(ReadyDescriptor{pseudo.theirs()}.state(), State::kTakes);
}

TEST(ReadyDescriptor, NorDoesAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  expect_never_waits(ends[1]);
  for (int const end : ends) ::close(end);
}

TEST(ReadyDescriptor, NorASocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  expect_never_waits(ends[1]);
  for (int const end : ends) ::close(end);
}

// What is opened anew writes at its own place, over what others wrote.
TEST(ReadyDescriptor, ARegularFileIsWrittenAtThePlaceThatOthersShare) {
  test::TempDir const dir;
  std::string const path = (dir.path() / "log").string();
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::write(fd, "one ", 4), 4);
  EXPECT_EQ(ReadyDescriptor{fd}.write("two ").bytes, 4u);
  ASSERT_EQ(::write(fd, "three", 5), 5);
  std::array<char, 64> text{};
  EXPECT_EQ(::pread(fd, text.data(), text.size(), 0), 13);
  EXPECT_STREQ(text.data(), "one two three");
  ::close(fd);
}

TEST(ReadyDescriptor, OneThatIsClosedIsGone) {
  int const closed = ::dup(STDERR_FILENO);
  ::close(closed);
  ReadyDescriptor const out{closed};
  EXPECT_TRUE(out.write("line\n").gone || out.state() == State::kGone);
  EXPECT_EQ(out.write("line\n").bytes, 0u);
}

}  // namespace
}  // namespace btfast::cli
