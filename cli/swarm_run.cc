#include "cli/swarm_run.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <span>
#include <system_error>
#include <utility>

#include "cli/cpu_count.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "engine/base/rng.h"
#include "engine/content/torrent_builder.h"
#include "engine/content/torrent_verify.h"
#include "engine/metainfo/output_file.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char const* kContentName = "content.bin";
constexpr seconds kSeedStart{60};
constexpr seconds kSeedStop{5};
constexpr milliseconds kLook{20};
constexpr std::size_t kWriteBytes = 4 * kMiB;
// Left on the disk besides what the swarm writes.
constexpr std::uint64_t kSpaceMargin = 64 * kMiB;

// Every process has an address of its own, as peers of a real swarm have, where all of
// 127.0.0.0/8 is this machine; else they share one.
std::string address_of(int number) {
#ifdef __linux__
  return fmt::format("127.7.{}.{}", number / 250, number % 250 + 1);
#else
  (void)number;
  return "127.0.0.1";
#endif
}

std::string name_of(bool seed, int number) {
  return fmt::format("{}-{}", seed ? "seed" : "leech", number + 1);
}

}  // namespace

SwarmRun::SwarmRun(SwarmOptions const& options, ControlLoop& control, TempTree tree,
                   std::ostream& err)
    : options_(options),
      control_(control),
      signals_(control.loop(), {.on_stop = [this](int) { interrupted_ = true; },
                                .on_status = [this] { report_now(); },
                                .on_reopen = [] {}}),
      tree_(std::move(tree)),
      err_(err),
      deadline_(control.now() + options.timeout) {}

SwarmRun::~SwarmRun() = default;

SwarmResult SwarmRun::run() {
  bool const complete = check_space() && write_content() && make_torrent() && start_seeds() &&
                        start_leeches() && wait_for_leeches() && stop_seeds();
  collect();
  if (complete && verify_copies()) result_.exit = ExitStatus::kDone;
  return std::move(result_);
}

bool SwarmRun::check_space() {
  std::error_code error;
  auto const space = fs::space(tree_.path(), error);
  auto const copies = static_cast<std::uint64_t>(options_.leeches) + 1;  // seeds share one
  if (error || space.available / copies > options_.size + kSpaceMargin / copies) return true;
  return fail(
      ExitStatus::kDiskFull,
      fmt::format("{} copies of {} do not fit: {} has {} left", copies, human_size(options_.size),
                  tree_.path().parent_path().string(), human_size(space.available)));
}

bool SwarmRun::write_content() {
  say(fmt::format("writing {}", human_size(options_.size)));
  fs::path const path = dir_of(name_of(true, 0)) / kContentName;
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  std::ofstream out{path, std::ios::binary};
  Rng rng{1};
  std::vector<std::uint64_t> words(kWriteBytes / sizeof(std::uint64_t));
  for (std::uint64_t left = options_.size; left > 0 && out;) {
    if (!go_on()) return false;
    std::generate(words.begin(), words.end(), [&] { return rng.next(); });
    auto const part = std::min<std::uint64_t>(left, kWriteBytes);
    out.write(reinterpret_cast<char const*>(words.data()), static_cast<std::streamsize>(part));
    left -= part;
  }
  out.close();
  if (!out) return fail(ExitStatus::kStorage, path.string() + ": cannot be written");
  for (int i = 1; i < options_.seeds; ++i) {
    if (!share_content(i)) return false;
  }
  return true;
}

// A link where the file system has them, else a copy.
bool SwarmRun::share_content(int seed) {
  fs::path const from = dir_of(name_of(true, 0)) / kContentName;
  fs::path const to = dir_of(name_of(true, seed)) / kContentName;
  std::error_code error;
  fs::create_directory(to.parent_path(), error);
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  if (!error) return true;
  return fail({errc_from_file_errno(error.value()), error.value(), to.string()});
}

bool SwarmRun::make_torrent() {
  auto tracker =
      LocalTracker::open(control_.loop(), {.bind = *net::Endpoint::parse_address("127.0.0.1", 0)});
  if (!tracker) return fail(tracker.error());
  tracker_ = *std::move(tracker);
  BuildOptions build;
  build.path = (dir_of(name_of(true, 0)) / kContentName).string();
  build.piece_length = options_.piece_length;
  build.tracker_tiers = {{tracker_->urls().front()}};
  build.is_private = true;
  auto const built = build_torrent(build);
  if (!built) return fail(built.error());
  auto const written = write_output_file(torrent_path().string(), built->bytes, IfExists::kRefuse);
  if (!written) return fail(written.error());
  auto metainfo = load_metainfo(torrent_path().string());
  if (!metainfo) return fail(metainfo.error());
  metainfo_ = *std::move(metainfo);
  result_.bytes = metainfo_->geometry.total_size();
  result_.piece_length = metainfo_->geometry.piece_length();
  result_.pieces = metainfo_->geometry.piece_count();
  return go_on();
}

bool SwarmRun::start_seeds() {
  say(fmt::format("starting {} seeds", options_.seeds));
  for (int i = 0; i < options_.seeds; ++i) {
    if (!start_peer(true, i)) return false;
  }
  auto const all_here = [this] {
    auto const counts = tracker_->table().scrape(metainfo_->info_hash);
    return counts && counts->seeders >= static_cast<std::uint32_t>(options_.seeds);
  };
  auto const ready = [&] { return all_here() || failed_peer().has_value(); };
  bool const in_time = wait_until(ready, std::min(deadline_, control_.now() + kSeedStart));
  if (auto const failed = failed_peer()) {
    return fail(ExitStatus::kInternal,
                (*failed)->name + " ended: " + (*failed)->process->last_words());
  }
  return in_time;
}

