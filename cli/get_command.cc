#include "cli/get_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "cli/announce_command.h"
#include "cli/bind_address.h"
#include "cli/command_output.h"
#include "cli/download.h"
#include "cli/final_word.h"
#include "cli/info_command.h"
#include "cli/log_output.h"
#include "cli/notices.h"
#include "cli/ready_stream.h"
#include "cli/several.h"
#include "cli/signals.h"
#include "cli/torrent_words.h"
#include "engine/base/descriptors.h"
#include "engine/base/log.h"
#include "engine/content/file_state.h"
#include "engine/descriptor_budget.h"
#include "engine/metainfo/file_selection.h"
#include "engine/metainfo/input_file.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/torrent_layout.h"

namespace btfast::cli {
namespace {

Result<std::vector<net::Endpoint>> all_peers(GetOptions const& options) {
  std::vector<net::Endpoint> peers;
  for (auto const& text : options.peers) {
    auto found = peer_addresses(text);
    if (!found) return std::move(found).error();
    peers.insert(peers.end(), found->begin(), found->end());
  }
  return peers;
}

void report(TransferResult const& result, GetOptions const& options, Metainfo const& metainfo,
            Terminal& terminal, CommandOutput const& output) {
  bool const done = result.exit == ExitStatus::kDone;
  if (done) {
    say_done(result, options.out, terminal);
  } else {
    say_failed(result, options.out, terminal, output);
  }
  if (output.json()) output.result() << result_json(result, &metainfo) << std::endl;
}

// As many peers as the process may have descriptors for.
GetOptions within_descriptors(GetOptions options) {
  std::uint32_t const asked = options.engine.max_peers;
  options.engine.max_peers = peers_within_descriptors(asked);
  if (options.engine.max_peers < asked) {
    log_event(LogLevel::kWarn, "max_peers_reduced",
              {{"asked", asked},
               {"peers", options.engine.max_peers},
               {"descriptors", descriptor_limit()}});
  }
  return options;
}

ExitStatus not_begun(ExitStatus exit, std::string const& error, Metainfo const* metainfo,
                     CommandOutput const& output) {
  return report_not_begun({.exit = exit, .error = error}, metainfo, output);
}
ExitStatus not_begun(Failure const& failure, Metainfo const* metainfo,
                     CommandOutput const& output) {
  return not_begun(exit_status_of(failure), failure_text(failure), metainfo, output);
}

std::optional<FileIdentity> file_at(std::filesystem::path const& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return identity_of(found);
}

// No file of the output may be one of the torrents that were given, whatever it is called.
Outcome spare_torrents(GetOptions const& options, Metainfo const& metainfo,
                       std::vector<storage::FileSpec> const& files) {
  std::filesystem::path const output{options.output};
  auto const top = torrent_top_name(metainfo, options.target);
  std::error_code none;
  if (!top || !std::filesystem::exists(output / *top, none)) return kOk;
  std::set<FileIdentity> torrents;
  for (auto const& torrent : options.torrents) {
    if (auto const id = file_at(torrent)) torrents.insert(*id);
  }
  for (auto const& file : files) {
    auto const id = file.pad ? std::nullopt : file_at(output / file.path);
    if (!id || !torrents.contains(*id)) continue;
    return Failure{Errc::kUnsafePath, (output / file.path).string() +
                                          ": is a torrent file of this command; --as or "
                                          "-o say where else its content goes"};
  }
  return kOk;
}

ExitStatus download(GetOptions const& options, MetainfoPtr const& metainfo,
                    std::shared_ptr<ReadyStream> const& errors, CommandOutput const& output) {
  auto files = torrent_layout(*metainfo, options.target);
  if (!files) return not_begun(files.error(), metainfo.get(), output);
  if (auto const spared = spare_torrents(options, *metainfo, *files);
      !spared && !options.seed_only) {
    return not_begun(spared.error(), metainfo.get(), output);
  }
  FileSelection selection;
  if (options.select) {
    auto selected = parse_selection(*options.select, *metainfo, *files);
    if (!selected) {
      return not_begun(ExitStatus::kUsage, "--select: " + failure_text(selected.error()),
                       metainfo.get(), output);
    }
    selection = *std::move(selected);
  }
  selection.first_last = options.first_last;
  auto peers = all_peers(options);
  if (!peers) return not_begun(peers.error(), metainfo.get(), output);
  Terminal terminal{errors, options.out.record_format()};
  Notices notices{options.out, terminal};
  install_log(options.out, terminal, notices);
  GetOptions const granted = within_descriptors(options);
  auto engine = Engine::make(std::make_shared<EngineConfig const>(granted.engine));
  if (!engine) {
    remove_log();
    return not_begun(engine.error(), metainfo.get(), output);
  }
  TransferResult result;
  {
    Download transfer{granted,
                      {.metainfo = metainfo,
                       .files = *std::move(files),
                       .selection = std::move(selection),
                       .peers = *std::move(peers)},
                      *std::move(engine),
                      terminal,
                      notices};
    result = transfer.run();
  }
  remove_log();
  measure_process(result);
  report(result, options, *metainfo, terminal, output);
  return output.finish_transfer(result.exit);
}

ExitStatus run_one(GetOptions const& options, std::string const& torrent,
                   std::shared_ptr<ReadyStream> const& errors, CommandOutput const& output) {
  auto metainfo = load_torrent(torrent, options.torrent_bytes_max);
  if (!metainfo) return not_begun(metainfo.error(), nullptr, output);
  auto const shared = std::make_shared<Metainfo const>(*std::move(metainfo));
  bool const several = options.torrents.size() > 1;
  for (auto const& warning : shared->warnings) {
    output.warn(several ? input_file_name(torrent) + ": " + warning : warning);
  }
  if (!options.engine.verify_tls) {
    output.warn(
        "--tracker-insecure: the certificates of https trackers are not checked; anyone on the "
        "way can read and change what they say");
  }
  if (options.announce_only) return run_announce(options, *shared, output);
  return download(options, shared, errors, output);
}

}  // namespace

ExitStatus run_get(GetOptions const& options) {
  if (options.info) {
    return run_info({.torrents = options.torrents,
                     .torrent_bytes_max = options.torrent_bytes_max,
                     .out = options.out},
                    std::cout, std::cerr);
  }
  auto const errors = std::make_shared<ReadyStream>(STDERR_FILENO);
  ReadyErrors const cerr{errors, options.out.record_format()};
  std::optional<SignalSeries> series;
  if (options.torrents.size() > 1) series.emplace();
  return run_each(
      options.torrents, options.out, std::cout, std::cerr,
      [&](std::string const& torrent, CommandOutput const& output) {
        // An announce says itself, in an object of its own, what it did not wait for.
        if (series && !options.announce_only && SignalSeries::stop_wished()) {
          return not_begun(ExitStatus::kInterrupted, "interrupted before it began", nullptr,
                           output);
        }
        return run_one(options, torrent, errors, output);
      },
      Unwritten::kWarning);
}

}  // namespace btfast::cli
