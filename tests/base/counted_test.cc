#include "engine/base/counted.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace btfast {
namespace {

TEST(Counted, OneIsOneAndNothingIsMany) {
  EXPECT_EQ(counted(0, "leech", "leeches"), "0 leeches");
  EXPECT_EQ(counted(1, "leech", "leeches"), "1 leech");
  EXPECT_EQ(counted_bytes(1), "1 byte");
  EXPECT_EQ(counted_bytes(UINT64_MAX), "18446744073709551615 bytes");
}

}  // namespace
}  // namespace btfast
