#include "cli/announce_command.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <stop_token>
#include <utility>

#include "cli/json_output.h"
#include "cli/signals.h"
#include "cli/text.h"
#include "cli/transfer_result.h"
#include "engine/base/limits.h"
#include "engine/control_loop.h"
#include "engine/descriptor_budget.h"
#include "engine/engine.h"

namespace btfast::cli {
namespace {

using nlohmann::ordered_json;

std::string line_of(TrackerProbeAnswer const& answer) {
  std::string const took = "  " + std::to_string(answer.took.count()) + " ms";
  std::string line = "tier " + std::to_string(answer.tier + 1) + "  " + escaped(answer.url);
  if (!answer.reply)
    return line + "  failed: " + escaped(failure_text(answer.reply.error())) + took;

  auto const& reply = *answer.reply;
  auto const count = [](std::optional<std::uint32_t> n) { return n ? std::to_string(*n) : "?"; };
  line += "  ok  interval " + std::to_string(reply.interval.count()) + " s";
  line += "  seeds " + count(reply.seeders) + "  leechers " + count(reply.leechers);
  line += "  peers " + std::to_string(reply.peers.size() + reply.names.size()) + took;
  if (!reply.warning.empty()) line += "  warning: " + escaped(reply.warning);
  if (!reply.fault.empty()) line += "  odd reply: " + escaped(reply.fault);
  return line;
}

ordered_json json_of(TrackerProbeAnswer const& answer) {
  ordered_json json{{"url", answer.url},
                    {"tier", answer.tier + 1},
                    {"ok", answer.reply.has_value()},
                    {"ms", answer.took.count()},
                    {"error", nullptr}};
  if (!answer.reply) {
    json["error"] = failure_text(answer.reply.error());
    return json;
  }
  auto const& reply = *answer.reply;
  auto const count = [](std::optional<std::uint32_t> n) { return n ? ordered_json(*n) : nullptr; };
  json["interval_s"] = reply.interval.count();
  json["seeds"] = count(reply.seeders);
  json["leechers"] = count(reply.leechers);
  json["peers"] = reply.peers.size() + reply.names.size();
  json["warning"] = reply.warning;
  json["fault"] = reply.fault;
  return json;
}

ordered_json error_of(std::size_t asked, ExitStatus exit) {
  if (exit == ExitStatus::kDone) return nullptr;
  if (exit == ExitStatus::kInterrupted) return "interrupted";
  return asked == 0 ? "the torrent names no tracker" : "no tracker answered";
}

void print_json(std::vector<TrackerProbeAnswer> const& answers, std::size_t ok, ExitStatus exit,
                std::ostream& out) {
  auto trackers = ordered_json::array();
  for (auto const& answer : answers) trackers.push_back(json_of(answer));
  ordered_json const json{{"status", result_status(exit)},
                          {"exit", static_cast<int>(exit)},
                          {"ok", ok},
                          {"failed", answers.size() - ok},
                          {"trackers", std::move(trackers)},
                          {"error", error_of(answers.size(), exit)}};
  out << json_line(json) << std::endl;
}

}  // namespace

ExitStatus run_announce(TrackerProbeOptions const& probe, CommandOutput const& output) {
  std::ostream& out = output.result();
  auto const control = ControlLoop::make();
  if (!control) return output.fail(control.error());
  net::EventLoop& loop = (*control)->loop();
  std::stop_source stop;
  std::size_t asked = 0;
  for (auto const& tier : probe.tracker_tiers) asked += tier.size();
  asked = std::min(asked, limits::kTrackers);
  std::size_t answered = 0;
  std::size_t ok = 0;
  auto const report = [&] {
    output.record("announce", std::array<LogField, 3>{
                                  {{"trackers", asked}, {"answered", answered}, {"ok", ok}}});
  };
  auto const signals = Signals::listen(
      loop,
      {.on_stop = [&](int) { stop.request_stop(); }, .on_status = report, .on_reopen = [] {}});
  if (!signals) return output.fail(signals.error());
  bool const asks = !probe.tracker_tiers.empty();
  if (auto const room = check_room_for({.tracker = asks}); !room) return output.fail(room.error());
  auto const tell = [&](TrackerProbeAnswer const& answer) {
    ++answered;
    ok += answer.reply.has_value();
    if (!output.json()) out << line_of(answer) << std::endl;
  };
  auto const answers = probe_trackers(loop, probe, tell, stop.get_token());
  ExitStatus const heard = ok > 0 ? ExitStatus::kDone : ExitStatus::kNetwork;
  ExitStatus const exit = stop.stop_requested() ? ExitStatus::kInterrupted : heard;
  if (output.json()) print_json(answers, ok, exit, out);
  if (answers.empty() && !output.json()) out << "the torrent names no tracker\n";
  return output.finish(exit);
}

ExitStatus run_announce(GetOptions const& options, Metainfo const& metainfo,
                        CommandOutput const& output) {
  auto const peer_id = make_peer_id();
  if (!peer_id) return output.fail(ExitStatus::kInternal, "no random numbers from the kernel");
  TrackerProbeOptions probe{.tracker_tiers = metainfo.tracker_tiers,
                            .info_hash = metainfo.info_hash,
                            .peer_id = *peer_id,
                            .bytes_left = metainfo.geometry.total_size(),
                            .bind = options.engine.bind,
                            .device = options.engine.bind_device,
                            .verify_tls = options.engine.verify_tls};
  if (options.engine.port_first != 0) probe.port = options.engine.port_first;
  return run_announce(probe, output);
}

}  // namespace btfast::cli
