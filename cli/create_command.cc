#include "cli/create_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/command_output.h"
#include "cli/json_bytes.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "cli/watched_task.h"
#include "engine/base/byte_io.h"
#include "engine/base/counted.h"
#include "engine/base/sha1.h"
#include "engine/content/torrent_builder.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/output_file.h"
#include "engine/metainfo/renamed_files.h"
#include "engine/metainfo/torrent_layout.h"

namespace btfast::cli {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    auto const comma = list.find(',');
    std::string_view const part = list.substr(0, comma);
    if (!part.empty()) parts.emplace_back(part);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return parts;
}

// The file that standard output was redirected to: the shell made it before we came.
std::optional<FileIdentity> file_of_stdout() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return identity_of(status);
}

BuildOptions build_options(CreateOptions const& options, std::string const& output) {
  BuildOptions build;
  build.path = options.path;
  build.scan.exclude = options.exclude;
  build.scan.follow_links = options.follow_links;
  build.piece_length = options.piece_length;
  for (auto const& url : options.announce) build.tracker_tiers.push_back({url});
  for (auto const& tier : options.tiers) build.tracker_tiers.push_back(split(tier));
  build.web_seeds = options.web_seeds;
  build.is_private = options.is_private;
  build.comment = options.comment;
  build.source = options.source;
  build.created_by = "btfast/" BTFAST_VERSION;
  if (!options.no_date) build.creation_date = std::time(nullptr);
  build.jobs = options.jobs;
  if (output == "-") {
    build.scan.output_file = file_of_stdout();
  } else {
    build.scan.output = output;
  }
  return build;
}

Result<BuiltTorrent> build_watched(BuildOptions build, OutputOptions const& output) {
  std::optional<Result<BuiltTorrent>> built;
  auto const watched = run_watched({.event = "create",
                                    .words = {.doing = "hashing"},
                                    .work =
                                        [&](TaskMeter& meter, std::stop_token const& stop) {
                                          build.sized = [&](auto bytes) { meter.set_total(bytes); };
                                          build.hashed = [&](auto bytes) { meter.add(bytes); };
                                          build.stop = stop;
                                          built.emplace(build_torrent(build));
                                        }},
                                   output);
  if (!watched) return watched.error();
  return *std::move(built);
}

// Known before the hashing, so that an existing file is refused at once.
std::string output_path(CreateOptions const& options) {
  if (!options.output.empty()) return options.output;
  namespace fs = std::filesystem;
  fs::path path = fs::path{options.path}.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::error_code ignored;
  if (path.empty() || path == "." || path.filename() == "..") {
    path = fs::weakly_canonical(options.path, ignored);
  }
  return torrent_file_name(path.filename().string());
}

void print_summary(BuiltTorrent const& built, std::string const& path, std::ostream& out) {
  auto const& geometry = built.geometry;
  out << fmt::format("Name:          {}\n", escaped(built.name));
  out << fmt::format("Info hash:     {}\n", to_hex(built.info_hash));
  out << fmt::format("Files:         {}\n", built.file_count);
  if (built.excluded > 0) out << fmt::format("Excluded:      {}\n", built.excluded);
  out << fmt::format("Length:        {} ({})\n", counted_bytes(geometry.total_size()),
                     human_size(geometry.total_size()));
  out << fmt::format("Piece length:  {} ({})\n", counted_bytes(geometry.piece_length()),
                     human_size(geometry.piece_length()));
  out << fmt::format("Pieces:        {}\n", geometry.piece_count());
  if (path != "-") out << fmt::format("Torrent:       {}\n", escaped(path));
}

void print_json(BuiltTorrent const& built, std::string const& path, std::ostream& out) {
  using Json = nlohmann::ordered_json;
  auto const& geometry = built.geometry;
  Json json{{"status", "done"},
            {"exit", static_cast<int>(ExitStatus::kDone)},
            {"name", built.name},
            {"info_hash", to_hex(built.info_hash)},
            {"files", built.file_count},
            {"excluded", built.excluded},
            {"length", geometry.total_size()},
            {"piece_length", geometry.piece_length()},
            {"pieces", geometry.piece_count()},
            {"path", path == "-" ? Json(nullptr) : Json(path)},
            {"warnings", built.warnings},
            {"error", nullptr}};
  add_encoded(json, "name", built.name);
  add_encoded(json, "path", path);
  out << json_line(json) << std::endl;
}

// Who downloads it finds some names changed: those that are dangerous, or no file system holds.
void warn_of_changed_names(BuiltTorrent& built) {
  auto const metainfo = parse_metainfo(built.bytes);
  if (!metainfo) return;
  auto const layout = torrent_layout(*metainfo);
  if (!layout) return;
  auto const renamed =
      renamed_files(*metainfo, *layout, std::nullopt, [](FileIndex) { return true; });
  for (auto const& file : renamed.named) {
    built.warnings.push_back(
        fmt::format("\"{}\" is called \"{}\" where it is downloaded", file.name, file.path));
  }
  if (renamed.count == renamed.named.size()) return;
  built.warnings.push_back(fmt::format("so are {} more", renamed.count - renamed.named.size()));
}

// That it is made of itself is told by whoever reads it.
Outcome room_for_output(std::string const& path, std::string const& source, bool force) {
  std::error_code ignored;
  if (path == "-" || !std::filesystem::exists(path, ignored)) return kOk;
  if (!may_be_torrent(path) && !std::filesystem::equivalent(path, source, ignored)) {
    return Failure{Errc::kPermission, path + ": is no torrent, and is not replaced by one"};
  }
  if (!force) return Failure{Errc::kPermission, path + ": exists already; --force replaces it"};
  return kOk;
}

}  // namespace

ExitStatus run_create(CreateOptions const& options, std::ostream& out, std::ostream& err) {
  CommandOutput const output{options.out, out, err};
  std::string const path = output_path(options);
  bool const to_stream = path == "-";
  if (auto const room = room_for_output(path, options.path, options.force); !room) {
    return output.fail(room.error());
  }
  auto built = build_watched(build_options(options, path), options.out);
  if (!built) return output.fail(built.error());
  warn_of_changed_names(*built);
  for (auto const& warning : built->warnings) output.warn(warning);
  if (to_stream) {
    out << as_text(built->bytes);
  } else {
    auto const if_exists = options.force ? IfExists::kReplace : IfExists::kRefuse;
    auto const written = write_output_file(path, built->bytes, if_exists);
    if (!written) return output.fail(written.error());
  }
  std::ostream& said = to_stream ? err : out;
  if (options.out.json) {
    print_json(*built, path, said);
  } else if (!options.out.quiet) {
    print_summary(*built, path, said);
  }
  return output.finish(ExitStatus::kDone);
}

}  // namespace btfast::cli
