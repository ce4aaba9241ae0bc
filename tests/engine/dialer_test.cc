#include "engine/peers/dialer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/limits.h"
#include "engine/peers/peer_priority.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"

namespace btfast {
namespace {

using namespace std::chrono_literals;

net::Endpoint at(std::uint8_t host, std::uint16_t port = 6881) {
  return net::Endpoint::ipv4({10, 0, 1, host}, port);
}

PeerId id_of(std::uint8_t byte) {
  PeerId id{};
  id.fill(std::byte{byte});
  return id;
}

class DialerTest : public ::testing::Test {
 protected:
  struct Dial {
    std::uint16_t thread;
    net::Endpoint remote;
  };

  Dialer make(std::uint32_t connections_max, std::size_t threads = 1, std::uint8_t id = 5) {
    return Dialer{loop_,
                  threads,
                  connections_max,
                  id_of(id),
                  rng_,
                  {.connect =
                       [this](std::uint16_t thread, net::Endpoint const& remote) {
                         dialled_.push_back({thread, remote});
                       },
                   .close =
                       [this](PeerHandle peer, net::CloseReason reason) {
                         closed_.push_back({peer, reason});
                       },
                   .want_peers =
                       [this](PeerNeed need) {
                         ++wanted_;
                         needs_.push_back(need);
                       }}};
  }
  PeerOpened opened(std::uint32_t slot, net::Endpoint const& remote, std::uint8_t id,
                    bool incoming = false) {
    return {.handle = {0, slot, 0}, .remote = remote, .id = id_of(id), .incoming = incoming};
  }
  void turn_for(Duration time) {
    TimePoint const end = clock_.now() + time;
    while (clock_.now() < end) {
      clock_.advance(100ms);
      loop_.run_turn(Duration::zero());
    }
  }

