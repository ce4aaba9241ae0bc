#include "engine/download/download_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

#include "tests/engine/wire_fixture.h"
#include "tests/support/allocation_count.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBlocks = 32;
// With the last piece the connection ends, and what is open of it needs no cancel.
constexpr std::size_t kLastPiece = 4;

class DownloadSchedulerTest : public WireFixture {};

std::size_t distinct(std::vector<net::Request> const& requests) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> blocks;
  for (auto const& request : requests) blocks.insert({request.piece, request.begin});
  return blocks.size();
}

// Peers look for something to ask at each tick and at each piece of news: most often in vain.
TEST_F(DownloadSchedulerTest, LookingForAPieceInVainAllocatesNothing) {
  constexpr std::uint8_t kGivers = 16;
  SimNode& node = leech();
  std::vector<SimPeer*> givers;
  for (std::uint8_t id = 1; id <= kGivers; ++id) givers.push_back(&giver(node, id));
  // All blocks are owed, and whoever was idle has asked for some of them as well.
  auto const was_asked = [](SimPeer* giver) { return !giver->requests().empty(); };
  ASSERT_TRUE(until([&] { return std::all_of(givers.begin(), givers.end(), was_asked); }));
  settle();
  auto const allocations_in = [&](Duration time) {
    long const before = allocation_count();
    world_.run_for(time);
    return allocation_count() - before;
  };

  long const looking = allocations_in(5s);
  for (SimPeer* choker : givers) choker->say(net::Choke{});
  settle();
  long const idle = allocations_in(5s);

  EXPECT_LT(looking, idle + kGivers);  // the world around it allocates, too
}

TEST_F(DownloadSchedulerTest, AsksNothingWhileChoked) {
  SimNode& node = leech();
  SimPeer& choker = guest(node, 1);
  choker.say(net::HaveAll{});

  world_.run_for(5s);

  EXPECT_TRUE(choker.has_heard("interested"));
  EXPECT_TRUE(choker.requests().empty());
}

TEST_F(DownloadSchedulerTest, OfAChokingPeerOnlyAllowedFastPiecesAreAsked) {
  SimNode& node = leech();
  SimPeer& choker = guest(node, 1);
  choker.say(net::HaveAll{});
  choker.say(net::AllowedFast{.piece = 2});
  choker.serve();

  world_.run_for(5s);

  EXPECT_EQ(distinct(choker.requests()), 4u);
  EXPECT_EQ(choker.times_heard("request 2 "), choker.requests().size());
  EXPECT_TRUE(node.disk().holds(PieceIndex{2}));
}

TEST_F(DownloadSchedulerTest, NeverAsksForWhatThePeerDidNotAnnounce) {
  SimNode& node = leech();
  SimPeer& partial = guest(node, 1);
  partial.say_pieces({1, 5});
  partial.say(net::Unchoke{});
  partial.serve();

  world_.run_for(30s);

  EXPECT_EQ(distinct(partial.requests()), 8u);
  for (auto const& request : partial.requests()) {
    EXPECT_TRUE(request.piece == 1 || request.piece == 5) << request.piece;
  }
}

TEST_F(DownloadSchedulerTest, AsksForWholeBlocksAndEachOnce) {
  SimNode& node = leech();
  SimPeer& source = giver(node, 1);
  source.serve();

  ASSERT_TRUE(until([&] { return node.complete(); }));

  EXPECT_EQ(source.requests().size(), kBlocks);
  EXPECT_EQ(distinct(source.requests()), kBlocks);
  for (auto const& request : source.requests()) EXPECT_EQ(request.length, 16 * kKiB);
  EXPECT_EQ(node.torrent().stats().wasted, 0u);
}

