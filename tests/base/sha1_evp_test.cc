#include "engine/base/sha1_evp.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"

namespace btfast {
namespace {

TEST(Sha1Evp, IsSha1) {
  EXPECT_EQ(to_hex(sha1_evp(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace btfast
