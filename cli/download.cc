#include "cli/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "cli/bind_address.h"
#include "cli/disk_space.h"
#include "cli/renamed_words.h"
#include "cli/text.h"
#include "engine/base/limits.h"
#include "engine/base/rng.h"
#include "engine/descriptor_budget.h"
#include "engine/torrent/noted_names.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kWatchdog{100};
// How long every tracker may fail, with nobody else to ask, before we say so and end.
constexpr std::chrono::seconds kUnreachableAfter{60};
constexpr std::chrono::seconds kManagerInterval{5};
// A tracker that has not answered by then is worth a word.
constexpr std::chrono::seconds kAnswerDue{2};
constexpr char const* kNotOursRemedy = "--overwrite replaces it, -o DIR puts the torrent elsewhere";

std::optional<storage::AllocMode> alloc_mode(AllocChoice choice) {
  switch (choice) {
    case AllocChoice::kSparse:
      return storage::AllocMode::kSparse;
    case AllocChoice::kFull:
      return storage::AllocMode::kFull;
    case AllocChoice::kAuto:
      break;
  }
  return std::nullopt;
}

// The file or the top folder, under the name that it has by now.
std::string place_of(storage::FileStorage const& files) {
  for (auto const& file : files.map().files()) {
    if (!file.pad) return files.directory_path() + file.path.substr(0, file.path.find('/'));
  }
  return files.directory_path();
}

// A worker writes one piece at a time; of pieces that are written in parts all that are under way
// are half written.
std::uint32_t half_written_max(SessionEnv const& env) {
  return std::max(static_cast<std::uint32_t>(env.workers.concurrency()), limits::kActivePiecesMin);
}

// For the person, when nothing else can be said any more.
std::string deadline_text(std::string const& error) {
  std::string text = "btfast: the disk does not answer; ending without it\n";
  if (!error.empty()) text = "btfast: " + escaped(error) + "\n" + text;
  return text;
}

}  // namespace

Download::Download(GetOptions const& options, Subject subject, std::unique_ptr<Engine> engine,
                   Terminal& terminal, Notices& notices)
    : options_(options),
      metainfo_(std::move(subject.metainfo)),
      files_(std::move(subject.files)),
      selection_(std::move(subject.selection)),
      peers_(std::move(subject.peers)),
      terminal_(terminal),
      notices_(notices),
      config_(engine->config()),
      manager_(ServiceNotifier::from_environment()),
      engine_(std::move(engine)),
      tracker_rng_(engine_->env().seed + 1),
      watchdog_(engine_->control().timers(), [this] { watch_progress(); }) {}

Download::~Download() { notices_.set_source({}); }

TransferResult Download::run() {
  result_.path = options_.output;
  auto const peer_id = make_peer_id();
  if (!peer_id) {
    result_.exit = ExitStatus::kInternal;
    result_.error = "the system gives no random numbers";
    return result_;
  }
  auto storage = make_storage();
  if (!storage) {
    refuse(storage.error());
  } else if (auto const started = engine_->start(); !started) {
    refuse(started.error());
    result_.error = listen_failure_text(started.error());
  } else {
    transfer(*std::move(storage), *peer_id);
  }
  return result_;
}

void Download::refuse(Failure const& failure) {
  result_.exit = exit_status_of(failure);
  result_.error = failure_text(failure);
}

void Download::transfer(std::unique_ptr<storage::PartialStorage> storage, PeerId const& peer_id) {
  net::EventLoop& loop = engine_->control();
  auto const signals =
      Signals::listen(loop, {.on_stop = [this](int) { on_stop_signal(); },
                             .on_status = [this] { progress_->report_now(); },
                             .on_reopen = [] {}});  // the log is standard error: nothing to reopen
  if (!signals) return refuse(signals.error());
  started_ = last_block_at_ = loop.now();
  torrent_ =
      std::make_unique<Torrent>(engine_->env(), config_, make_setup(std::move(storage), peer_id),
                                [this](TorrentState state) { on_state(state); });
  progress_ =
      std::make_unique<Progress>(loop, terminal_, options_.out, *torrent_, config_->jobs, notices_);
  notices_.set_source([this] { return fetch_notice(fetch_view()); });
  progress_->start();
  manager_.ready(
      fmt::format("{}: listening on port {}", metainfo_->name, engine_->env().listen_port));
  torrent_->start();
  progress_->set_rate_limits(config_->down_limit_bytes_per_s, config_->up_limit_bytes_per_s);
  watchdog_.arm(kWatchdog);
  engine_->run();
  progress_->finish();
  notices_.end(result_.error);
  result_.path = place_of(*made_);
  result_.stats = torrent_->stats();
  result_.pieces = torrent_->piece_counts();
  result_.trackers = trackers_->status();
}

