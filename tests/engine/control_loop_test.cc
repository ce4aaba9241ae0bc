#include "engine/control_loop.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(ControlLoop, RunsATimerAndWhatIsPosted) {
  auto const control = ControlLoop::make();
  ASSERT_TRUE(control);
  auto& loop = control.value()->loop();
  int posted = 0;
  net::Timer timer{loop.timers(), [&] { loop.stop(); }};
  timer.arm(std::chrono::milliseconds{1});
  loop.post([&] { ++posted; });

  loop.run();

  EXPECT_EQ(posted, 1);
}

}  // namespace
}  // namespace btfast
