#include "cli/swarm_run.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <utility>

#include "cli/cpu_count.h"
#include "cli/swarm_content.h"
#include "cli/text.h"
#include "engine/base/thread.h"
#include "engine/content/torrent_builder.h"
#include "engine/content/torrent_verify.h"
#include "engine/descriptor_budget.h"
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
constexpr milliseconds kLookAtLeeches{200};
constexpr char const* kLeechInterval = "500ms";  // of their records, where somebody watches
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

SwarmRun::SwarmRun(SwarmOptions const& options, ControlLoop& control, TempTree tree)
    : options_(options),
      control_(control),
      display_(options.event, options.out, control.loop()),
      tree_(std::move(tree)),
      deadline_(control.now() + options.timeout) {}

SwarmRun::~SwarmRun() = default;

SwarmResult SwarmRun::run() {
  bool const complete = listen_to_signals() && check_space() && write_content() && make_torrent() &&
                        start_seeds() && start_leeches() && wait_for_leeches() && stop_seeds();
  collect();
  if (complete && verify_copies()) result_.exit = ExitStatus::kDone;
  return std::move(result_);
}

bool SwarmRun::listen_to_signals() {
  auto signals = Signals::listen(control_.loop(), {.on_stop = [this](int) { interrupted_ = true; },
                                                   .on_status = [this] { display_.record(); },
                                                   .on_reopen = [] {}});
  if (!signals) return fail(signals.error());
  signals_ = *std::move(signals);
  return true;
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
  TaskMeter& meter = begin(fmt::format("writing {}", human_size(options_.size)), options_.size);
  fs::path const path = dir_of(name_of(true, 0)) / kContentName;
  auto const written = write_random_file(path, options_.size, [&](std::uint64_t bytes) {
    meter.add(bytes);
    return go_on();
  });
  if (!written) return fail(written.error());  // after a signal its word came first
  for (int i = 1; i < options_.seeds; ++i) {
    auto const shared = share_file(path, dir_of(name_of(true, i)) / kContentName);
    if (!shared) return fail(shared.error());
  }
  return true;
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
  TaskMeter& meter = begin("hashing", options_.size);
  build.hashed = [&](std::uint64_t bytes) { meter.add(bytes); };
  std::optional<Result<BuiltTorrent>> built;
  bool const in_peace = wait_for_work([&](std::stop_token const& stop) {
    build.stop = stop;
    built.emplace(build_torrent(build));
  });
  if (!in_peace) return false;
  if (!*built) return fail(built->error());
  auto const written =
      write_output_file(torrent_path().string(), (*built)->bytes, IfExists::kRefuse);
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
  begin(fmt::format("starting {}",
                    counted(static_cast<std::uint64_t>(options_.seeds), "seed", "seeds")),
        0);
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
    return fail(ExitStatus::kInternal, (*failed)->name + " ended: " + last_word_of(**failed));
  }
  return in_time;
}

bool SwarmRun::start_leeches() {
  begin(fmt::format("starting {}",
                    counted(static_cast<std::uint64_t>(options_.leeches), "leech", "leeches")),
        0);
  for (int i = 0; i < options_.leeches; ++i) {
    if (!start_peer(false, i)) return false;
  }
  return true;
}

bool SwarmRun::wait_for_leeches() {
  begin("fetching", options_.size * static_cast<std::uint64_t>(options_.leeches));
  auto const all_ended = [this] {
    return std::all_of(peers_.begin(), peers_.end(),
                       [](Peer const& peer) { return peer.seed || peer.process->ended(); });
  };
  auto const over = [&] {
    look_at_leeches();
    return all_ended() || failed_peer().has_value();
  };
  if (!wait_until(over, deadline_)) return false;
  auto const failed = failed_peer();
  if (!failed) return true;
  return fail(ExitStatus::kInternal,
              fmt::format("{} ended with status {}: {}", (*failed)->name,
                          (*failed)->process->status(), last_word_of(**failed)));
}

// How many are done, and how much all of them have.
void SwarmRun::look_at_leeches() {
  if (!display_.is_shown() || control_.now() < next_look_) return;
  next_look_ = control_.now() + kLookAtLeeches;
  std::uint64_t done = 0;
  for (auto& peer : peers_) {
    if (peer.seed) continue;
    if (!peer.complete()) peer.tail.look();
    done += peer.complete() ? options_.size : std::min(peer.tail.done(), options_.size);
  }
  meter_->reach(done);
  display_.describe(words("fetching"));
}

