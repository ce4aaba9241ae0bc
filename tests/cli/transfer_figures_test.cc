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
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNetwork);
  stats.workers_busy = 8;  // with what comes
  stats.workers_writing = 3;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNetwork);
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
  EXPECT_EQ(after_looks(stats).limit(), Limit::kNetwork);
}

TEST(TransferFigures, WhenAllWasAskedAndWorkersGoOnTheyAreTheLimit) {
  TorrentStats stats = moving();
  stats.workers_busy = stats.workers_writing = 2;
  stats.requests_open = 0;
  EXPECT_EQ(after_looks(stats).limit(), Limit::kDisk);
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
