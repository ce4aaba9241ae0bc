#include "engine/swarm/rate_gate.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "engine/base/limits.h"

namespace btfast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TimePoint const kStart{std::chrono::hours{1}};
constexpr std::uint32_t kBlock = limits::kBlockSize;

PeerHandle handle(std::uint32_t n) { return {0, n, 0}; }

// Peers that move blocks as long as they are allowed to.
class RateGateTest : public ::testing::Test {
 protected:
  void make(std::uint64_t rate) {
    bucket_.emplace(rate, kStart);
    gate_.emplace(*bucket_, timers_, [this](PeerHandle peer) { go_on(peer); });
  }
  void go_on(PeerHandle peer) {
    ++served_[peer.slot];
    while (wants_[peer.slot] >= kBlock && gate_->allowance(peer) > 0) {
      gate_->spend(kBlock);
      wants_[peer.slot] -= kBlock;
      moved_[peer.slot] += kBlock;
    }
  }
  void want(std::uint32_t peer, std::uint64_t bytes) {
    wants_[peer] += bytes;
    go_on(handle(peer));
  }
  void pass(Duration time) {
    for (Duration left = time; left > Duration::zero(); left -= milliseconds{1}) {
      timers_.advance(timers_.now() + milliseconds{1});
    }
  }
  std::uint64_t moved() const {
    std::uint64_t sum = 0;
    for (auto const& [peer, bytes] : moved_) sum += bytes;
    return sum;
  }

  net::TimerWheel timers_{kStart};
  std::optional<TokenBucket> bucket_;
  std::optional<RateGate> gate_;
  std::map<std::uint32_t, std::uint64_t> wants_;
  std::map<std::uint32_t, std::uint64_t> moved_;
  std::map<std::uint32_t, int> served_;
};

class RateGateAt : public RateGateTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(RateGateAt, OnePeerMovesAtTheRate) {
  make(GetParam());
  want(0, 1ull << 40);

  pass(seconds{20});

  EXPECT_NEAR(static_cast<double>(moved()) / (20.0 * static_cast<double>(GetParam())), 1.0, 0.03);
}

INSTANTIATE_TEST_SUITE_P(Rates, RateGateAt,
                         ::testing::Values(50'000, 1'000'000, 80'000'000, 2'000'000'000));

TEST_F(RateGateTest, ManyPeersShareItAlike) {
  make(10'000'000);
  for (std::uint32_t peer = 0; peer < 8; ++peer) want(peer, 1ull << 40);

  pass(seconds{10});

  EXPECT_NEAR(static_cast<double>(moved()), 1e8, 3e6);
  for (auto const& [peer, bytes] : moved_) {
    EXPECT_NEAR(static_cast<double>(bytes), 1e8 / 8, 1e6) << peer;
  }
}

TEST_F(RateGateTest, WhoComesLaterDoesNotOvertakeTheLine) {
  make(1'000'000);
  want(0, kBlock);
  want(1, kBlock);

  want(2, kBlock);
  pass(milliseconds{17});

  EXPECT_EQ(moved_[0], kBlock);
  EXPECT_EQ(moved_[2], 0u);
  pass(milliseconds{100});
  EXPECT_EQ(moved_[2], kBlock);
}

TEST_F(RateGateTest, APeerStandsInLineOnce) {
  make(1'000'000);
  want(0, kBlock);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(gate_->allowance(handle(0)), 0u);
  served_.clear();

  pass(seconds{1});

  EXPECT_EQ(served_[0], 1);
}

TEST_F(RateGateTest, WhoWaitsIsCounted) {
  make(1'000'000);
  want(0, kBlock);
  want(1, kBlock);
  EXPECT_EQ(gate_->waiting(), 2u);

  pass(seconds{1});

  EXPECT_EQ(gate_->waiting(), 0u);
}

TEST_F(RateGateTest, NothingStandsInLineNoTimerRuns) {
  make(1'000'000);
  want(0, kBlock);
  EXPECT_EQ(timers_.armed_count(), 1u);

  pass(seconds{1});

  EXPECT_EQ(timers_.armed_count(), 0u);
  EXPECT_EQ(moved_[0], kBlock);
}

TEST_F(RateGateTest, WhatDidNotComeAboutIsThereForOthers) {
  make(1'000'000);
  want(0, 1ull << 40);
  pass(seconds{1});
  std::uint64_t const before = moved();

  gate_->give_back(500'000);
  pass(seconds{1});

  EXPECT_NEAR(static_cast<double>(moved() - before), 1.5e6, 5e4);
}

}  // namespace
}  // namespace btfast