  ManualClock clock_;
  net::SimNetwork network_{clock_, 1};
  net::SimReactor reactor_{network_, at(250)};
  net::EventLoop loop_{reactor_, clock_};
  Rng rng_{1};
  std::vector<Dial> dialled_;
  std::vector<std::pair<PeerHandle, net::CloseReason>> closed_;
  int wanted_ = 0;
  std::vector<PeerNeed> needs_;
};

std::vector<net::Endpoint> hosts(std::uint8_t first, std::uint8_t count) {
  std::vector<net::Endpoint> all;
  for (std::uint8_t i = 0; i < count; ++i) all.push_back(at(static_cast<std::uint8_t>(first + i)));
  return all;
}

TEST_F(DialerTest, DialsNoMoreThanMayBeConnected) {
  Dialer dialer = make(/*connections_max=*/3);
  dialer.start();
  dialer.add(PeerOrigin::kTracker, hosts(1, 10));

  EXPECT_EQ(dialled_.size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    dialer.on_report(opened(i, dialled_[i].remote, static_cast<std::uint8_t>(20 + i)));
  }
  turn_for(5s);
  EXPECT_EQ(dialled_.size(), 3u);
  EXPECT_EQ(dialer.connected_count(), 3u);

  dialer.on_report(PeerClosed{.handle = {0, 0, 0}, .remote = dialled_[0].remote, .opened = true});
  turn_for(1s);
  EXPECT_EQ(dialled_.size(), 4u);
}

// BEP 40: of 200 candidates the 50 that rank highest are connected in the end.
TEST_F(DialerTest, ConnectionsConvergeToThoseThatRankHighest) {
  Dialer dialer = make(/*connections_max=*/50);
  net::Endpoint const ours = at(250);
  std::vector<net::Endpoint> all;
  for (std::uint8_t i = 0; i < 200; ++i) {
    all.push_back(net::Endpoint::ipv4({static_cast<std::uint8_t>(i + 20), i, 3, 4}, 6881));
  }
  dialer.start();
  dialer.add(PeerOrigin::kTracker, all);
  std::map<std::uint32_t, net::Endpoint> alive;
  std::size_t answered = 0;
  std::size_t ended = 0;

  for (int i = 0; i < 3 * 60 * 60; ++i) {
    for (; answered < dialled_.size(); ++answered) {
      auto const slot = static_cast<std::uint32_t>(answered);
      PeerOpened report = opened(slot, dialled_[slot].remote, static_cast<std::uint8_t>(slot));
      report.id[0] = static_cast<std::byte>(slot >> 8);
      report.local = ours;
      alive[slot] = report.remote;
      dialer.on_report(report);
    }
    for (; ended < closed_.size(); ++ended) {
      std::uint32_t const slot = closed_[ended].first.slot;
      EXPECT_EQ(closed_[ended].second, net::CloseReason::kTooManyPeers);
      dialer.on_report(PeerClosed{.handle = {0, slot, 0},
                                  .remote = alive[slot],
                                  .opened = true,
                                  .reason = net::CloseReason::kTooManyPeers});
      alive.erase(slot);
    }
    clock_.advance(1s);
    loop_.run_turn(Duration::zero());
  }

  auto const by_rank = [&](net::Endpoint const& a, net::Endpoint const& b) {
    return peer_priority(ours, a) > peer_priority(ours, b);
  };
  std::sort(all.begin(), all.end(), by_rank);
  EXPECT_EQ(alive.size(), 50u);
  for (auto const& [slot, remote] : alive) {
    EXPECT_LT(std::find(all.begin(), all.end(), remote) - all.begin(), 50) << remote.to_string();
  }
}

TEST_F(DialerTest, WhoComesInWhenFullStaysOnlyInPlaceOfOneThatRanksLower) {
  Dialer dialer = make(/*connections_max=*/1);
  std::vector<net::Endpoint> peers{at(1), net::Endpoint::ipv4({99, 1, 2, 3}, 1)};
  std::sort(peers.begin(), peers.end(), [](auto const& a, auto const& b) {
    return peer_priority(at(250), a) < peer_priority(at(250), b);
  });
  PeerOpened low = opened(0, peers[0], 20, /*incoming=*/true);
  PeerOpened high = opened(1, peers[1], 21, /*incoming=*/true);
  low.local = high.local = at(250);

  dialer.on_report(low);
  dialer.on_report(high);

  ASSERT_EQ(closed_.size(), 1u);
  EXPECT_EQ(closed_[0].first, low.handle);
  dialer.on_report(PeerClosed{.handle = low.handle, .remote = low.remote, .opened = true});
  dialer.on_report(low);
  ASSERT_EQ(closed_.size(), 2u);
  EXPECT_EQ(closed_[1].first, low.handle);
}

TEST_F(DialerTest, RanksByTheAddressThatPeersSayIsOurs) {
  Dialer dialer = make(/*connections_max=*/1);
  auto const outside = net::Endpoint::ipv4({9, 9, 9, 9}, 0);
  auto const by_rank = [&](net::Endpoint const& a, net::Endpoint const& b) {
    return peer_priority(outside, a) < peer_priority(outside, b);
  };
  std::vector<net::Endpoint> peers;
  for (std::uint8_t i = 20; i < 40; ++i) peers.push_back(net::Endpoint::ipv4({i, 1, 2, 3}, 1));
  std::sort(peers.begin(), peers.end(), by_rank);
  for (std::uint8_t i = 1; i <= 3; ++i) dialer.on_report(AddressTold{at(i), outside});

  for (std::uint32_t i = 0; i < peers.size(); ++i) {
    PeerOpened report = opened(i, peers[i], static_cast<std::uint8_t>(i + 1), /*incoming=*/true);
    report.local = at(250);
    dialer.on_report(report);
  }

  ASSERT_EQ(closed_.size(), peers.size() - 1) << "each ranks higher than the one before";
  for (std::uint32_t i = 0; i < closed_.size(); ++i) EXPECT_EQ(closed_[i].first.slot, i);
}

TEST_F(DialerTest, HasABoundOnAttemptsAtOnce) {
  Dialer dialer = make(/*connections_max=*/10'000);
  dialer.start();
  dialer.add(PeerOrigin::kTracker, hosts(1, 200));

  EXPECT_EQ(dialled_.size(), static_cast<std::size_t>(limits::kHalfOpen));
}

TEST_F(DialerTest, KeepsHowPeersEndedAndWhoHasNotAnsweredYet) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  dialer.add(PeerOrigin::kTracker, hosts(1, 3));
  EXPECT_EQ(dialer.awaited_count(), 3u);

  dialer.on_report(opened(0, dialled_[0].remote, 20));
  dialer.on_report(PeerClosed{.remote = dialled_[1].remote,
                              .reason = net::CloseReason::kConnectFailed,
                              .detail = "Connection refused"});
  EXPECT_EQ(dialer.awaited_count(), 1u);
  ASSERT_EQ(dialer.ends().counts().size(), 1u);
  EXPECT_EQ(dialer.ends().counts()[0].example, dialled_[1].remote);

  turn_for(10s);  // it is called again
  ASSERT_EQ(dialled_.size(), 4u);
  EXPECT_EQ(dialer.awaited_count(), 1u);
  dialer.on_report(opened(1, dialled_[3].remote, 21));
  EXPECT_EQ(dialer.ends().peer_count(), 0u);
}

TEST_F(DialerTest, SpreadsOverTheNetThreads) {
  Dialer dialer = make(/*connections_max=*/30, /*threads=*/3);
  dialer.start();
  dialer.add(PeerOrigin::kTracker, hosts(1, 30));

  for (std::uint16_t thread = 0; thread < 3; ++thread) {
    EXPECT_EQ(std::count_if(dialled_.begin(), dialled_.end(),
                            [&](Dial const& d) { return d.thread == thread; }),
              10);
  }
}

TEST_F(DialerTest, SeveralPeersBehindOneAddressAreEachDialled) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  std::vector<net::Endpoint> const neighbours{at(1, 1000), at(1, 1001), at(1, 1002)};
  dialer.add(PeerOrigin::kTracker, neighbours);

