#include "cli/final_word.h"

#include <gtest/gtest.h>

#include <string>

namespace btfast::cli {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

TransferResult fetched(std::uint64_t bytes) {
  TransferResult result;
  result.path = "dl/big.bin";
  result.stats.size = result.stats.bytes_have = 200 * kMiB;
  result.stats.bytes_fetched = bytes;
  result.wall_s = result.fetch_s = 3.6;
  return result;
}

TransferResult seeded(TransferResult result) {
  result.seeded = true;
  result.wall_s = result.fetch_s + 720;
  result.stats.payload_up = 412 * kMiB;
  return result;
}

TEST(DoneText, SaysWhatHowLongAndHowFast) {
  EXPECT_EQ(done_text(fetched(200 * kMiB)), "Done: dl/big.bin, 200 MiB in 3.6 s, 55.6 MiB/s");
}

TEST(DoneText, WhatWasHereBeforeIsNoPartOfTheRate) {
  EXPECT_EQ(done_text(fetched(0)), "Done: dl/big.bin, 200 MiB, all of it was here");
  EXPECT_EQ(done_text(fetched(36 * kMiB)),
            "Done: dl/big.bin, 200 MiB, 36 MiB of it fetched in 3.6 s, 10 MiB/s");
}

TEST(DoneText, ASeedSaysWhatItSent) {
  EXPECT_EQ(done_text(seeded(fetched(0))), "Done: dl/big.bin, sent 412 MiB in 12:00, ratio 2.06");
  EXPECT_EQ(done_text(seeded(fetched(200 * kMiB))),
            "Done: dl/big.bin, 200 MiB in 3.6 s, 55.6 MiB/s; sent 412 MiB in 12:00, ratio 2.06");
}

TEST(DoneText, APathCanDoNoHarm) {
  TransferResult result = fetched(200 * kMiB);
  result.path = "a\x1b[31m";
  EXPECT_EQ(done_text(result).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace btfast::cli
