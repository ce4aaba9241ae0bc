#include "cli/swarm_result.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/types.h"

namespace btfast::cli {
namespace {

SwarmResult swarm() {
  SwarmResult result;
  result.exit = ExitStatus::kDone;
  result.bytes = kGiB;
  result.piece_length = kMiB;
  result.pieces = 1024;
  result.peers = {{.name = "seed-1", .seed = true, .done = true, .cpu_s = 1, .uploaded = 2 * kGiB},
                  {.name = "leech-1",
                   .done = true,
                   .verified = true,
                   .wall_s = 2,
                   .cpu_s = 3,
                   .downloaded = kGiB},
                  {.name = "leech-2", .done = true, .wall_s = 4, .cpu_s = 1, .downloaded = kGiB}};
  return result;
}

TEST(SwarmFigures, AreWorkedOutFromThePeers) {
  auto const figures = figures_of(swarm());

  EXPECT_EQ(figures.verified, 1u);
  EXPECT_DOUBLE_EQ(figures.p50_s, 2);
  EXPECT_DOUBLE_EQ(figures.p99_s, 4);
  EXPECT_DOUBLE_EQ(figures.aggregate_bytes_per_s, 2.0 * kGiB / 4);
  EXPECT_DOUBLE_EQ(figures.leech_cpu_s_per_gib, 2);
  EXPECT_DOUBLE_EQ(figures.seed_cpu_s_per_gib, 0.5);
  EXPECT_DOUBLE_EQ(figures.seed_copies, 2);
}

TEST(SwarmFigures, AreZeroOfASwarmThatDidNothing) {
  auto const figures = figures_of({});

  EXPECT_EQ(figures.p99_s, 0);
  EXPECT_EQ(figures.aggregate_bytes_per_s, 0);
  EXPECT_EQ(figures.leech_cpu_s_per_gib, 0);
}

TEST(Percentile, IsTheNearestRank) {
  EXPECT_EQ(percentile({}, 50), 0);
  EXPECT_EQ(percentile({3, 1, 2}, 50), 2);
  EXPECT_EQ(percentile({3, 1, 2}, 99), 3);
  EXPECT_EQ(percentile({3, 1, 2}, 0), 1);
}

TEST(PeerFromJson, ReadsWhatAProcessPrints) {
  auto const peer = peer_from_json(
      R"({"status":"done","exit":0,"downloaded":10,"wasted":1,"uploaded":5,"wall_s":1.5})");

  ASSERT_TRUE(peer);
  EXPECT_TRUE(peer->done);
  EXPECT_EQ(peer->downloaded, 10u);
  EXPECT_EQ(peer->uploaded, 5u);
  EXPECT_EQ(peer->wasted, 1u);
  EXPECT_DOUBLE_EQ(peer->wall_s, 1.5);
  EXPECT_EQ(peer->error, "");
  EXPECT_EQ(peer_from_json(R"({"status":"failed","error":"no room"})")->error, "no room");
}

TEST(PeerFromJson, IsEmptyForAnythingElse) {
  EXPECT_FALSE(peer_from_json(""));
  EXPECT_FALSE(peer_from_json("[]"));
  EXPECT_FALSE(peer_from_json("{"));
  EXPECT_FALSE(peer_from_json(R"({"status":7,"wall_s":"x","downloaded":-1})")->done);
}

TEST(SwarmTable, NamesEveryPeerAndTheVerdict) {
  auto const table = swarm_table(swarm());

  for (auto const* const part : {"1 seed, 2 leeches", "seed-1", "leech-1", "leech-2", "verified",
                                 "p50 2.00 s", "2.00 x the size", "1 of 2 copies"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  }
}

TEST(SwarmJson, HasTheFiguresAndThePeers) {
  auto const json = nlohmann::json::parse(swarm_json(swarm()));

  EXPECT_EQ(json["status"], "done");
  EXPECT_EQ(json["leeches"], 2);
  EXPECT_EQ(json["completion_s"]["p99"], 4);
  EXPECT_EQ(json["peers"].size(), 3u);
  EXPECT_FALSE(json["peers"][0].contains("verified"));
  EXPECT_TRUE(json["error"].is_null());
}

}  // namespace
}  // namespace btfast::cli
