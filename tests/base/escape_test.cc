#include "engine/base/escape.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(Escaped, NothingThatActsOnATerminalPasses) {
  EXPECT_EQ(escaped("plain gr\u00fcn \u65e5"), "plain gr\u00fcn \u65e5");
  EXPECT_EQ(escaped("a\x1b[2Jb\n\t\r"), "a\\x1b[2Jb\\n\\t\\r");
  EXPECT_EQ(escaped("\u009b1m\u202etxt\u2066\ufeff"), "\\u009b1m\\u202etxt\\u2066\\ufeff");
  EXPECT_EQ(escaped("\xff\xc0\xae"), "\\xff\\xc0\\xae");
  EXPECT_EQ(escaped("a\\n"), "a\\\\n");
}

}  // namespace
}  // namespace btfast
