#include "engine/download/piece_choice.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "storage/memory_storage.h"
#include "tests/support/sim_executor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

class Bell final : public Waker {
 public:
  void notify() noexcept override {}
};

class PieceChoiceTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kPieces = 4;

  static ConfigPtr config(std::uint64_t cache_bytes) {
    auto settings = std::make_shared<EngineConfig>();
    settings->cache_bytes = cache_bytes;
    return settings;
  }
  // Has everything, and lets us.
  static Peer seed() {
    Peer peer;
    peer.has = Bitfield{kPieces, true};
    peer.peer_choking = false;
    return peer;
  }
  std::uint32_t piece_of(Peer const& peer) const {
    return (*peer.download.assignment)->piece().value;
  }

  TestTorrent const torrent_ = TorrentBuilder{}.pieces(kPieces).piece_size(64 * kKiB).build();
  TestTorrent const large_ = TorrentBuilder{}.pieces(2 * kPieces).piece_size(64 * kKiB).build();
  Bell bell_;
  SimExecutor jobs_{1};
  Mailbox<PieceOutcome> control_{bell_};
  SharedTorrent shared_{config(64 * kMiB),
                        torrent_.metainfo,
                        std::make_unique<storage::MemoryStorage>(torrent_.map()),
                        jobs_,
                        jobs_,
                        control_,
                        PeerId{}};
  Rng rng_{1};
  PiecePicker picker_{kPieces, Strategy::kSequential, rng_};
  PieceChoice choice_{shared_, picker_};
  TimePoint const now_{1h};
};

TEST_F(PieceChoiceTest, APieceIsFetchedOfWhoHasItAndGivesIt) {
  Peer peer = seed();
  EXPECT_TRUE(choice_.may_fetch(peer, PieceIndex{1}, now_));

  peer.has.reset(1);
  EXPECT_FALSE(choice_.may_fetch(peer, PieceIndex{1}, now_));

  peer.peer_choking = true;
  EXPECT_FALSE(choice_.may_fetch(peer, PieceIndex{2}, now_));
  peer.download.allowed_fast.push_back(PieceIndex{2});
  EXPECT_TRUE(choice_.may_fetch(peer, PieceIndex{2}, now_));
  peer.download.refusals.on_reject(PieceIndex{2}, now_);
  EXPECT_FALSE(choice_.may_fetch(peer, PieceIndex{2}, now_));

  picker_.retire(PieceIndex{3});
  EXPECT_FALSE(choice_.may_fetch(seed(), PieceIndex{3}, now_));
}

TEST_F(PieceChoiceTest, NewPiecesComeBeforeThoseOthersAreOn) {
  std::vector<Peer> peers;
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < kPieces; ++i) {
    Peer& peer = peers.emplace_back(seed());
    ASSERT_TRUE(choice_.assign(peer, now_));
    chosen.push_back(piece_of(peer));
  }
  EXPECT_EQ(chosen, (std::vector<std::uint32_t>{0, 1, 2, 3}));

  Peer late = seed();
  ASSERT_TRUE(choice_.assign(late, now_));  // joins one
  EXPECT_FALSE(late.download.hungry);
}

TEST_F(PieceChoiceTest, APieceThatNobodyFetchesAnyMoreComesFirst) {
  Peer gone = seed();
  ASSERT_TRUE(choice_.assign(gone, now_));
  Peer other = seed();
  ASSERT_TRUE(choice_.assign(other, now_));
  gone.download.assignment.reset();

  Peer next = seed();
  ASSERT_TRUE(choice_.assign(next, now_));

  EXPECT_EQ(piece_of(next), 0u);
}

TEST_F(PieceChoiceTest, ASuspectGetsPiecesOfItsOwn) {
  Peer other = seed();
  ASSERT_TRUE(choice_.assign(other, now_));
  Peer suspect = seed();
  suspect.download.on_parole = true;
  ASSERT_TRUE(choice_.assign(suspect, now_));
  EXPECT_EQ(piece_of(suspect), 1u);
  EXPECT_TRUE((*suspect.download.assignment)->is_alone(CoarseTime{now_}));

  // All are begun: others may join each other, a suspect joins nobody.
  Peer third = seed(), fourth = seed();
  ASSERT_TRUE(choice_.assign(third, now_) && choice_.assign(fourth, now_));
  Peer second_suspect = seed();
  second_suspect.download.on_parole = true;
  EXPECT_FALSE(choice_.assign(second_suspect, now_));
  EXPECT_TRUE(second_suspect.download.hungry);
  EXPECT_FALSE(second_suspect.download.out_of_budget);
}

TEST_F(PieceChoiceTest, WhoFindsNoMemoryIsToldSo) {
  constexpr std::uint32_t kPiece = 64 * kKiB;
  SharedTorrent tight{config(std::uint64_t{kPieces} * kPiece),
                      large_.metainfo,
                      std::make_unique<storage::MemoryStorage>(large_.map()),
                      jobs_,
                      jobs_,
                      control_,
                      PeerId{}};
  PiecePicker picker{2 * kPieces, Strategy::kSequential, rng_};
  PieceChoice choice{tight, picker};
  std::vector<Peer> peers(kPieces + 1);
  for (auto& peer : peers) {
    peer.has = Bitfield{2 * kPieces, true};
    peer.peer_choking = false;
    peer.download.on_parole = true;  // wants one for itself
    EXPECT_EQ(choice.assign(peer, now_), &peer != &peers.back());
  }

  EXPECT_TRUE(peers.back().download.hungry);
  EXPECT_TRUE(peers.back().download.out_of_budget);
  peers.clear();  // what they fetch is given back before the torrent goes
}

}  // namespace
}  // namespace btfast::test
