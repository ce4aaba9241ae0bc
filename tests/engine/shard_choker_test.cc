#include "engine/upload/shard_choker.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "storage/memory_storage.h"
#include "tests/net/peer_connection_fixture.h"
#include "tests/support/sim_executor.h"
#include "tests/support/test_torrent.h"
#include "tests/support/wire_bytes.h"

namespace btfast::test {
namespace {

using std::chrono::seconds;

class Bell final : public Waker {
 public:
  void notify() noexcept override {}
};

// One net thread's choker over connections on scripted sockets, with two upload slots.
class ShardChokerTest : public ::testing::Test {
 protected:
  ShardChokerTest() {
    shared_->set_upload_slots(2);
    observer_.when_handshake = [this](net::PeerConnection& peer) {
      peer.open(torrent_.geometry().piece_count(), shared_->handshake(), observer_);
    };
  }

  // Connected, with handshakes exchanged; choked since now.
  Peer& add(bool interested = true) {
    int const fd = reactor_.open();
    fds_.push_back(fd);
    auto const port = static_cast<std::uint16_t>(fd);
    auto connection = net::PeerConnection::accept(
        loop_, {fd, net::Endpoint::ipv4({10, 0, 0, 2}, port)}, observer_);
    BTF_CHECK(connection);
    Peer& peer = peers_.add();
    peer.connection = std::move(*connection);
    net::Handshake theirs = shared_->handshake();
    theirs.peer_id.fill(std::byte{7});
    reactor_.feed(fd, net::encode_handshake(theirs));
    turns();
    peer.opened = true;
    peer.peer_interested = interested;
    peer.upload.choke_changed = now();
    reactor_.socket(fd).output.clear();
    return peer;
  }
  Peer& add_unchoked() {
    Peer& peer = add();
    choker_.on_interest(peer, now());
    BTF_CHECK(!peer.am_choking);
    said(peer);
    return peer;
  }

  TimePoint now() const { return clock_.now(); }
  void turns() {
    for (int i = 0; i < 4; ++i) loop_.run_turn(Duration::zero());
  }
  // What was written to the peer since asked last.
  Bytes said(Peer const& peer) {
    turns();
    auto& output = reactor_.socket(fds_[peer.handle.slot]).output;
    return std::exchange(output, {});
  }
  int slots_left() {
    int left = 0;
    while (shared_->try_take_upload_slot()) ++left;
    for (int i = 0; i < left; ++i) shared_->release_upload_slot();
    return left;
  }

  TestTorrent const torrent_ = TorrentBuilder{}.pieces(4).build();
  Bell bell_;
  SimExecutor jobs_{1};
  Mailbox<PieceOutcome> control_{bell_};
  std::shared_ptr<SharedTorrent> const shared_ = std::make_shared<SharedTorrent>(
      std::make_shared<EngineConfig>(), torrent_.metainfo,
      std::make_unique<storage::MemoryStorage>(torrent_.map()), jobs_, jobs_, control_, PeerId{});
  ShardCounters counters_;
  UploadScheduler uploads_{shared_, counters_, std::make_shared<ReadDoneBox>(bell_)};
  ManualClock clock_;
  ScriptedReactor reactor_;
  net::EventLoop loop_{reactor_, clock_};
  RecordingObserver observer_;
  PeerTable peers_{0};
  ShardChoker choker_{*shared_, peers_, uploads_};
  std::vector<int> fds_;  // by the peers' slots
};

TEST_F(ShardChokerTest, AnInterestedPeerIsUnchokedAtOnceWhileThereAreSlots) {
  Peer& first = add();
  Peer& second = add();
  Peer& third = add();

  for (Peer* peer : {&first, &second, &third}) choker_.on_interest(*peer, now());

  EXPECT_EQ(said(first), frame_of(net::Unchoke{}));
  EXPECT_EQ(said(second), frame_of(net::Unchoke{}));
  EXPECT_TRUE(said(third).empty());
  EXPECT_TRUE(third.am_choking);
  EXPECT_EQ(slots_left(), 0);
}

TEST_F(ShardChokerTest, ASlotOfOneThatLostInterestGoesToTheOneThatWaitedLongest) {
  Peer& bored = add_unchoked();
  add_unchoked();
  Peer& patient = add();
  clock_.advance(seconds{1});
  Peer& late = add();

  bored.peer_interested = false;
  choker_.on_interest(bored, now());

  EXPECT_EQ(said(bored), frame_of(net::Choke{}));
  EXPECT_EQ(said(patient), frame_of(net::Unchoke{}));
  EXPECT_TRUE(said(late).empty());
  EXPECT_EQ(slots_left(), 0);
}

TEST_F(ShardChokerTest, TheSlotOfAPeerThatIsGoneIsPassedOn) {
  Peer& gone = add_unchoked();
  add_unchoked();
  Peer& waiting = add();
  gone.closing = true;

  choker_.on_closed(gone, now());
  choker_.on_closed(gone, now());  // its one slot is given back once

  EXPECT_FALSE(waiting.am_choking);
  EXPECT_EQ(slots_left(), 0);
}

TEST_F(ShardChokerTest, ASlotIsOfferedToNobodyWhoCannotUseIt) {
  Peer& idle = add(/*interested=*/false);
  Peer& closing = add();
  closing.closing = true;
  Peer& greeting = add();
  greeting.opened = false;

  choker_.on_tick(/*seeding=*/true, now());

  EXPECT_TRUE(idle.am_choking && closing.am_choking && greeting.am_choking);
  EXPECT_EQ(slots_left(), 2);
}

TEST_F(ShardChokerTest, ASnapshotTellsWhatPassedSinceTheLast) {
  Peer& peer = add_unchoked();
  add(/*interested=*/false).opened = false;
  auto const payload = std::make_shared<std::array<std::byte, 100>>();
  peer.connection->send_block({0, 0, 100}, {payload, payload->data()});
  turns();
  reactor_.feed(fds_[0], block_frame(1, 0, Bytes(40)));
  turns();

  auto const first = choker_.snapshot(now());
  auto const second = choker_.snapshot(now());

  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].peer, peer.handle);
  EXPECT_TRUE(first[0].interested && first[0].unchoked && !first[0].snubs_us);
  EXPECT_EQ(first[0].bytes_up, 100u);
  EXPECT_EQ(first[0].bytes_down, 40u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].bytes_up + second[0].bytes_down, 0u);
  EXPECT_EQ(second[0].bytes_up_unchoked, 100u);
}