// What it says in its result, or else in its log.
std::string SwarmRun::last_word_of(Peer const& peer) {
  auto const result = peer_from_json(peer.process->output());
  return result && !result->error.empty() ? result->error : peer.process->last_words();
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
  auto const leeches = static_cast<std::uint64_t>(options_.leeches);
  TaskMeter& meter = begin("verifying every copy", options_.size * leeches);
  std::uint64_t before = 0;
  for (auto& peer : result_.peers) {
    if (peer.seed) continue;
    VerifyRequest request;
    request.output_dir = dir_of(peer.name).string();
    request.jobs = usable_cpus();
    request.progress = [&](std::uint64_t done, std::uint64_t) { meter.reach(before + done); };
    std::optional<Result<VerifyReport>> report;
    bool const in_peace = wait_for_work([&](std::stop_token const& stop) {
      request.stop = stop;
      report.emplace(verify_torrent(*metainfo_, request));
    });
    if (!in_peace) return false;
    if (!*report) return fail(report->error());
    peer.verified = (*report)->good();
    before += options_.size;
  }
  auto const bad = std::find_if(result_.peers.begin(), result_.peers.end(),
                                [](auto const& peer) { return !peer.seed && !peer.verified; });
  if (bad == result_.peers.end()) return true;
  return fail(ExitStatus::kVerifyFailed, "the copy of " + bad->name + " is wrong");
}

bool SwarmRun::start_peer(bool seed, int number) {
  std::string const name = name_of(seed, number);
  std::string const log = (tree_.path() / (name + ".log")).string();
  Peer peer{name, seed, nullptr, ProgressTail{log}};
  auto process = ChildProcess::start(control_.loop(), {.program = options_.program,
                                                       .arguments = arguments(peer),
                                                       .log_path = log,
                                                       .config_dir = tree_.path().string()});
  if (!process) return fail(process.error());
  peer.process = *std::move(process);
  peers_.push_back(std::move(peer));
  // Each takes a pipe; without a socket the tracker would hear nobody.
  if (auto const room = check_room_for({.peer = true}); !room) return fail(room.error());
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
                               "--json"};
  bool const watched = !peer.seed && display_.is_shown();
  out.emplace_back(watched ? "--progress=json" : "--progress=none");
  if (watched) out.push_back(fmt::format("--summary-interval={}", kLeechInterval));
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

bool SwarmRun::wait_for_work(std::function<void(std::stop_token)> const& work) {
  std::stop_source stop;
  std::atomic<bool> done{false};
  auto const working = Thread::start([&]() noexcept {
    work(stop.get_token());
    done.store(true, std::memory_order_release);
  });
  if (!working) return fail(working.error());
  while (!done.load(std::memory_order_acquire)) {
    control_.loop().run_turn(kLook);
    if (interrupted_) stop.request_stop();
  }
  return go_on();
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

TaskMeter& SwarmRun::begin(std::string const& what, std::uint64_t total) {
  auto meter = std::make_unique<TaskMeter>();
  meter->set_total(total);
  display_.begin(words(what), *meter);
  meter_ = std::move(meter);
  // Of a part of another command the regular records are enough.
  if (display_.is_recorded() && options_.round.empty()) display_.record();
  return *meter_;
}

TaskWords SwarmRun::words(std::string const& what) const {
  auto const complete =
      std::count_if(peers_.begin(), peers_.end(), [](Peer const& peer) { return peer.complete(); });
  std::string doing = options_.round + what;
  std::vector<LogField> fields{
      {"doing", doing}, {"complete", complete}, {"leeches", options_.leeches}};
  bool const counts = !peers_.empty() && options_.leeches > 1;
  if (counts) doing += fmt::format(", {} of {} complete", complete, options_.leeches);
  return {.doing = std::move(doing), .fields = std::move(fields)};
}

fs::path SwarmRun::dir_of(std::string const& name) const { return tree_.path() / name; }
fs::path SwarmRun::torrent_path() const { return tree_.path() / "swarm.torrent"; }

}  // namespace btfast::cli
