#include "cli/continued.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace btfast::cli {
namespace {

TEST(Continued, EveryContinueIsCounted) {
  count_continues();
  unsigned const before = times_continued();
  ::raise(SIGCONT);
  ::raise(SIGCONT);
  EXPECT_EQ(times_continued(), before + 2);
}

}  // namespace
}  // namespace btfast::cli