TEST_F(ShardChokerTest, ASnapshotTellsWhoIsFetchingThoughNothingWentOutYet) {
  Peer& asks = add_unchoked();
  Peer& idle = add_unchoked();
  asks.upload.requests.push_back(torrent_.block(1));

  auto const peers = choker_.snapshot(now());

  ASSERT_EQ(peers.size(), 2u);
  for (auto const& peer : peers) EXPECT_EQ(peer.fetching, peer.peer == asks.handle);
  EXPECT_FALSE(idle.am_choking);
}

TEST_F(ShardChokerTest, APeerThatOwesABlockForAMinuteSnubsUs) {
  Peer& peer = add();
  peer.download.requests.push_back({torrent_.block(0), now(), std::nullopt});
  clock_.advance(seconds{59});
  EXPECT_FALSE(choker_.snapshot(now())[0].snubs_us);

  clock_.advance(seconds{1});
  EXPECT_TRUE(choker_.snapshot(now())[0].snubs_us);
  peer.download.last_block = now() - seconds{1};
  EXPECT_FALSE(choker_.snapshot(now())[0].snubs_us);
}

TEST_F(ShardChokerTest, ARoundMovesTheSlotsToJustThoseItChose) {
  Peer& loser = add_unchoked();
  Peer& keeper = add_unchoked();
  Peer& winner = add();
  clock_.advance(seconds{1});

  choker_.apply(std::vector{keeper.handle, winner.handle}, now());

  EXPECT_EQ(said(loser), frame_of(net::Choke{}));
  EXPECT_TRUE(said(keeper).empty());
  EXPECT_EQ(said(winner), frame_of(net::Unchoke{}));
  EXPECT_EQ(loser.upload.choke_changed, now());
  EXPECT_EQ(winner.upload.choke_changed, now());
  EXPECT_LT(keeper.upload.choke_changed, now());
  EXPECT_EQ(slots_left(), 0);
}

TEST_F(ShardChokerTest, AChosenPeerThatLostInterestSinceGetsNoSlot) {
  Peer& fickle = add(/*interested=*/false);
  PeerHandle const of_another_thread{1, fickle.handle.slot, fickle.handle.generation};
  Peer& other = add();

  choker_.apply(std::vector{fickle.handle, of_another_thread}, now());

  EXPECT_TRUE(fickle.am_choking && other.am_choking);
  EXPECT_EQ(slots_left(), 2);
}