// What is asked is memory soon, however many peers could be asked.
TEST_F(DownloadSchedulerTest, ManyPeersShareWhatIsAskedAndEachIsAskedForSome) {
  constexpr std::size_t kPeers = 24;
  TestTorrent const large = TorrentBuilder{}.pieces(96).piece_size(256 * kKiB).build();
  SimNodeOptions options;
  options.uses_source = false;
  options.cache_bytes = 64 * kMiB;
  SimNode& node = world_.add_leech(large, options);
  ASSERT_TRUE(until([&] { return node.state() == TorrentState::kDownloading; }));
  std::vector<SimPeer*> silent;
  for (std::uint8_t id = 1; id <= kPeers; ++id) {
    SimPeer& guest = world_.add_peer(large, id);
    guest.handshake().fast_extension = true;
    guest.connect(node.endpoint());
    ASSERT_TRUE(until([&] { return guest.greeted(); }));
    guest.say(net::HaveAll{});
    guest.say(net::Unchoke{});
    silent.push_back(&guest);
  }

  settle();

  std::size_t asked = 0;
  for (SimPeer const* peer : silent) {
    asked += peer->requests().size();
    EXPECT_GE(peer->requests().size(), 8u);
  }
  EXPECT_LE(asked, 768u + 8 * kPeers);
  EXPECT_EQ(silent.front()->requests().size(), 64u);
}

TEST_F(DownloadSchedulerTest, AChokeOfAPeerWithoutRejectsGivesItsBlocksToOthers) {
  SimNode& node = leech();
  SimPeer& fickle = giver(node, 1, /*fast=*/false);
  ASSERT_TRUE(until([&] { return fickle.requests().size() == kBlocks; }));
  fickle.say(net::Choke{});
  settle();

  SimPeer& other = giver(node, 2);
  other.serve();

  EXPECT_TRUE(until([&] { return node.complete(); }, 3s));
  EXPECT_EQ(distinct(other.requests()), kBlocks);
}

TEST_F(DownloadSchedulerTest, RejectedBlocksAreAskedOfOthers) {
  SimNode& node = leech();
  SimPeer& refuser = giver(node, 1);
  ASSERT_TRUE(until([&] { return refuser.requests().size() == kBlocks; }));
  refuser.say(net::Choke{});
  for (auto const& request : refuser.requests()) {
    refuser.say(net::RejectRequest{request.piece, request.begin, request.length});
  }
  settle();

  SimPeer& other = giver(node, 2);
  other.serve();

  EXPECT_TRUE(until([&] { return node.complete(); }, 3s));
  EXPECT_FALSE(refuser.closed());
  EXPECT_EQ(node.torrent().stats().requests_open, 0u);
}

TEST_F(DownloadSchedulerTest, APeerThatRejectsEverythingIsAskedLessAndLess) {
  SimNode& node = leech();
  SimPeer& refuser = giver(node, 1);
  auto const reject = [&](net::Request const& r) {
    refuser.say(net::RejectRequest{r.piece, r.begin, r.length});
  };
  ASSERT_TRUE(until([&] { return refuser.requests().size() == kBlocks; }));
  refuser.on_message([&](net::Message const& message) {
    if (auto const* request = std::get_if<net::Request>(&message)) reject(*request);
  });
  for (std::size_t i = 0; i < kBlocks; ++i) reject(refuser.requests()[i]);

  world_.run_for(60s);

  // Every piece once more in each half minute.
  EXPECT_LE(refuser.requests().size(), 4 * kBlocks);
  EXPECT_GT(refuser.requests().size(), kBlocks);
  EXPECT_FALSE(refuser.closed());
  SimPeer& other = giver(node, 2);
  other.serve();
  EXPECT_TRUE(until([&] { return node.complete(); }, 3s));
}

