#include "cli/verify_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_output.h"
#include "cli/cpu_count.h"
#include "cli/json_bytes.h"
#include "cli/json_output.h"
#include "cli/renamed_words.h"
#include "cli/several.h"
#include "cli/text.h"
#include "cli/torrent_words.h"
#include "cli/watched_task.h"
#include "engine/base/counted.h"
#include "engine/base/sha1.h"
#include "engine/content/torrent_verify.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/renamed_files.h"
#include "engine/metainfo/torrent_layout.h"
#include "engine/torrent/noted_names.h"

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;

// Files named on one line; a run of pieces may touch thousands.
constexpr std::size_t kFilesNamed = 5;

struct Verified {
  Metainfo const& metainfo;
  std::string name;
  VerifyReport report;
  RenamedFiles renamed;  // of those found
  ExitStatus status;
};

ExitStatus status_of(VerifyReport const& report) {
  if (report.check.cancelled) return ExitStatus::kInterrupted;
  if (report.check.failure) return exit_status_of(*report.check.failure);
  return report.good() ? ExitStatus::kDone : ExitStatus::kVerifyFailed;
}

std::string_view fault_name(PieceFault fault) {
  switch (fault) {
    case PieceFault::kBad:
      return "bad";
    case PieceFault::kMissing:
      return "missing";
    case PieceFault::kUnreadable:
      return "unreadable";
  }
  return "bad";
}

std::string pieces_text(FaultyPieces const& run) {
  if (run.first == run.last) return fmt::format("piece {}", run.first.value);
  return fmt::format("pieces {}-{}", run.first.value, run.last.value);
}

std::string files_text(FaultyPieces const& run, VerifyReport const& report) {
  std::string text;
  for (std::size_t i = 0; i < run.files.size() && i < kFilesNamed; ++i) {
    if (i > 0) text += ", ";
    text += escaped(report.files[run.files[i].value].path);
  }
  if (run.files.size() > kFilesNamed) {
    text += fmt::format(" and {} more", run.files.size() - kFilesNamed);
  }
  return text.empty() ? "padding" : text;
}

void print_file(VerifiedFile const& file, std::ostream& out) {
  if (!file.asked_for() || file.found == file.length) return;
  std::string const what =
      file.found ? fmt::format("{}, not {}", counted_bytes(*file.found), file.length) : "not there";
  out << fmt::format("{:<10} {:<20} {}\n", "file", what, escaped(file.path));
}

void print_text(Verified const& verified, bool quiet, std::ostream& out) {
  auto const& report = verified.report;
  for (auto const& run : report.faults) {
    out << fmt::format("{:<10} {:<20} {}\n", fault_name(run.fault), pieces_text(run),
                       files_text(run, report));
  }
  for (auto const& file : report.files) print_file(file, out);
  if (quiet) return;
  auto const& check = report.check;
  out << fmt::format("{}: {} of {} pieces good", escaped(verified.name), check.good.count(),
                     report.pieces);
  if (!check.bad.empty()) out << fmt::format(", {} bad", check.bad.size());
  if (!check.missing.empty()) out << fmt::format(", {} missing", check.missing.size());
  if (!check.unreadable.empty()) out << fmt::format(", {} unreadable", check.unreadable.size());
  if (check.cancelled) out << ", interrupted";
  out << "\n";
}

Json faults_json(VerifyReport const& report) {
  Json faults = Json::array();
  for (auto const& run : report.faults) {
    std::vector<std::string> files;
    for (auto const file : run.files) files.push_back(report.files[file.value].path);
    Json json{{"fault", fault_name(run.fault)},
              {"first", run.first.value},
              {"last", run.last.value},
              {"files", files}};
    add_encoded(json, "files", files);
    faults.push_back(std::move(json));
  }
  return faults;
}

// An interrupted check does not know that a file is good.
bool is_known(VerifiedFile const& file, VerifyReport const& report) {
  return !report.check.cancelled || !file.good();
}

Json files_json(VerifyReport const& report) {
  Json files = Json::array();
  for (auto const& file : report.files) {
    if (!file.asked_for()) continue;
    Json json{{"path", file.path},
              {"length", file.length},
              {"found", file.found ? Json(*file.found) : Json(nullptr)},
              {"faulty_pieces", file.faulty_pieces},
              {"good", is_known(file, report) ? Json(file.good()) : Json(nullptr)}};
    add_encoded(json, "path", file.path);
    files.push_back(std::move(json));
  }
  return files;
}