  EXPECT_EQ(dialled_.size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    dialer.on_report(opened(i, dialled_[i].remote, static_cast<std::uint8_t>(20 + i)));
  }
  EXPECT_EQ(dialer.connected_count(), 3u);
  EXPECT_TRUE(closed_.empty());
}

// A source may name any number of ports of a host that never heard of BitTorrent.
TEST_F(DialerTest, OneAddressIsNotFloodedAndHasNoMoreThanItsShare) {
  constexpr auto kShare = static_cast<std::size_t>(limits::kPeersPerAddress);
  Dialer dialer = make(/*connections_max=*/100);
  dialer.start();
  std::vector<net::Endpoint> ports;
  for (std::uint16_t i = 0; i < 50; ++i) ports.push_back(at(1, static_cast<std::uint16_t>(1 + i)));
  dialer.add(PeerOrigin::kTracker, ports);
  EXPECT_EQ(dialled_.size(), kShare);

  dialer.on_report(PeerClosed{.remote = dialled_.front().remote});
  turn_for(1s);

  EXPECT_EQ(dialled_.size(), kShare + 1);
}

TEST_F(DialerTest, CallersBeyondTheShareOfTheirAddressAreClosed) {
  Dialer dialer = make(/*connections_max=*/100);
  dialer.start();
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(limits::kPeersPerAddress); ++i) {
    auto const port = static_cast<std::uint16_t>(1000 + i);
    dialer.on_report(opened(i, at(1, port), static_cast<std::uint8_t>(20 + i), /*incoming=*/true));
  }
  ASSERT_TRUE(closed_.empty());

  dialer.on_report(opened(90, at(1, 2000), 90, /*incoming=*/true));
  dialer.on_report(opened(91, at(2, 2000), 91, /*incoming=*/true));

  ASSERT_EQ(closed_.size(), 1u);
  EXPECT_EQ(closed_[0].first.slot, 90u);
  EXPECT_EQ(closed_[0].second, net::CloseReason::kTooManyPeers);
}

TEST_F(DialerTest, AsksForPeersWhenNobodyIsLeftToDial) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();

  EXPECT_GT(wanted_, 0);
}

