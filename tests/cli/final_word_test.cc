#include "cli/final_word.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
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

TEST(DoneText, ASeedThatWasStoppedBeforeItsGoalIsNotDone) {
  TransferResult stopped = seeded(fetched(0));
  stopped.goal_missed = true;
  EXPECT_EQ(done_text(stopped),
            "Stopped before its goal: dl/big.bin, sent 412 MiB in 12:00, ratio 2.06");
}

TEST(DoneText, APathCanDoNoHarm) {
  TransferResult result = fetched(200 * kMiB);
  result.path = "a\x1b[31m";
  EXPECT_EQ(done_text(result).find('\x1b'), std::string::npos);
}

// What is no terminal: what is written there can be read.
class FinalWordElsewhere : public testing::Test {
 protected:
  FinalWordElsewhere() : ends_(new_pipe()), terminal_(ends_[1]) {}
  ~FinalWordElsewhere() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  static std::array<int, 2> new_pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    return ends;
  }
  std::string said() const {
    std::array<char, 4096> text;
    ssize_t const n = ::read(ends_[0], text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }

  std::array<int, 2> const ends_;
  Terminal terminal_;
};

TEST_F(FinalWordElsewhere, IsARecordWhenAllIsDone) {
  say_done(fetched(200 * kMiB), {}, terminal_);

  std::string const record = said();
  EXPECT_NE(record.find(" INFO done bytes=209715200 wall_s=3.6 avg_Bps="), std::string::npos);
  EXPECT_NE(record.find(" uploaded=0 path=dl/big.bin\n"), std::string::npos);
}

TEST_F(FinalWordElsewhere, TheRecordOfASeedSaysWhetherItsGoalWasReached) {
  TransferResult result = seeded(fetched(0));
  for (bool const missed : {false, true}) {
    result.goal_missed = missed;
    say_done(result, {}, terminal_);
    EXPECT_NE(said().find(missed ? " goal_missed=1\n" : " goal_missed=0\n"), std::string::npos);
  }
}

TEST_F(FinalWordElsewhere, IsJsonWhereRecordsAre) {
  TransferResult result;
  result.exit = ExitStatus::kNetwork;
  result.error = "nobody there";
  OutputOptions const options{.progress = ProgressMode::kJson};
  std::ostringstream out;
  std::ostringstream err;

  say_failed(result, options, terminal_, CommandOutput{options, out, err});

  EXPECT_EQ(nlohmann::json::parse(err.str())["reason"], "nobody there");
}

}  // namespace
}  // namespace btfast::cli