bool SwarmRun::start_leeches() {
  say(fmt::format("starting {} leeches", options_.leeches));
  for (int i = 0; i < options_.leeches; ++i) {
    if (!start_peer(false, i)) return false;
  }
  return true;
}

bool SwarmRun::wait_for_leeches() {
  doing_ = "waiting for the leeches";
  auto const all_ended = [this] {
    return std::all_of(peers_.begin(), peers_.end(),
                       [](Peer const& peer) { return peer.seed || peer.process->ended(); });
  };
  auto const over = [&] { return all_ended() || failed_peer().has_value(); };
  if (!wait_until(over, deadline_)) return false;
  auto const failed = failed_peer();
  if (!failed) return true;
  return fail(ExitStatus::kInternal,
              fmt::format("{} ended with status {}: {}", (*failed)->name,
                          (*failed)->process->status(), (*failed)->process->last_words()));
}

// A leech that ended badly, or a seed that ended at all before it was asked to.
std::optional<SwarmRun::Peer const*> SwarmRun::failed_peer() const {
  for (auto const& peer : peers_) {
    if (!peer.process->ended()) continue;
    if (peer.seed || peer.process->status() != 0) return &peer;
  }
  return std::nullopt;
}

bool SwarmRun::stop_seeds() {
  for (auto& peer : peers_) peer.process->signal(SIGTERM);
  auto const all_ended = [this] {
    return std::all_of(peers_.begin(), peers_.end(),
                       [](Peer const& peer) { return peer.process->ended(); });
  };
  if (wait_until(all_ended, control_.now() + kSeedStop)) return true;
  if (!interrupted_) fail(ExitStatus::kInternal, "a seed did not end within 5 s of SIGTERM");
  return false;
}

bool SwarmRun::verify_copies() {
  say("verifying every copy");
  for (auto& peer : result_.peers) {
    if (peer.seed) continue;
    if (!go_on()) return false;
    auto const report = verify_torrent(*metainfo_, {.output_dir = dir_of(peer.name).string(),
                                                    .target_name = {},
                                                    .layout = {},
                                                    .jobs = usable_cpus(),
                                                    .progress = {},
                                                    .stop = {}});
    if (!report) return fail(report.error());
    peer.verified = report->good();
  }
  auto const bad = std::find_if(result_.peers.begin(), result_.peers.end(),
                                [](auto const& peer) { return !peer.seed && !peer.verified; });
  if (bad == result_.peers.end()) return true;
  return fail(ExitStatus::kVerifyFailed, "the copy of " + bad->name + " is wrong");
}

bool SwarmRun::start_peer(bool seed, int number) {
  Peer peer{name_of(seed, number), seed, nullptr};
  auto process = ChildProcess::start(control_.loop(),
                                     {.program = options_.program,
                                      .arguments = arguments(peer),
                                      .log_path = (tree_.path() / (peer.name + ".log")).string(),
                                      .config_dir = tree_.path().string()});
  if (!process) return fail(process.error());
  peer.process = *std::move(process);
  peers_.push_back(std::move(peer));
  return true;
}

std::vector<std::string> SwarmRun::arguments(Peer const& peer) const {
  int const shared = std::max(1, usable_cpus() / std::max(1, options_.leeches));
  int const jobs = peer.seed ? 1 : options_.jobs > 0 ? options_.jobs : shared;
  std::vector<std::string> out{peer.seed ? "seed" : "get",
                               "-t",
                               torrent_path().string(),
                               "-o",
                               dir_of(peer.name).string(),
                               "--bind",
                               address_of(static_cast<int>(peers_.size())),
                               "--port",
                               "0",
                               "-j",
                               std::to_string(jobs),
                               "--net-threads",
                               std::to_string(options_.net_threads),
                               "--progress",
                               "none",
                               "--json"};
  if (peer.seed) out.emplace_back("--no-verify");
  return out;
}

// What each process said of itself, and what the kernel says of it.
void SwarmRun::collect() {
  for (auto const& peer : peers_) {
    auto figures = peer_from_json(peer.process->output()).value_or(SwarmPeer{});
    figures.name = peer.name;
    figures.seed = peer.seed;
    figures.cpu_s = peer.process->cpu_s();
    figures.peak_rss = peer.process->peak_rss();
    result_.peers.push_back(std::move(figures));
  }
}

bool SwarmRun::wait_until(std::function<bool()> const& done, TimePoint deadline) {
  while (!done()) {
    control_.loop().run_turn(kLook);
    if (!go_on()) return false;
    if (control_.now() >= deadline) return fail(ExitStatus::kGaveUp, "gave up: not done in time");
  }
  return true;
}

bool SwarmRun::go_on() {
  control_.loop().run_turn(Duration::zero());
  return !interrupted_ || fail(ExitStatus::kInterrupted, "interrupted");
}

bool SwarmRun::fail(ExitStatus exit, std::string error) {
  if (!result_.error.empty()) return false;
  result_.exit = exit;
  result_.error = std::move(error);
  return false;
}
bool SwarmRun::fail(Failure const& failure) {
  return fail(exit_status_of(failure), failure_text(failure));
}

void SwarmRun::say(std::string const& what) {
  doing_ = what;
  if (!options_.out.quiet) err_ << "swarm: " << what << std::endl;
}

void SwarmRun::report_now() const {
  auto const ended = std::count_if(peers_.begin(), peers_.end(), [](Peer const& peer) {
    return !peer.seed && peer.process->ended();
  });
  Terminal{STDERR_FILENO}.line(
      fmt::format("swarm: {}; {} of {} leeches are complete", doing_, ended, options_.leeches));
}

fs::path SwarmRun::dir_of(std::string const& name) const { return tree_.path() / name; }
fs::path SwarmRun::torrent_path() const { return tree_.path() / "swarm.torrent"; }

}  // namespace btfast::cli
