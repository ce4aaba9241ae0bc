// What FrameRules decide from a head; tests of whole streams stand in frame_reader_test.
#include "net/wire/frame_rules.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using Verdict = FrameRules::Verdict;

TEST(FrameRules, HoldABitfieldToTheExactLengthOfItsTorrent) {
  for (std::uint32_t const pieces : {1u, 7u, 8u, 9u, 12u, 1000u, limits::kPieces}) {
    std::uint32_t const right = 1 + (pieces + 7) / 8;
    for (std::uint32_t length = right - 1; length <= right + 1; ++length) {
      FrameRules rules{pieces, true, true};
      EXPECT_EQ(rules.judge_head(BitfieldMessage::kId, length) == Verdict::kRead, length == right)
          << pieces << " pieces, length " << length;
    }
  }
}

TEST(FrameRules, SayWhatWasWrong) {
  FrameRules rules{12, true, true};

  EXPECT_EQ(rules.judge_head(Choke::kId, 5), Verdict::kRefuse);
  EXPECT_EQ(rules.complaint(), "choke: length 5");
  EXPECT_EQ(rules.judge(Have{4000}), Verdict::kRefuse);
  EXPECT_EQ(rules.complaint(), "have: piece 4000 of 12");
}

TEST(FrameRules, SkipIdsOfNoMessage) {
  FrameRules rules{12, true, true};
  for (int id : {10, 11, 12, 18, 19, 21, 100, 255}) {
    EXPECT_EQ(rules.judge_head(static_cast<std::uint8_t>(id), 1), Verdict::kSkip) << id;
  }
}

TEST(FrameRules, HoldIndicesToThePieceCountOnceItIsKnown) {
  FrameRules rules{0, true, true};
  EXPECT_EQ(rules.judge(Have{12}), Verdict::kRead);

  rules.set_piece_count(12);

  EXPECT_EQ(rules.judge(Have{12}), Verdict::kRefuse);
  EXPECT_EQ(rules.judge(Have{11}), Verdict::kRead);
}

TEST(FrameRules, LetEverySpareBitPatternThroughThatIsZero) {
  for (std::uint32_t pieces = 1; pieces <= 16; ++pieces) {
    FrameRules rules{pieces, true, true};
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      auto const last = test::bytes(0, 0x80u >> bit);
      std::span<std::byte const> const bits =
          std::span{last}.last((pieces + 7) / 8);  // the set bit is in the last byte
      bool const is_piece = (pieces - 1) / 8 * 8 + bit < pieces;

      EXPECT_EQ(rules.judge(BitfieldMessage{bits}) == Verdict::kRead, is_piece)
          << pieces << " pieces, bit " << bit;
    }
  }
}

}  // namespace
}  // namespace btfast::net
