#include "cli/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>

#include "tests/support/loop_fixture.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

// This test's own program is what is started: gtest's flags say what it does.
class ChildProcessTest : public test::LoopFixture {
 protected:
  std::unique_ptr<ChildProcess> start(std::vector<std::string> arguments) {
    auto child = ChildProcess::start(loop_, {.program = "/proc/self/exe",
                                             .arguments = std::move(arguments),
                                             .log_path = (dir_ / "log").string(),
                                             .config_dir = dir_.path().string()});
    EXPECT_TRUE(child);
    return *std::move(child);
  }
  static bool alive(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

  test::TempDir dir_;
};

TEST_F(ChildProcessTest, KeepsWhatItPrintsAndHowItEnded) {
  auto const child = start({"--gtest_list_tests"});

  ASSERT_TRUE(run_until([&] { return child->ended(); }));

  EXPECT_EQ(child->status(), 0);
  EXPECT_NE(child->output().find("ChildProcessTest."), std::string::npos);
  EXPECT_GT(child->peak_rss(), 0u);
}

// No test: the program that the tests below start.  It waits as long as its parent lets it, so
// it must not run by itself.
TEST_F(ChildProcessTest, DISABLED_WaitsForEver) {
  run_until([] { return false; }, std::chrono::seconds{60});
}

std::vector<std::string> waiting() {
  return {"--gtest_also_run_disabled_tests", "--gtest_filter=*DISABLED_WaitsForEver"};
}

TEST_F(ChildProcessTest, TellsTheSignalThatEndedIt) {
  auto const child = start(waiting());

  child->signal(SIGTERM);

  ASSERT_TRUE(run_until([&] { return child->ended(); }));
  EXPECT_EQ(child->status(), 128 + SIGTERM);
}

// A handler of ours that ran in the child, between its fork and its exec, would take the signal
// away from it.
TEST_F(ChildProcessTest, IsEndedByASignalThatComesBeforeItsProgramRuns) {
  struct ::sigaction before {};
  struct ::sigaction taken {};
  taken.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGTERM, &taken, &before), 0);
  for (int i = 0; i < 50; ++i) {
    auto const child = start(waiting());
    child->signal(SIGTERM);
    EXPECT_TRUE(run_until([&] { return child->ended(); })) << i;
    EXPECT_EQ(child->status(), 128 + SIGTERM);
    if (HasFailure()) break;
  }
  ::sigaction(SIGTERM, &before, nullptr);
}

TEST_F(ChildProcessTest, DoesNotLeaveAChildBehind) {
  auto child = start(waiting());
  pid_t const pid = child->pid();
  ASSERT_TRUE(alive(pid));

  child.reset();

  EXPECT_FALSE(alive(pid));
}

}  // namespace
}  // namespace btfast::cli