std::string_view status_name(ExitStatus status) {
  switch (status) {
    case ExitStatus::kDone:
      return "good";
    case ExitStatus::kVerifyFailed:
      return "bad";
    case ExitStatus::kInterrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

Json error_json(CheckReport const& check) {
  if (check.failure) return failure_text(*check.failure);
  return check.cancelled ? Json("interrupted; not all pieces were hashed") : Json(nullptr);
}

void print_json(Json const& json, std::ostream& out) { out << json_block(json) << "\n"; }

void print_json(Verified const& verified, std::ostream& out) {
  auto const& check = verified.report.check;
  Json json{{"status", status_name(verified.status)}, {"exit", static_cast<int>(verified.status)}};
  json["name"] = verified.name;
  add_encoded(json, "name", verified.name);
  json["info_hash"] = to_hex(verified.metainfo.info_hash);
  json["bytes"] = verified.report.bytes;
  json["pieces"] = verified.report.pieces;
  json["good_pieces"] = check.good.count();
  json["bad_pieces"] = check.bad.size();
  json["missing_pieces"] = check.missing.size();
  json["unreadable_pieces"] = check.unreadable.size();
  json["faults"] = faults_json(verified.report);
  json["files"] = files_json(verified.report);
  json["renamed"] = renamed_json(verified.renamed);
  json["error"] = error_json(check);
  print_json(json, out);
}

// Bytes as far as whole pieces say; after SIGINT or SIGTERM the report is of a check cancelled.
Result<VerifyReport> verify_watched(Metainfo const& metainfo, VerifyRequest request,
                                    OutputOptions const& output) {
  std::optional<Result<VerifyReport>> report;
  auto const watched = run_watched({.event = "verify",
                                    .words = {.doing = "verifying"},
                                    .work =
                                        [&](TaskMeter& meter, std::stop_token const& stop) {
                                          request.stop = stop;
                                          request.progress = [&](auto done, auto all) {
                                            meter.set_total(all);
                                            meter.reach(done);
                                          };
                                          report.emplace(verify_torrent(metainfo, request));
                                        }},
                                   output);
  if (!watched) return watched.error();
  return *std::move(report);
}

RenamedFiles renamed_of(Metainfo const& metainfo, VerifyReport const& report,
                        std::optional<std::string> const& target) {
  std::vector<storage::FileSpec> files;
  files.reserve(report.files.size());
  for (auto const& file : report.files) files.push_back({file.path, file.length, file.pad});
  return renamed_files(metainfo, files, target, [&](FileIndex file) {
    auto const& found = report.files[file.value];
    return found.asked_for() && found.found.has_value();
  });
}

Result<Verified> verify(VerifyOptions const& options, Metainfo const& metainfo) {
  auto name = torrent_top_name(metainfo, options.target);
  if (!name) return name.error();
  auto layout = torrent_layout(metainfo, options.target);
  if (!layout) return layout.error();
  use_noted_names(*layout, options.output, metainfo.info_hash);
  VerifyRequest request{.output_dir = options.output,
                        .target_name = options.target,
                        .layout = *std::move(layout),
                        .select = options.select,
                        .jobs = options.jobs > 0 ? options.jobs : usable_cpus(),
                        .progress = {},
                        .stop = {}};
  auto report = verify_watched(metainfo, std::move(request), options.out);
  if (!report) return report.error();
  ExitStatus const status = status_of(*report);
  RenamedFiles renamed = renamed_of(metainfo, *report, options.target);
  return Verified{metainfo, *std::move(name), *std::move(report), std::move(renamed), status};
}

ExitStatus run_one(VerifyOptions const& options, std::string const& torrent,
                   CommandOutput const& output) {
  auto const metainfo = load_torrent(torrent, options.torrent_bytes_max);
  if (!metainfo) return output.fail(metainfo.error());
  auto const verified = verify(options, *metainfo);
  if (!verified) return output.fail(verified.error());
  warn_renamed(verified->renamed, output);
  if (options.out.json) {
    print_json(*verified, output.result());
  } else {
    print_text(*verified, options.out.quiet, output.result());
  }
  if (auto const& failure = verified->report.check.failure) {
    output.complain(verified->status, failure_text(*failure));
  }
  return output.finish(verified->status);
}

}  // namespace

ExitStatus run_verify(VerifyOptions const& options, std::ostream& out, std::ostream& err) {
  return run_each(options.torrents, options.out, out, err,
                  [&](std::string const& torrent, CommandOutput const& output) {
                    return run_one(options, torrent, output);
                  });
}

}  // namespace btfast::cli
