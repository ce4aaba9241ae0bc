#include "engine/upload/peer_evidence.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

using std::chrono::seconds;

TimePoint const kStart{std::chrono::hours{1}};

TEST(PeerEvidence, OnlyManyWithoutAProofInARowShowThatNothingIsPassedOn) {
  PeerEvidence evidence{kStart};
  for (std::uint32_t p = 1; p < PeerEvidence::kUnproved; ++p) evidence.on_unproved(PieceIndex{p});
  EXPECT_FALSE(evidence.passes_nothing_on());

  evidence.on_proved();
  for (std::uint32_t p = 1; p < PeerEvidence::kUnproved; ++p) evidence.on_unproved(PieceIndex{p});
  EXPECT_FALSE(evidence.passes_nothing_on());
  for (std::uint32_t p = 0; p < 100; ++p) evidence.on_unproved(PieceIndex{p});

  EXPECT_TRUE(evidence.passes_nothing_on());
  EXPECT_EQ(evidence.unproved().size(), PeerEvidence::kUnproved);
  EXPECT_EQ(evidence.proof_patience(), PeerEvidence::kShortest);
}

TEST(PeerEvidence, ALateProofDoublesThePatienceUpToALimit) {
  PeerEvidence evidence{kStart};
  for (std::uint32_t p = 0; p < 4; ++p) evidence.on_unproved(PieceIndex{p});

  evidence.on_late_proof();

  EXPECT_FALSE(evidence.passes_nothing_on());
  EXPECT_EQ(evidence.proof_patience(), 2 * PeerEvidence::kShortest);
  for (int i = 0; i < 100; ++i) evidence.on_late_proof();
  EXPECT_EQ(evidence.proof_patience(), PeerEvidence::kLongest);
}

TEST(PeerEvidence, APieceIsWaitedForFourTimesAsLongAsEverBefore) {
  PeerEvidence evidence{kStart};
  EXPECT_EQ(evidence.fed_patience(), PeerEvidence::kShortest);

  evidence.on_fed(kStart + seconds{2});
  evidence.on_fed(kStart + seconds{3});
  EXPECT_EQ(evidence.fed_patience(), seconds{8});

  evidence.on_fed(kStart + seconds{100});
  EXPECT_EQ(evidence.fed_patience(), PeerEvidence::kLongest);
}

TEST(PeerEvidence, WhoIsTriedInVainIsCutOffUntilSomethingComes) {
  PeerEvidence evidence{kStart};
  evidence.on_fed(kStart + seconds{10});
  evidence.count_trials(1);
  EXPECT_EQ(evidence.fed_patience(), PeerEvidence::kShortest);
  EXPECT_FALSE(evidence.cut_off());

  evidence.count_trials(PeerEvidence::kTrials);
  EXPECT_TRUE(evidence.cut_off());
  evidence.on_fed(kStart + seconds{20});

  EXPECT_FALSE(evidence.cut_off());
  EXPECT_EQ(evidence.trials(), 0u);
}

}  // namespace
}  // namespace btfast