TEST_F(DownloadSchedulerTest, OnePieceRejectedDoesNotStopTheOthers) {
  SimNode& node = leech();
  SimPeer& partial = giver(node, 1);
  ASSERT_TRUE(until([&] { return partial.requests().size() == kBlocks; }));
  auto const answer = [&](net::Request const& r) {
    if (r.piece == 3) {
      partial.say(net::RejectRequest{r.piece, r.begin, r.length});
    } else {
      partial.say_block(r);
    }
  };
  partial.on_message([&](net::Message const& message) {
    if (auto const* request = std::get_if<net::Request>(&message)) answer(*request);
  });
  for (std::size_t i = 0; i < kBlocks; ++i) answer(partial.requests()[i]);

  world_.run_for(10s);

  EXPECT_EQ(node.torrent().stats().pieces_have, 7u);
  EXPECT_EQ(partial.requests().size(), kBlocks);
}

TEST_F(DownloadSchedulerTest, ARejectOfWhatWasNeverAskedClosesThePeer) {
  SimNode& node = leech();
  SimPeer& liar = guest(node, 1);
  liar.say(net::HaveAll{});
  liar.say(net::RejectRequest{.piece = 1, .begin = 0, .length = 16 * 1024});

  EXPECT_TRUE(until([&] { return liar.closed(); }, 5s));
}

TEST_F(DownloadSchedulerTest, ABlockNobodyAskedForClosesThePeer) {
  SimNode& node = leech();
  SimPeer& pusher = guest(node, 1);
  pusher.say(net::HaveAll{});
  pusher.say_block(torrent_.block(3));

  EXPECT_TRUE(until([&] { return pusher.closed(); }, 5s));
  EXPECT_FALSE(node.disk().holds(PieceIndex{3}));
}

TEST_F(DownloadSchedulerTest, BlocksThatComeAfterTheTimeOutStillCount) {
  SimNode& node = leech();
  SimPeer& slow = giver(node, 1);
  ASSERT_TRUE(until([&] { return slow.requests().size() == kBlocks; }));
  world_.run_for(limits::kRequestTimeout + 2s);

  slow.serve();

  EXPECT_TRUE(until([&] { return node.complete(); }, 5s));
  EXPECT_LE(node.torrent().stats().wasted, 16u * 1024) << "one may be asked anew while it comes";
}

TEST_F(DownloadSchedulerTest, OthersAreAskedOnceTheTimeThatWasSetIsOver) {
  SimNode& node = leech({.request_timeout = 4s});
  SimPeer& silent = giver(node, 1);
  ASSERT_TRUE(until([&] { return silent.requests().size() == kBlocks; }));
  world_.run_for(3s);
  EXPECT_EQ(node.torrent().stats().unchoking_us, 1u);
  SimPeer& other = giver(node, 2);
  world_.run_for(500ms);
  std::size_t const duplicates = other.requests().size();
  EXPECT_LT(duplicates, kBlocks) << "its blocks were given back too early";

  EXPECT_TRUE(until([&] { return other.requests().size() >= kBlocks; }, 3s));
}

TEST_F(DownloadSchedulerTest, APeerThatWakesUpAfterTheTimeOutIsNotAskedTwice) {
  SimNode& node = leech();
  SimPeer& slow = giver(node, 1);
  ASSERT_TRUE(until([&] { return slow.requests().size() == kBlocks; }));
  world_.run_for(limits::kRequestTimeout + 2s);

  slow.say_block(slow.requests()[0]);
  settle();
  for (std::size_t i = 1; i < kBlocks; ++i) slow.say_block(slow.requests()[i]);

  EXPECT_TRUE(until([&] { return node.complete(); }, 5s));
  EXPECT_EQ(slow.requests().size(), kBlocks);
  EXPECT_EQ(node.torrent().stats().wasted, 0u);
}

// A crowd over little memory: most peers wait for their turn, and others' blocks come.
TEST_F(DownloadSchedulerTest, WhoWaitsForMemoryRepeatsNothingWhileBlocksCome) {
  SimNode& node = leech({.cache_bytes = 2 * 64 * kKiB});
  SimPeer& steady = giver(node, 1);
  ASSERT_TRUE(until([&] { return steady.requests().size() == 8; }));
  SimPeer& waiting = giver(node, 2);
  settle();

  for (std::uint32_t block = 0; block < 7; ++block) {
    world_.run_for(900ms);
    if (block % 4 != 3) steady.say_block(steady.requests()[block]);
  }

  EXPECT_TRUE(waiting.requests().empty());
  EXPECT_EQ(node.torrent().stats().wasted, 0u);
}