// Two peers that found each other twice: whichever connection each side hears of first,
// both keep the same one.
TEST_F(DialerTest, BothSidesKeepTheSameOfTwoConnections) {
  constexpr std::uint8_t kSmall = 5;
  constexpr std::uint8_t kLarge = 9;
  for (bool const small_hears_own_first : {true, false}) {
    for (bool const large_hears_own_first : {true, false}) {
      auto const keeps_own = [&](std::uint8_t us, std::uint8_t them, bool own_first) {
        closed_.clear();
        dialled_.clear();
        Dialer dialer = make(10, 1, us);
        dialer.start();
        dialer.add(PeerOrigin::kTracker, hosts(them, 1));
        auto const own = opened(1, at(them), them);
        auto const theirs = opened(2, at(them, 50'000), them, /*incoming=*/true);
        dialer.on_report(own_first ? own : theirs);
        dialer.on_report(own_first ? theirs : own);
        EXPECT_EQ(closed_.size(), 1u);
        EXPECT_EQ(closed_.front().second, net::CloseReason::kDuplicate);
        return closed_.front().first != own.handle;
      };

      bool const small_keeps_own = keeps_own(kSmall, kLarge, small_hears_own_first);
      bool const large_keeps_own = keeps_own(kLarge, kSmall, large_hears_own_first);

      EXPECT_FALSE(small_keeps_own);
      EXPECT_TRUE(large_keeps_own);
    }
  }
}

// The peer that is connected already, from its side, is known to us by the address it
// listens on.  Dialling it every few seconds would only annoy it.
TEST_F(DialerTest, APeerThatIsConnectedOtherwiseIsNotDialledOverAndOver) {
  Dialer dialer = make(/*connections_max=*/10, 1, /*id=*/5);
  dialer.start();
  dialer.on_report(opened(1, at(9, 50'000), /*id=*/9, /*incoming=*/true));
  dialer.add(PeerOrigin::kTracker, hosts(9, 1));
  std::size_t answered = 0;
  for (int second = 0; second < 600; ++second) {
    for (; answered < dialled_.size(); ++answered) {
      auto const handle = static_cast<std::uint32_t>(10 + answered);
      dialer.on_report(opened(handle, at(9), 9));
      dialer.on_report(PeerClosed{.handle = {0, handle, 0},
                                  .remote = at(9),
                                  .opened = true,
                                  .reason = net::CloseReason::kDuplicate});
    }
    turn_for(1s);
  }

  EXPECT_LE(dialled_.size(), 10u);
  EXPECT_EQ(dialer.connected_count(), 1u);
}

TEST_F(DialerTest, ABannedPeerIsClosedAndRefusedWhenItComesBack) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  dialer.on_report(opened(1, at(9, 50'000), 9, /*incoming=*/true));

  dialer.ban(at(9, 50'000));
  dialer.on_report(PeerClosed{.handle = {0, 1, 0},
                              .remote = at(9, 50'000),
                              .incoming = true,
                              .opened = true,
                              .reason = net::CloseReason::kBanned});
  dialer.add(PeerOrigin::kTracker, hosts(9, 1));
  dialer.on_report(opened(2, at(9, 50'001), 9, /*incoming=*/true));

  ASSERT_EQ(closed_.size(), 2u);
  EXPECT_EQ(closed_[1].first, (PeerHandle{0, 2, 0}));
  EXPECT_EQ(closed_[1].second, net::CloseReason::kBanned);
  EXPECT_TRUE(dialled_.empty());
}

TEST_F(DialerTest, ACallFromItselfTellsWhichEndpointIsItsOwn) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  dialer.on_report(opened(1, at(9, 50'000), /*id=*/5, /*incoming=*/true));
  dialer.on_report(PeerClosed{.handle = {0, 1, 0},
                              .remote = at(9, 50'000),
                              .local = at(9),
                              .incoming = true,
                              .opened = true,
                              .reason = net::CloseReason::kSelf});

  dialer.add(PeerOrigin::kTracker, std::vector{at(9), at(10)});

  ASSERT_EQ(dialled_.size(), 1u);
  EXPECT_EQ(dialled_[0].remote, at(10));
}

TEST_F(DialerTest, ItsOwnEndpointsAreNeverDialled) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.mark_self(at(9));
  dialer.start();

  dialer.add(PeerOrigin::kTracker, std::vector{at(9)});
  turn_for(1min);

  EXPECT_TRUE(dialled_.empty());
}

TEST_F(DialerTest, APeerThatLeftIsKnownByItsHandleAndBannedAllTheSame) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  dialer.on_report(opened(1, at(9, 50'000), 9, /*incoming=*/true));
  dialer.on_report(
      PeerClosed{.handle = {0, 1, 0}, .remote = at(9, 50'000), .incoming = true, .opened = true});

  dialer.ban(dialer.endpoint_of({0, 1, 0}));
  dialer.ban(at(9, 50'001));  // the same address: banned already

  EXPECT_TRUE(dialer.is_banned(at(9)));
  EXPECT_FALSE(dialer.is_banned(at(10)));
  EXPECT_EQ(dialer.banned_count(), 1u);
  EXPECT_EQ(dialer.endpoint_of({0, 2, 0}), net::Endpoint{});
}

TEST_F(DialerTest, StoppedItDialsNobody) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  dialer.stop();
  dialer.add(PeerOrigin::kTracker, hosts(1, 3));
  turn_for(5s);

  EXPECT_TRUE(dialled_.empty());
}

// Said once when the last one goes; that there is nobody, for as long as that is so.
TEST_F(DialerTest, SaysOnceThatAllPeersAreLost) {
  Dialer dialer = make(/*connections_max=*/10);
  dialer.start();
  turn_for(1s);
  EXPECT_EQ(std::count(needs_.begin(), needs_.end(), PeerNeed::kLostAll), 0);
  EXPECT_EQ(needs_.back(), PeerNeed::kAny);
  dialer.add(PeerOrigin::kTracker, hosts(1, 2));
  for (std::uint32_t i = 0; i < 2; ++i) {
    dialer.on_report(opened(i, dialled_[i].remote, static_cast<std::uint8_t>(20 + i)));
  }
  needs_.clear();
  auto const close = [&](std::uint32_t slot) {
    dialer.on_report(PeerClosed{.handle = {0, slot, 0},
                                .remote = dialled_[slot].remote,
                                .opened = true,
                                .reason = net::CloseReason::kPeerClosed});
  };

  close(0);
  turn_for(1s);
  EXPECT_EQ(needs_.back(), PeerNeed::kMore);
  close(1);
  turn_for(1s);

  EXPECT_EQ(std::count(needs_.begin(), needs_.end(), PeerNeed::kLostAll), 1);
  EXPECT_EQ(needs_.back(), PeerNeed::kAny);
}

}  // namespace
}  // namespace btfast
