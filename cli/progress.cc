#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "cli/panel.h"
#include "cli/text.h"
#include "engine/base/sha1.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{250};
constexpr std::chrono::milliseconds kLook{250};

ProgressMode resolve(OutputOptions const& options, Terminal const& terminal) {
  if (options.quiet) return ProgressMode::kNone;
  switch (options.progress) {
    case ProgressMode::kAuto:
      return terminal.is_tty() ? ProgressMode::kPanel : ProgressMode::kLog;
    case ProgressMode::kPanel:
    case ProgressMode::kLine:
      // Nothing is rewritten on what is not a terminal.
      return terminal.is_tty() ? options.progress : ProgressMode::kLog;
    case ProgressMode::kLog:
    case ProgressMode::kJson:
    case ProgressMode::kNone:
      break;
  }
  return options.progress;
}

std::string title_of(Torrent const& torrent, int jobs) {
  Metainfo const& m = torrent.metainfo();
  return fmt::format("{}   {} · {} x {} · {} · {} jobs", escaped(m.name),
                     human_size(torrent.stats().size), torrent.stats().piece_count,
                     human_size(m.geometry.piece_length()), to_hex(m.info_hash).substr(0, 8), jobs);
}

}  // namespace

Progress::Progress(net::EventLoop& loop, Terminal& terminal, OutputOptions const& options,
                   Torrent const& torrent, int jobs)
    : loop_(loop),
      terminal_(terminal),
      options_(options),
      torrent_(torrent),
      jobs_(jobs),
      mode_(resolve(options, terminal)),
      started_(loop.now()),
      timer_(loop.timers(), [this] { tick(); }) {}

void Progress::start() {
  Metainfo const& m = torrent_.metainfo();
  TorrentStats const wanted = torrent_.stats();
  record("start", {{"name", m.name},
                   {"size", wanted.size},
                   {"pieces", wanted.piece_count},
                   {"piece_len", m.geometry.piece_length()},
                   {"jobs", jobs_}});
  figures_.sample(torrent_.stats(), loop_.now());
  next_summary_ = loop_.now() + options_.summary_interval;
  if (mode_ != ProgressMode::kNone) timer_.arm(kRedraw);
}

void Progress::tick() {
  bool const rewritten = mode_ == ProgressMode::kPanel || mode_ == ProgressMode::kLine;
  if (rewritten) {
    show();
    timer_.arm(kRedraw);
    return;
  }
  if (loop_.now() >= next_summary_) {
    next_summary_ += options_.summary_interval;
    report_now();
  } else {
    figures_.observe(torrent_.stats(), loop_.now());
  }
  timer_.arm(std::min(
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.summary_interval), kLook));
}

void Progress::show() {
  figures_.sample(torrent_.stats(), loop_.now());
  PanelContext const context{
      .title = title_of(torrent_, jobs_),
      .width = terminal_.width(),
      .colour = terminal_.colour(),
      .elapsed = std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - started_)};
  if (torrent_.state() == TorrentState::kChecking) {
    terminal_.block(fmt::format("{}\n checking what is here: {:.1f} %\n", context.title,
                                100 * torrent_.checked_fraction()));
    return;
  }
  terminal_.block(mode_ == ProgressMode::kPanel ? render_panel(figures_, context)
                                                : render_line(figures_, context));
}

void Progress::report_now() {
  figures_.sample(torrent_.stats(), loop_.now());
  if (torrent_.state() == TorrentState::kChecking) {
    print("checking", {{"pct", 100 * torrent_.checked_fraction()}});
  } else {
    progress_record();
  }
}

void Progress::progress_record() {
  TorrentStats const& s = figures_.stats();
  auto const rate = [](RateTrack const& r) { return static_cast<std::int64_t>(r.bytes_per_s()); };
  auto const eta = figures_.eta();
  print("progress", {{"pct", figures_.percent()},
                     {"done", s.bytes_have},
                     {"net_Bps", rate(figures_.net())},
                     {"hash_Bps", rate(figures_.hash())},
                     {"disk_Bps", rate(figures_.disk())},
                     {"up_Bps", rate(figures_.up())},
                     {"peers", s.peers},
                     {"eta_s", eta ? eta->count() : -1},
                     {"limit", limit_name(figures_.limit())}});
}

void Progress::record(std::string_view event, std::initializer_list<LogField> fields) {
  if (mode_ == ProgressMode::kLog || mode_ == ProgressMode::kJson) print(event, fields);
}

void Progress::print(std::string_view event, std::initializer_list<LogField> fields) {
  terminal_.line(format_record(options_.record_format(), std::time(nullptr), LogLevel::kInfo, event,
                               {fields.begin(), fields.size()}));
}

void Progress::finish() {
  timer_.disarm();
  if (mode_ == ProgressMode::kPanel || mode_ == ProgressMode::kLine) {
    show();
    terminal_.keep_block();
  }
}

}  // namespace btfast::cli