// A piece larger than memory; without an end to the search for blocks this one has none.
TEST_F(DownloadSchedulerTest, APeerWhoseBlocksHaveNoPlaceIsAskedWhenOthersCame) {
  TestTorrent const large = TorrentBuilder{}.pieces(2).piece_size(4 * kMiB).build();
  SimNode& node = world_.add_leech(large, {.cache_bytes = 3 * kMiB, .uses_source = false});
  ASSERT_TRUE(until([&] { return node.state() == TorrentState::kDownloading; }));
  std::vector<SimPeer*> givers;
  for (std::uint8_t id = 1; id <= 6; ++id) {
    givers.push_back(&world_.add_peer(large, id));
    givers.back()->connect(node.endpoint());
    ASSERT_TRUE(until([&] { return givers.back()->greeted(); }));
    givers.back()->say(net::HaveAll{});
    givers.back()->say(net::Unchoke{});
  }
  settle();
  std::size_t asked = 0;
  for (auto const* giver : givers) asked += giver->requests().size();
  EXPECT_EQ(asked, 3 * kMiB / limits::kBlockSize);

  for (auto* giver : givers) giver->serve();

  EXPECT_TRUE(until([&] { return node.complete(); }));
}

TEST_F(DownloadSchedulerTest, ATimeOutGivesBlocksToOthersAndCancelsThem) {
  SimNode& node = leech();
  SimPeer& silent = giver(node, 1);
  ASSERT_TRUE(until([&] { return silent.requests().size() == kBlocks; }));
  world_.run_for(limits::kRequestTimeout + 2s);

  SimPeer& other = giver(node, 2);
  other.serve();

  EXPECT_TRUE(until([&] { return node.complete(); }, 3s));
  EXPECT_EQ(distinct(other.requests()), kBlocks);
  settle();
  EXPECT_GE(silent.times_heard("cancel"), kBlocks - kLastPiece);
}

// Without this a peer that lost our requests, and says nothing of it, would be connected
// for ever and never be asked again.
TEST_F(DownloadSchedulerTest, APeerThatForgotOurRequestsIsAskedAgain) {
  SimNode& node = leech();
  SimPeer& forgetful = giver(node, 1);
  ASSERT_TRUE(until([&] { return forgetful.requests().size() == kBlocks; }));
  forgetful.on_message([&](net::Message const& message) {
    if (auto const* request = std::get_if<net::Request>(&message)) forgetful.say_block(*request);
  });

  EXPECT_TRUE(until([&] { return node.complete(); }, 2min));
}