TEST_F(ShardChokerTest, WhoAsksForNothingLosesItsSlotToOneThatWaits) {
  Peer& idle = add_unchoked();
  Peer& busy = add_unchoked();
  Peer& waiting = add();

  for (int i = 0; i < ShardChoker::kIdleTicks; ++i) {
    EXPECT_FALSE(idle.am_choking);
    busy.upload.asked = true;
    choker_.on_tick(/*seeding=*/true, now());
  }

  EXPECT_EQ(said(idle), frame_of(net::Choke{}));
  EXPECT_TRUE(said(busy).empty());
  EXPECT_EQ(said(waiting), frame_of(net::Unchoke{}));
  EXPECT_EQ(slots_left(), 0);
}

TEST_F(ShardChokerTest, AnIdlePeerKeepsASlotThatNobodyWantsOrWhileWeLeech) {
  Peer& idle = add_unchoked();
  Peer& other = add_unchoked();
  for (int i = 0; i < 3 * ShardChoker::kIdleTicks; ++i) choker_.on_tick(/*seeding=*/true, now());
  EXPECT_FALSE(idle.am_choking || other.am_choking);

  add();
  for (int i = 0; i < 3 * ShardChoker::kIdleTicks; ++i) choker_.on_tick(/*seeding=*/false, now());
  EXPECT_FALSE(idle.am_choking || other.am_choking);
}

TEST_F(ShardChokerTest, WhoseBlocksAreOnTheirWayIsNotIdle) {
  Peer& queued = add_unchoked();
  Peer& sending = add_unchoked();
  add();
  queued.upload.requests.push_back(torrent_.block(1));
  reactor_.socket(fds_[sending.handle.slot]).takes = 0;
  auto const payload = std::make_shared<std::array<std::byte, 100>>();
  sending.connection->send_block({0, 0, 100}, {payload, payload->data()});

  for (int i = 0; i < 3 * ShardChoker::kIdleTicks; ++i) choker_.on_tick(/*seeding=*/true, now());

  EXPECT_FALSE(queued.am_choking || sending.am_choking);
}

// It comes again, after those that would fetch something.
TEST_F(ShardChokerTest, WhoWastedItsTurnWaitsBehindThoseThatComeAfterIt) {
  Peer& idle = add_unchoked();
  Peer& busy = add_unchoked();
  Peer& waiting = add();
  for (int i = 0; i < ShardChoker::kIdleTicks; ++i) {
    busy.upload.asked = true;
    choker_.on_tick(/*seeding=*/true, now());
  }
  ASSERT_TRUE(idle.am_choking);
  clock_.advance(seconds{1});
  Peer& late = add();

  waiting.peer_interested = false;
  choker_.on_interest(waiting, now());
  EXPECT_FALSE(late.am_choking);
  EXPECT_TRUE(idle.am_choking);

  late.peer_interested = false;
  choker_.on_interest(late, now());
  EXPECT_FALSE(idle.am_choking);
}

// Of a thousand peers whose sockets take nothing, each has no more than two blocks read.
TEST_F(ShardChokerTest, UnchokedPeersShareTheMemoryBeforeTheirSockets) {
  ASSERT_TRUE(shared_->storage().prepare());
  auto const waiting_at_a_slow_socket = [this](std::size_t peers) {
    uploads_.share_memory(peers);
    Peer& peer = add();
    peer.am_choking = false;
    peer.upload.window = limits::kBlockSize;
    reactor_.socket(fds_[peer.handle.slot]).takes = 0;
    for (std::uint32_t n = 0; n < 16; ++n) {
      peer.upload.requests.push_back(torrent_.block(n / 4, n % 4));
    }
    uploads_.pump(peer);
    return peer.connection->send_queue_bytes();
  };

  EXPECT_GE(waiting_at_a_slow_socket(1), 3u * 16 * kKiB);
  EXPECT_LE(waiting_at_a_slow_socket(1000), 2 * (16 * kKiB + 13));
}

// A round decides about what it saw.
TEST_F(ShardChokerTest, ARoundLeavesAloneWhoChangedSinceItsSnapshot) {
  Peer& early = add();
  choker_.snapshot(now());
  turns();
  clock_.advance(seconds{1});
  loop_.run_turn(Duration::zero());
  Peer& late = add_unchoked();

  choker_.apply(std::vector{early.handle}, now());

  EXPECT_FALSE(early.am_choking || late.am_choking);
}

TEST_F(ShardChokerTest, ChokingDropsWhatThePeerHadAskedFor) {
  Peer& peer = add_unchoked();
  peer.upload.requests.push_back(torrent_.block(1));

  choker_.apply({}, now());

  EXPECT_TRUE(peer.upload.requests.empty());
}

}  // namespace
}  // namespace btfast::test
