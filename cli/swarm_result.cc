#include "cli/swarm_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/json_output.h"
#include "cli/text.h"
#include "cli/transfer_result.h"
#include "engine/base/types.h"

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }
double in_gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(kGiB);
}

Json json_of(SwarmPeer const& peer) {
  Json json{{"name", peer.name},         {"done", peer.done},
            {"wall_s", peer.wall_s},     {"cpu_s", peer.cpu_s},
            {"peak_rss", peer.peak_rss}, {"downloaded", peer.downloaded},
            {"uploaded", peer.uploaded}, {"wasted", peer.wasted}};
  if (!peer.seed) json["verified"] = peer.verified;
  return json;
}

std::string row(SwarmPeer const& peer) {
  std::string const wall = peer.seed ? "" : fmt::format("{:.2f} s", peer.wall_s);
  std::string const state = peer.seed ? "" : peer.verified ? "verified" : peer.done ? "bad" : "-";
  return fmt::format("{:<10} {:>9} {:>8.2f} s {:>11} {:>12} {:>12}  {}\n", peer.name, wall,
                     peer.cpu_s, human_size(peer.peak_rss), human_size(peer.downloaded),
                     human_size(peer.uploaded), state);
}

std::size_t leech_count(SwarmResult const& result) {
  return static_cast<std::size_t>(std::count_if(result.peers.begin(), result.peers.end(),
                                                [](auto const& p) { return !p.seed; }));
}

}  // namespace

double percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  double const rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  auto const index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return values[std::min(index, values.size() - 1)];
}

SwarmFigures figures_of(SwarmResult const& result) {
  SwarmFigures out;
  std::vector<double> times;
  std::uint64_t downloaded = 0;
  std::uint64_t sent = 0;
  double leech_cpu = 0;
  double seed_cpu = 0;
  for (auto const& peer : result.peers) {
    if (peer.seed) {
      sent += peer.uploaded;
      seed_cpu += peer.cpu_s;
      continue;
    }
    downloaded += peer.downloaded;
    leech_cpu += peer.cpu_s;
    if (peer.verified) ++out.verified;
    if (peer.done) times.push_back(peer.wall_s);
  }
  out.p50_s = percentile(times, 50);
  out.p99_s = percentile(times, 99);
  out.last_s = percentile(times, 100);
  out.aggregate_bytes_per_s =
      ratio(static_cast<double>(result.bytes) * static_cast<double>(times.size()), out.last_s);
  out.leech_cpu_s_per_gib = ratio(leech_cpu, in_gib(downloaded));
  out.seed_cpu_s_per_gib = ratio(seed_cpu, in_gib(sent));
  out.seed_copies = ratio(static_cast<double>(sent), static_cast<double>(result.bytes));
  return out;
}

std::optional<SwarmPeer> peer_from_json(std::string_view line) {
  auto const json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  auto const count = [&](char const* key) -> std::uint64_t {
    auto const found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  auto const status = json.find("status");
  auto const wall = json.find("wall_s");
  SwarmPeer peer;
  peer.done = status != json.end() && *status == "done";
  peer.wall_s = wall != json.end() && wall->is_number() ? wall->get<double>() : 0;
  peer.downloaded = count("downloaded");
  peer.uploaded = count("uploaded");
  peer.wasted = count("wasted");
  auto const error = json.find("error");
  if (error != json.end() && error->is_string()) peer.error = error->get<std::string>();
  return peer;
}

std::string swarm_table(SwarmResult const& result) {
  SwarmFigures const f = figures_of(result);
  std::size_t const leeches = leech_count(result);
  std::string out = fmt::format("{}, {}   {} · {} x {}\n\n",
                                counted(result.peers.size() - leeches, "seed", "seeds"),
                                counted(leeches, "leech", "leeches"), human_size(result.bytes),
                                result.pieces, human_size(result.piece_length));
  out += fmt::format("{:<10} {:>9} {:>10} {:>11} {:>12} {:>12}\n", "", "complete", "cpu",
                     "peak rss", "received", "sent");
  for (auto const& peer : result.peers) out += row(peer);
  out += fmt::format("\ncompletion  p50 {:.2f} s   p99 {:.2f} s   last {:.2f} s\n", f.p50_s,
                     f.p99_s, f.last_s);
  out += fmt::format("aggregate   {}\n", human_rate(f.aggregate_bytes_per_s));
  out += fmt::format("cpu         {:.2f} s/GiB received, {:.2f} s/GiB sent by seeds\n",
                     f.leech_cpu_s_per_gib, f.seed_cpu_s_per_gib);
  out += fmt::format("seeds sent  {:.2f} x the size\n", f.seed_copies);
  out += fmt::format("verified    {} of {} copies\n", f.verified, leeches);
  return out;
}

std::string swarm_json(SwarmResult const& result) {
  SwarmFigures const f = figures_of(result);
  std::size_t const leeches = leech_count(result);
  Json peers = Json::array();
  for (auto const& peer : result.peers) peers.push_back(json_of(peer));
  Json const json{{"status", result_status(result.exit)},
                  {"exit", static_cast<int>(result.exit)},
                  {"seeds", result.peers.size() - leeches},
                  {"leeches", leeches},
                  {"bytes", result.bytes},
                  {"piece_length", result.piece_length},
                  {"pieces", result.pieces},
                  {"verified", f.verified},
                  {"completion_s", {{"p50", f.p50_s}, {"p99", f.p99_s}, {"last", f.last_s}}},
                  {"aggregate_Bps", static_cast<std::uint64_t>(f.aggregate_bytes_per_s)},
                  {"leech_cpu_s_per_GiB", f.leech_cpu_s_per_gib},
                  {"seed_cpu_s_per_GiB", f.seed_cpu_s_per_gib},
                  {"seed_copies", f.seed_copies},
                  {"peers", std::move(peers)},
                  {"error", result.error.empty() ? Json{} : Json(result.error)}};
  return json_block(json);
}

}  // namespace btfast::cli