// A block is half here when its peer falls silent, and is asked again; then both answers
// come.  The second has no place any more: its wrong bytes must land nowhere.
TEST_F(DownloadSchedulerTest, TheSecondAnswerForABlockThatCameLateIsWrittenNowhere) {
  SimNode& node = leech();
  SimPeer& slow = giver(node, 1);
  ASSERT_TRUE(until([&] { return slow.requests().size() == kBlocks; }));
  net::Request const first = slow.requests().front();
  auto const bytes = torrent_.bytes({PieceIndex{first.piece}, first.begin, first.length});
  slow.say_bytes(net::piece_header_bytes({first.piece, first.begin, first.length}));
  slow.say_bytes(bytes.first(5'000));
  ASSERT_TRUE(until([&] { return slow.times_heard("request") > kBlocks; }, 90s));
  net::Request const again = slow.requests().back();
  ASSERT_EQ(again.piece, first.piece);
  ASSERT_EQ(again.begin, first.begin);

  slow.say_bytes(bytes.subspan(5'000));
  slow.say_wrong_block(again);
  settle();
  slow.on_message([&](net::Message const& message) {
    if (auto const* request = std::get_if<net::Request>(&message)) slow.say_block(*request);
  });
  for (std::size_t i = kBlocks + 1; i < slow.requests().size(); ++i) {
    slow.say_block(slow.requests()[i]);
  }

  EXPECT_TRUE(until([&] { return node.complete(); }, 2min));
  EXPECT_TRUE(node.disk().holds_all());
  EXPECT_EQ(node.torrent().stats().bad_pieces, 0u);
}

TEST_F(DownloadSchedulerTest, EndgameAsksTwiceOnlyAfterAPauseAndAFewAtATime) {
  SimNode& node = leech();
  SimPeer& stalled = giver(node, 1);
  ASSERT_TRUE(until([&] { return stalled.requests().size() == kBlocks; }));

  SimPeer& helper = giver(node, 2);
  ASSERT_TRUE(until([&] { return helper.has_heard("interested"); }));
  world_.run_for(100ms);
  std::size_t const at_once = helper.requests().size();
  world_.run_for(3s);

  EXPECT_EQ(at_once, 0u);
  EXPECT_GE(helper.requests().size(), 1u);
  EXPECT_LE(helper.requests().size(), 4u);
}

TEST_F(DownloadSchedulerTest, EndgameCancelsWhatIsNoLongerNeeded) {
  SimNode& node = leech();
  SimPeer& stalled = giver(node, 1);
  ASSERT_TRUE(until([&] { return stalled.requests().size() == kBlocks; }));
  SimPeer& helper = giver(node, 2);
  helper.serve();

  ASSERT_TRUE(until([&] { return node.complete(); }, 12s));
  settle();

  EXPECT_GE(stalled.times_heard("cancel"), kBlocks - kLastPiece);
}

TEST_F(DownloadSchedulerTest, BlocksOfCancelledRequestsAreCountedAsWasteAndAsNothingElse) {
  SimNode& node = leech();
  SimPeer& stalled = giver(node, 1);
  ASSERT_TRUE(until([&] { return stalled.requests().size() == kBlocks; }));
  // Gives so much that one piece is whole at least, and not all are.
  SimPeer& helper = giver(node, 2);
  int left = 26;
  helper.on_message([&](net::Message const& message) {
    auto const* request = std::get_if<net::Request>(&message);
    if (request != nullptr && left-- > 0) helper.say_block(*request);
  });
  ASSERT_TRUE(until([&] { return stalled.has_heard("cancel"); }, 12s));
  settle();
  std::size_t const cancelled = stalled.times_heard("cancel");
  ASSERT_LT(cancelled, kBlocks);
  for (auto const& line : stalled.heard()) {
    if (!line.starts_with("cancel ")) continue;
    net::Request late{};
    std::istringstream{line.substr(7)} >> late.piece >> late.begin >> late.length;
    stalled.say_block(late);
  }
  settle();

  TorrentStats const stats = node.torrent().stats();
  EXPECT_FALSE(stalled.closed());
  EXPECT_EQ(stats.wasted, cancelled * 16 * kKiB);
  EXPECT_LE(stats.requests_open, kBlocks);
}

TEST_F(DownloadSchedulerTest, WhoSentAWholeBadPieceIsBannedAndThePieceComesFromAnother) {
  SimNode& node = leech();
  SimPeer& liar = giver(node, 1);
  ASSERT_TRUE(until([&] { return liar.requests().size() == kBlocks; }));
  for (auto const& request : liar.requests()) liar.say_wrong_block(request);
  ASSERT_TRUE(until([&] { return liar.closed(); }, 10s));

  SimPeer& honest = giver(node, 2);
  honest.serve();

  EXPECT_TRUE(until([&] { return node.complete(); }, 10s));
  EXPECT_TRUE(node.disk().holds_all());
  EXPECT_EQ(node.torrent().dialer().banned_count(), 1u);
}

}  // namespace
}  // namespace btfast::test