Result<std::unique_ptr<storage::PartialStorage>> Download::make_storage() {
  std::size_t const count = files_.size();
  use_noted_names(files_, options_.output, metainfo_->info_hash);
  if (!options_.seed_only) {
    warn_if_short_of_space(options_.output, files_, selection_.wanted_files(count));
  }
  storage::FileMap map{std::move(files_)};
  storage::PartOwner const owner{.info_hash = metainfo_->info_hash,
                                 .piece_length = metainfo_->geometry.piece_length()};
  // A seed reads what is there, and makes and changes nothing.
  if (options_.seed_only) {
    return storage::PartialStorage::open_existing(options_.output, std::move(map), owner,
                                                  selection_.wanted_files(count));
  }
  return std::make_unique<storage::PartialStorage>(
      options_.output, std::move(map), owner, selection_.wanted_files(count),
      storage::FileStorage::Options{.alloc = alloc_mode(config_->alloc),
                                    .overwrite = options_.overwrite,
                                    .remedy = kNotOursRemedy});
}

TorrentSetup Download::make_setup(std::unique_ptr<storage::PartialStorage> storage,
                                  PeerId const& peer_id) {
  storage::PartialStorage* const files = storage.get();
  made_ = &files->files();
  result_.path = place_of(*made_);
  AnnounceIdentity const identity{
      .info_hash = metainfo_->info_hash,
      .peer_id = peer_id,
      .port = engine_->env().listen_port,
      .key = static_cast<std::uint32_t>(tracker_rng_.next()),
  };
  auto trackers =
      make_tracker_source(metainfo_->tracker_tiers, identity, engine_->trackers(), tracker_rng_);
  trackers_ = trackers.get();
  TorrentSetup setup;
  setup.metainfo = metainfo_;
  setup.storage = std::move(storage);
  if (!options_.seed_only) {
    setup.resume = std::make_shared<ResumeStore>(
        files->files(), ResumeStore::Subject{.info_hash = metainfo_->info_hash,
                                             .geometry = metainfo_->geometry,
                                             .ignore_claim = options_.no_resume,
                                             .overwrite = options_.overwrite,
                                             .remedy = kNotOursRemedy,
                                             .half_written = half_written_max(engine_->env()),
                                             .digests = {metainfo_, &metainfo_->piece_hashes}});
  }
  setup.sources.push_back(std::move(trackers));
  setup.peers = peers_;
  setup.peer_id = peer_id;
  setup.selection = selection_;
  setup.keep_serving = options_.seed.wanted();
  if (options_.no_verify) setup.start_check = StartCheck::kTrust;
  return setup;
}

// Once, when every file has the name that it keeps.
void Download::tell_renamed() {
  if (std::exchange(renamed_told_, true)) return;
  result_.renamed = renamed_files(*metainfo_, made_->map().files(), options_.target,
                                  [this](FileIndex file) { return selection_.wants(file); });
  log_renamed(result_.renamed);
}

void Download::on_state(TorrentState state) {
  if (state >= TorrentState::kDownloading && state <= TorrentState::kUploadOnly) tell_renamed();
  switch (state) {
    case TorrentState::kComplete:
      if (options_.seed_only && wrong_size()) return refuse_to_seed();
      if (!options_.seed.wanted()) return finish(ExitStatus::kDone, {});
      if (!has_room_to_begin()) return;
      return begin_seeding();
    case TorrentState::kUploadOnly:
      return begin_seeding();
    case TorrentState::kFailed:
      return fail(*torrent_->failure());
    case TorrentState::kStopped:
      return engine_->control().stop();
    case TorrentState::kDownloading:
      if (options_.seed_only) return refuse_to_seed();
      if (trackers_->tracker_count() == 0 && peers_.empty() && !config_->listen) {
        return end_unreachable();
      }
      (void)has_room_to_begin();
      return;
    default:
      return;
  }
}

// Once, when the files are open: a transfer that no socket is left for would only seem to find
// nobody.  False where it has ended for that.
bool Download::has_room_to_begin() {
  if (std::exchange(room_checked_, true)) return true;
  auto const room = check_room_for({.peer = true, .tracker = trackers_->tracker_count() > 0});
  if (!room) fail(room.error());
  return room.has_value();
}

// A file that `verify` would find too long, or empty ones missing, when every piece is right.
std::optional<std::string> Download::wrong_size() const {
  auto const files = made_->map().files();
  for (std::uint32_t f = 0; f < files.size() && !options_.no_verify; ++f) {
    auto const size = made_->found_size(FileIndex{f});
    bool const asked_for = !files[f].pad && selection_.wants(FileIndex{f});
    if (!asked_for || size == files[f].length) continue;
    std::string const path = made_->path_of(FileIndex{f});
    if (!size) return path + " is not there";
    return fmt::format("{} is {} bytes long, not {}", path, *size, files[f].length);
  }
  return std::nullopt;
}

void Download::refuse_to_seed() {
  TorrentStats const stats = torrent_->stats();
  auto const size = stats.pieces_have == stats.piece_count ? wrong_size() : std::nullopt;
  finish(ExitStatus::kVerifyFailed,
         size ? fmt::format("cannot seed: {}; `btfast verify` names every such file", *size)
              : fmt::format("cannot seed: {} of {} pieces are right; `btfast verify` names the "
                            "others, `btfast get --seed` fetches them",
                            stats.pieces_have, stats.piece_count));
}

