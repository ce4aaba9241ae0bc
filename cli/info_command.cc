#include "cli/info_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_output.h"
#include "cli/json_bytes.h"
#include "cli/json_output.h"
#include "cli/renamed_words.h"
#include "cli/several.h"
#include "cli/text.h"
#include "cli/torrent_words.h"
#include "cli/transfer_result.h"
#include "engine/base/counted.h"
#include "engine/base/sha1.h"
#include "engine/metainfo/input_file.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/renamed_files.h"
#include "engine/metainfo/torrent_layout.h"

namespace btfast::cli {
namespace {

// What the files hold: pad bytes (BEP 47) belong to the pieces, to no file.
std::uint64_t content_size(Metainfo const& m) {
  std::uint64_t size = 0;
  for (auto const& file : m.files) size += file.pad ? 0 : file.length;
  return size;
}

using Json = nlohmann::ordered_json;

// What is shown: names are those on disk, so that nothing is called one thing here and
// another there.
struct Shown {
  Metainfo const& metainfo;
  std::string name;
  std::vector<storage::FileSpec> files;
  RenamedFiles renamed;
};

std::string_view mode_of(Metainfo const& metainfo) {
  return metainfo.multi_file ? "multi" : "single";
}

std::string scheme_of(std::string_view url) { return std::string{url.substr(0, url.find(':'))}; }

void field(std::ostream& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out << fmt::format("{:<15}{}\n", name, value);
}

std::string size_text(std::uint64_t bytes) {
  return fmt::format("{} ({})", counted_bytes(bytes), human_size(bytes));
}

void print_summary(Shown const& shown, std::ostream& out) {
  auto const& m = shown.metainfo;
  field(out, "Name:", escaped(shown.name));
  field(out, "Info hash:", to_hex(m.info_hash));
  if (m.info_hash_v2) field(out, "Info hash v2:", to_hex(*m.info_hash_v2));
  field(out, "Mode:", m.multi_file ? "multi-file" : "single-file");
  field(out, "Length:", size_text(content_size(m)));
  field(out, "Piece length:", size_text(m.geometry.piece_length()));
  field(out, "Pieces:", std::to_string(m.geometry.piece_count()));
  field(out, "Private:", m.is_private ? "yes" : "no");
  if (m.creation_date) field(out, "Created:", iso_time(*m.creation_date));
  field(out, "Created by:", escaped(m.created_by));
  field(out, "Comment:", escaped(m.comment));
  field(out, "Source:", escaped(m.source));
}

void print_trackers(Metainfo const& metainfo, std::ostream& out) {
  std::size_t count = 0;
  for (auto const& tier : metainfo.tracker_tiers) count += tier.size();
  out << fmt::format("\nTrackers: {}\n", count);
  std::size_t number = 0;
  for (std::size_t tier = 0; tier < metainfo.tracker_tiers.size(); ++tier) {
    for (auto const& url : metainfo.tracker_tiers[tier]) {
      std::string const scheme = fmt::format("[{}]", scheme_of(url));
      out << fmt::format("{:>5}  tier {:<3} {:<7} {}\n", ++number, tier + 1, scheme, escaped(url));
    }
  }
}

void print_web_seeds(Metainfo const& metainfo, std::ostream& out) {
  if (metainfo.web_seeds.empty()) return;
  out << fmt::format("\nWeb seeds: {}\n", metainfo.web_seeds.size());
  std::size_t number = 0;
  for (auto const& url : metainfo.web_seeds) {
    out << fmt::format("{:>5}  {}\n", ++number, escaped(url));
  }
}

// Numbers are those of the torrent, so that a selection by number means the same file.
void print_files(Shown const& shown, std::ostream& out) {
  std::size_t made = 0;
  for (auto const& file : shown.files) made += file.pad ? 0 : 1;
  out << fmt::format("\nFiles: {}\n", made);
  for (std::size_t i = 0; i < shown.files.size(); ++i) {
    auto const& file = shown.files[i];
    if (file.pad) continue;
    out << fmt::format("{:>5}  {:>12}  {}\n", i + 1, human_size(file.length), escaped(file.path));
  }
}

void print_info_keys(Metainfo const& metainfo, std::ostream& out) {
  out << fmt::format("\nInfo dictionary keys: {}\n", metainfo.info_keys.size());
  for (auto const& key : metainfo.info_keys) out << "       " << escaped(key) << "\n";
}

Json files_json(Shown const& shown) {
  Json files = Json::array();
  for (std::size_t i = 0; i < shown.files.size(); ++i) {
    auto const& file = shown.files[i];
    if (file.pad) continue;
    Json json{{"path", file.path}, {"length", file.length}, {"index", i + 1}};
    add_encoded(json, "path", file.path);
    files.push_back(std::move(json));
  }
  return files;
}

void print_json(Shown const& shown, bool verbose, std::ostream& out) {
  auto const& m = shown.metainfo;
  Json json{{"status", result_status(ExitStatus::kDone)},
            {"exit", static_cast<int>(ExitStatus::kDone)}};
  json["name"] = shown.name;
  add_encoded(json, "name", shown.name);
  json["info_hash"] = to_hex(m.info_hash);
  json["info_hash_v2"] = m.info_hash_v2 ? Json(to_hex(*m.info_hash_v2)) : Json(nullptr);
  json["mode"] = mode_of(m);
  json["length"] = content_size(m);
  json["piece_length"] = m.geometry.piece_length();
  json["pieces"] = m.geometry.piece_count();
  json["private"] = m.is_private;
  json["created"] = m.creation_date ? Json(iso_time(*m.creation_date)) : Json(nullptr);
  json["created_by"] = m.created_by;
  json["comment"] = m.comment;
  json["trackers"] = m.tracker_tiers;
  json["web_seeds"] = m.web_seeds;
  json["files"] = files_json(shown);
  json["renamed"] = renamed_json(shown.renamed);
  if (verbose) {
    json["source"] = m.source;
    json["info_keys"] = m.info_keys;
    json["warnings"] = m.warnings;
  }
  json["error"] = nullptr;
  out << json_block(json) << "\n";
}

// `printed`: something stands above it already.
ExitStatus show(InfoOptions const& options, std::string const& torrent, bool& printed,
                CommandOutput const& output) {
  std::ostream& out = output.result();
  auto const metainfo = load_torrent(torrent, options.torrent_bytes_max);
  if (!metainfo) return output.fail(metainfo.error());
  auto name = torrent_top_name(*metainfo);
  if (!name) return output.fail(name.error());
  auto files = torrent_layout(*metainfo);
  if (!files) return output.fail(files.error());
  auto renamed = renamed_files(*metainfo, *files, {}, [](FileIndex) { return true; });
  Shown const shown{*metainfo, *std::move(name), *std::move(files), std::move(renamed)};
  bool const several = options.torrents.size() > 1;
  for (auto const& warning : metainfo->warnings) {
    output.warn(several ? input_file_name(torrent) + ": " + warning : warning);
  }
  warn_renamed(shown.renamed, output);
  bool const verbose = options.out.verbose > 0;
  if (options.out.json) {
    print_json(shown, verbose, out);
  } else {
    if (std::exchange(printed, true)) out << '\n';
    print_summary(shown, out);
    print_trackers(*metainfo, out);
    print_web_seeds(*metainfo, out);
    print_files(shown, out);
    if (verbose) print_info_keys(*metainfo, out);
  }
  return output.finish(ExitStatus::kDone);
}

}  // namespace

ExitStatus run_info(InfoOptions const& options, std::ostream& out, std::ostream& err) {
  bool printed = false;
  return run_each(options.torrents, options.out, out, err,
                  [&](std::string const& torrent, CommandOutput const& output) {
                    return show(options, torrent, printed, output);
                  });
}

}  // namespace btfast::cli
