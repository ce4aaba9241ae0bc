#include "cli/transfer_figures.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMega = 1'000'000;
constexpr TimePoint kStart{1h};

// Unchoked by a peer that is asked, workers idle.
TorrentStats moving() {
  TorrentStats stats;
  stats.size = 1000 * kMega;
  stats.peers = 1;
  stats.unchoking_us = 1;
  stats.requests_open = 100;
  stats.budget_bytes = 256 * kMega;
  stats.workers = 8;
  return stats;
}

// Ten looks of a quarter of a second each, the last of them shown.
TransferFigures after_looks(TorrentStats const& stats) {
  TransferFigures figures;
  for (int look = 0; look < 10; ++look) figures.observe(stats, kStart + look * 250ms);
  figures.sample(stats, kStart + 2500ms);
  return figures;
}

TEST(TransferFigures, ARateIsWhatCameSinceTheLastSample) {
  TransferFigures figures;
  TorrentStats stats = moving();
  stats.payload_down = 50 * kMega;  // before anybody looked
  figures.sample(stats, kStart);
  EXPECT_EQ(figures.net().bytes_per_s(), 0);

  for (int second = 1; second <= 20; ++second) {
    stats.payload_down += 10 * kMega;
    stats.bytes_hashed += 8 * kMega;
    stats.bytes_written += 6 * kMega;
    stats.payload_up += 2 * kMega;
    figures.sample(stats, kStart + second * 1s);
  }

  EXPECT_NEAR(figures.net().bytes_per_s(), 10e6, 0.2e6);
  EXPECT_NEAR(figures.hash().bytes_per_s(), 8e6, 1);
  EXPECT_NEAR(figures.disk().bytes_per_s(), 6e6, 1);
  EXPECT_NEAR(figures.up().bytes_per_s(), 2e6, 1);
  EXPECT_NEAR(figures.net().history().back(), 10e6, 1);
}

TEST(TransferFigures, APauseShowsWithinSeconds) {
  TransferFigures figures;
  TorrentStats stats = moving();
  figures.sample(stats, kStart);
  stats.payload_down = 10 * kMega;
  figures.sample(stats, kStart + 1s);

  for (int second = 2; second <= 12; ++second) figures.sample(stats, kStart + second * 1s);

  EXPECT_LT(figures.net().bytes_per_s(), 1e6);
  EXPECT_EQ(figures.net().history().back(), 0);
}

TEST(TransferFigures, WhatIsLeftOverTheRateIsTheTimeLeft) {
  TransferFigures figures;
  TorrentStats stats = moving();
  figures.sample(stats, kStart);
  EXPECT_FALSE(figures.eta());  // nothing moved
  stats.bytes_have = 400 * kMega;
  stats.payload_down = 10 * kMega;
  figures.sample(stats, kStart + 1s);

  EXPECT_EQ(figures.eta(), 60s);
  EXPECT_DOUBLE_EQ(figures.percent(), 40.0);
}

TEST(TransferFigures, NothingOfNothingIsNoPercentage) { EXPECT_EQ(TransferFigures{}.percent(), 0); }

TEST(TransferFigures, WithoutPeersOrUnchokedByNoneThatIsTheLimit) {
  TorrentStats stats = moving();
  stats.unchoking_us = 0;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kChoked);
  stats.peers = 0;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNoPeers);
}

TEST(TransferFigures, WhileMoreCanBeAskedTheNetworkIsTheLimit) {
  TorrentStats stats = moving();
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNet);
  stats.workers_busy = 8;  // with what comes
  stats.workers_writing = 3;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNet);
}

TEST(TransferFigures, WhatTakesTheWorkersTimeIsTheLimitWhenPeersWaitForThem) {
  TorrentStats stats = moving();
  stats.workers_busy = 8;
  stats.workers_writing = 6;
  stats.workers_behind = true;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kDisk);
  stats.workers_writing = 2;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kHash);
}

TEST(TransferFigures, PeersWaitForMemoryToo) {
  TorrentStats stats = moving();
  stats.workers_busy = stats.workers_writing = 1;
  stats.bytes_in_flight = stats.budget_bytes;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kDisk);
}

TEST(TransferFigures, MemoryFullOfWhatPeersHaveNotFinishedIsTheNetworks) {
  TorrentStats stats = moving();
  stats.bytes_in_flight = stats.budget_bytes;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNet);
}

