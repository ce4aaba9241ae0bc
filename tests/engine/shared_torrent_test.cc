#include "engine/swarm/shared_torrent.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <memory>
#include <vector>

#include "storage/memory_storage.h"
#include "tests/support/sim_executor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {
namespace {

class Bell final : public Waker {
 public:
  void notify() noexcept override {}
};

class SharedTorrentTest : public ::testing::Test {
 protected:
  static ConfigPtr config() {
    auto settings = std::make_shared<EngineConfig>();
    settings->max_peers = 2;
    return settings;
  }

  TestTorrent const torrent_ = TorrentBuilder{}.pieces(2).build();
  Bell bell_;
  SimExecutor jobs_{1};
  Mailbox<PieceOutcome> control_{bell_};
  SharedTorrent shared_{config(),
                        torrent_.metainfo,
                        std::make_unique<storage::MemoryStorage>(torrent_.map()),
                        jobs_,
                        jobs_,
                        control_,
                        PeerId{}};
};

TEST_F(SharedTorrentTest, ConnectionsAreLimitedAndAReturnedPlaceIsTakenAgain) {
  for (std::uint32_t i = 0; i < 2 + limits::kTurnoverPeers; ++i) {
    EXPECT_TRUE(shared_.try_take_connection()) << i;
  }
  EXPECT_FALSE(shared_.try_take_connection());
  EXPECT_FALSE(shared_.try_take_connection());

  shared_.release_connection();

  EXPECT_TRUE(shared_.try_take_connection());
  EXPECT_FALSE(shared_.try_take_connection());
}

TEST_F(SharedTorrentTest, EveryListenerAndTheControlThreadHearOfAPiece) {
  PieceNewsBox first{bell_};
  PieceNewsBox second{bell_};
  shared_.add_listener(first);
  shared_.add_listener(second);

  shared_.on_piece({.kind = PieceOutcome::Kind::kHave, .piece = PieceIndex{1}});

  auto const heard = [](PieceNewsBox& box) {
    return box.drain([](PieceNews const& news) {
      EXPECT_EQ(news.piece, PieceIndex{1});
      EXPECT_EQ(news.fate, PieceNews::Fate::kHave);
    });
  };
  EXPECT_EQ(heard(first), 1u);
  EXPECT_EQ(heard(second), 1u);
  EXPECT_EQ(control_.drain([](PieceOutcome const&) {}), 1u);
}

TEST_F(SharedTorrentTest, AFailedWriteStopsRequestsAtOnceAndABadPieceDoesNot) {
  shared_.set_downloading(true);
  shared_.on_piece({.kind = PieceOutcome::Kind::kBadHash, .piece = PieceIndex{0}});
  EXPECT_TRUE(shared_.downloading());

  shared_.on_piece({.kind = PieceOutcome::Kind::kWriteFailed, .piece = PieceIndex{0}});

  EXPECT_FALSE(shared_.downloading());
}

TEST_F(SharedTorrentTest, ALostPieceIsToldToAllOnce) {
  PieceNewsBox box{bell_};
  shared_.add_listener(box);
  (void)std::move(*shared_.pieces().try_claim(PieceIndex{1})).publish_have();

  shared_.lose_piece(PieceIndex{1}, Failure{Errc::kDiskIo, EIO, "file"});
  shared_.lose_piece(PieceIndex{1}, Failure{Errc::kDiskIo, EIO, "file"});

  EXPECT_FALSE(shared_.pieces().has(PieceIndex{1}));
  EXPECT_EQ(box.drain([](PieceNews const& news) { EXPECT_EQ(news.fate, PieceNews::Fate::kLost); }),
            1u);
  EXPECT_EQ(control_.drain([](PieceOutcome const& outcome) {
    EXPECT_EQ(outcome.kind, PieceOutcome::Kind::kLost);
    EXPECT_EQ(outcome.error.sys_errno, EIO);
  }),
            1u);
}

TEST_F(SharedTorrentTest, ItsHandshakeNamesTheTorrentAndOffersFastAndExtensions) {
  net::Handshake const& handshake = shared_.handshake();

  EXPECT_EQ(handshake.info_hash, torrent_.metainfo->info_hash);
  EXPECT_TRUE(handshake.fast_extension && handshake.extension_protocol);
}

}  // namespace
}  // namespace btfast::test