void Download::begin_seeding() {
  seeding_since_ = engine_->control().now();
  result_.seeded = true;
  result_.fetch_s = std::chrono::duration<double>(seeding_since_ - started_).count();
  progress_->begin_seeding(options_.seed, engine_->env().listen_port);
}

// What could not be written is told at the end as well, and is the verdict.
void Download::end_seeding() {
  if (auto const& why = torrent_->failure()) return fail(*why);
  finish(ExitStatus::kDone, {});
}

void Download::fail(Failure const& why) {
  TorrentStats const stats = torrent_->stats();
  bool const full = why.code == Errc::kDiskFull;
  finish(exit_status_of(why),
         failure_text(why) +
             (full ? short_of_space_text(stats.size - stats.bytes_have, options_.output) : ""));
}

bool Download::seeded_enough(TorrentStats const& stats) const {
  auto const& goal = options_.seed;
  double const sent = static_cast<double>(stats.payload_up);
  if (goal.ratio && sent >= *goal.ratio * static_cast<double>(stats.size)) return true;
  return goal.time && engine_->control().now() - seeding_since_ >= *goal.time;
}

void Download::on_stop_signal() {
  if (seeding_since_ != TimePoint{}) {
    bool const has_goal = options_.seed.ratio || options_.seed.time;
    result_.goal_missed = has_goal && !seeded_enough(torrent_->stats());
    return end_seeding();
  }
  finish(ExitStatus::kInterrupted, "interrupted; the same command goes on from here");
}

void Download::finish(ExitStatus exit, std::string error) {
  if (finished_) return;
  finished_ = true;
  watchdog_.disarm();
  manager_.stopping(error.empty() ? metainfo_->name : error);
  result_.exit = exit;
  result_.error = std::move(error);
  result_.peer_ends = torrent_->dialer().ends().counts();
  result_.wall_s = std::chrono::duration<double>(engine_->control().now() - started_).count();
  if (!result_.seeded) result_.fetch_s = result_.wall_s;
  deadline_.arm(exit, deadline_text(result_.error));
  // Not from inside a torrent's callback: it is in the middle of changing state.
  engine_->control().defer([this] { torrent_->stop(); });
}

void Download::watch_progress() {
  watchdog_.arm(kWatchdog);
  TimePoint const now = engine_->control().now();
  tell_manager(now);
  TorrentStats const stats = torrent_->stats();
  if (seeding_since_ != TimePoint{}) {
    if (seeded_enough(stats)) end_seeding();
    return;
  }
  bool const moving = stats.payload_down - stats.wasted != last_blocks_ ||
                      torrent_->state() != TorrentState::kDownloading;
  last_blocks_ = stats.payload_down - stats.wasted;
  if (moving) last_block_at_ = now;
  if (options_.timeout && now - started_ >= *options_.timeout) {
    return unreachable() ? end_unreachable() : give_up("not done within --timeout");
  }
  if (options_.stall_timeout && now - last_block_at_ >= *options_.stall_timeout) {
    return give_up("no new block within --stall-timeout");
  }
  if (now - started_ >= kUnreachableAfter && unreachable()) end_unreachable();
}

void Download::end_unreachable() {
  finish(ExitStatus::kNetwork, nobody_reached(trackers_->status(), peer_scene()));
}

void Download::give_up(std::string_view why) {
  finish(ExitStatus::kGaveUp, gave_up_text(why, fetch_view()));
}

FetchView Download::fetch_view() const {
  TimePoint const now = engine_->control().now();
  return {.trackers = trackers_->status(),
          .peers = peer_scene(),
          .fetching = torrent_->state() == TorrentState::kDownloading,
          .answer_due = now - started_ >= kAnswerDue,
          .block_came = now - last_block_at_ < kAnswerDue};
}

PeerScene Download::peer_scene() const {
  Dialer const& dialer = torrent_->dialer();
  return {.connected = dialer.connected_count(),
          .giving = torrent_->stats().unchoking_us,
          .awaited = dialer.awaited_count(),
          .ends = dialer.ends().counts()};
}

void Download::tell_manager(TimePoint now) {
  if (now - told_manager_at_ < kManagerInterval) return;
  told_manager_at_ = now;
  TorrentStats const stats = torrent_->stats();
  double const part = stats.piece_count == 0 ? 1.0 : 1.0 * stats.pieces_have / stats.piece_count;
  std::string const peers = counted(stats.peers, "peer", "peers");
  if (seeding_since_ != TimePoint{}) {
    return manager_.status(fmt::format("{}: seeding, sent {}, ratio {:.2f}, {}", metainfo_->name,
                                       brief_size(stats.payload_up), seed_ratio(stats), peers));
  }
  manager_.status(fmt::format("{}: {}, {:.1f} %, {}", metainfo_->name,
                              torrent_state_name(torrent_->state()), 100 * part, peers));
}

bool Download::unreachable() const {
  if (torrent_->state() != TorrentState::kDownloading) return false;
  if (torrent_->dialer().ever_connected()) return false;
  return all_trackers_failed(trackers_->status());
}

}  // namespace btfast::cli