TEST(TransferFigures, WhenAllWasAskedAndWorkersGoOnTheyAreTheLimit) {
  TorrentStats stats = moving();
  stats.workers_busy = stats.workers_writing = 2;
  stats.requests_open = 0;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kDisk);
}

TEST(TransferFigures, WhoHoldsTheRateBackHimselfIsTold) {
  TorrentStats stats = moving();
  stats.requests_open = 0;  // answered at once
  stats.at_down_limit = 1;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kLimited);
  stats.peers = 0;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNoPeers);
}

TEST(TransferFigures, ARateThatIsTheLimitIsLimited) {
  TransferFigures figures;
  TorrentStats stats = moving();
  figures.set_rate_limits(10 * kMega, 0);
  for (int second = 0; second < 10; ++second) {
    stats.payload_down += 10 * kMega;
    figures.sample(stats, kStart + second * 1s);
  }
  EXPECT_EQ(figures.limit(), Limit::kLimited);

  figures.set_rate_limits(20 * kMega, 0);
  EXPECT_EQ(figures.limit(), Limit::kNet);
}

TEST(TransferFigures, ALimitThatIsReachedNowAndThenHoldsNothingBack) {
  TransferFigures figures;
  TorrentStats stats = moving();
  for (int look = 0; look < 40; ++look) {
    stats.at_down_limit = look % 5 == 0 ? 1 : 0;
    figures.sample(stats, kStart + look * 250ms);
  }

  EXPECT_EQ(figures.limit(), Limit::kNet);
}

TEST(TransferFigures, WhoOnlyGivesIsSeedingOrHeldBackByTheUploadLimit) {
  TransferFigures figures;
  TorrentStats stats = moving();
  stats.peers = stats.unchoking_us = 0;
  stats.at_down_limit = 1;
  figures.set_giving(true);
  for (int look = 0; look < 10; ++look) figures.sample(stats, kStart + look * 250ms);
  EXPECT_EQ(figures.limit(), Limit::kSeeding);

  stats.at_up_limit = 1;
  for (int look = 10; look < 50; ++look) figures.sample(stats, kStart + look * 250ms);
  EXPECT_EQ(figures.limit(), Limit::kLimited);
  EXPECT_FALSE(figures.eta());
}

TEST(TransferFigures, NamesOfLimitsAreTheContracts) {
  EXPECT_EQ(limit_name(Limit::kNet), "net");
  EXPECT_EQ(limit_name(Limit::kHash), "hash");
  EXPECT_EQ(limit_name(Limit::kDisk), "disk");
  EXPECT_EQ(limit_name(Limit::kLimited), "limited");
  EXPECT_EQ(limit_name(Limit::kChoked), "choked");
  EXPECT_EQ(limit_name(Limit::kNoPeers), "no-peers");
  EXPECT_EQ(limit_name(Limit::kSeeding), "seeding");
}

TEST(TransferFigures, WithoutPeersNobodyKnowsWhenItEnds) {
  TransferFigures figures;
  TorrentStats stats = moving();
  figures.sample(stats, kStart);
  stats.payload_down = stats.bytes_have = 10 * kMega;
  figures.sample(stats, kStart + 1s);
  EXPECT_TRUE(figures.eta());

  stats.peers = 0;
  figures.sample(stats, kStart + 2s);

  EXPECT_FALSE(figures.eta());
}

// Each of 1,000 requests in a second is open for a millisecond: one is, on average.
TEST(TransferFigures, RequestsAreCountedWhereNoLookFindsAny) {
  TransferFigures figures;
  TorrentStats stats = moving();
  stats.requests_open = 0;
  for (int second = 0; second < 10; ++second) {
    figures.sample(stats, kStart + second * 1s);
    stats.payload_down += 16 * kMega;
    stats.request_time_us += 1000 * 1000;
  }
  EXPECT_EQ(figures.requests(), 1u);

  stats.requests_open = 40;  // and nobody answers
  figures.sample(stats, kStart + 11s);
  EXPECT_EQ(figures.requests(), 40u);
}

TEST(TransferFigures, BusyThreadsAreAMeanOfTheLooks) {
  TransferFigures figures;
  TorrentStats stats = moving();
  for (int look = 0; look < 40; ++look) {
    stats.workers_busy = 4;
    stats.workers_writing = look % 2 == 0 ? 0 : 4;
    figures.observe(stats, kStart + look * 250ms);
  }

  EXPECT_NEAR(figures.threads_hashing(), 2, 0.3);
  EXPECT_NEAR(figures.threads_writing(), 2, 0.3);
}

}  // namespace
}  // namespace btfast::cli
