#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

#include "cli/progress_mode.h"
#include "cli/text.h"
#include "cli/transfer_detail.h"
#include "engine/base/sha1.h"

namespace btfast::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{250};
constexpr std::chrono::milliseconds kLook{250};

}  // namespace

Progress::Progress(net::EventLoop& loop, Terminal& terminal, OutputOptions const& options,
                   Torrent const& torrent, int jobs, Notices& notices)
    : loop_(loop),
      terminal_(terminal),
      options_(options),
      torrent_(torrent),
      jobs_(jobs),
      mode_(resolved_mode(options, terminal)),
      notices_(notices),
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
  look();
  next_summary_ = loop_.now() + options_.summary_interval;
  if (mode_ != ProgressMode::kNone) timer_.arm(kRedraw);
}

void Progress::begin_seeding(SeedOptions const& goals, std::uint16_t port) {
  seeding_since_ = loop_.now();
  seeding_ = SeedingView{.ratio_goal = goals.ratio, .port = port};
  if (goals.time) {
    seeding_->time_goal = std::chrono::duration_cast<std::chrono::seconds>(*goals.time);
  }
  record("seeding", {{"name", torrent_.metainfo().name}, {"port", port}});
}

void Progress::tick() {
  tell_notice();
  if (is_rewritten(mode_)) {
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

void Progress::look() {
  figures_.set_giving(seeding_.has_value());
  figures_.sample(torrent_.stats(), loop_.now());
  if (torrent_.state() != TorrentState::kChecking) return;
  CheckedBytes const checked = torrent_.checked();
  checking_.sample(checked.done, checked.all, loop_.now());
}

PanelContext Progress::context() const {
  Metainfo const& m = torrent_.metainfo();
  TorrentStats const& s = figures_.stats();
  return {.name = escaped(m.name),
          .details = {human_size(s.size),
                      fmt::format("{} x {}", s.piece_count, brief_size(m.geometry.piece_length())),
                      to_hex(m.info_hash).substr(0, 8),
                      counted(static_cast<std::uint64_t>(jobs_), "job", "jobs")},
          .width = terminal_.width(),
          .colour = terminal_.colour(),
          .elapsed = std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - started_),
          .notice = escaped(notice_told_)};
}

SeedingView Progress::seeding_view() const {
  SeedingView view = *seeding_;
  view.seeded = std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - seeding_since_);
  return view;
}

void Progress::show() {
  look();
  PanelContext const now = context();
  std::string const text =
      torrent_.state() == TorrentState::kChecking ? checking_text(now) : transfer_text(now);
  if (!terminal_.block(text)) return;
  notices_.on_painted(has_whole_notice(text, now) ? notice_told_ : "", loop_.now());
}

std::string Progress::checking_text(PanelContext const& context) {
  std::string const task =
      render_task("checking", checking_, TaskUnit::kBytes, context.width, context.colour);
  bool const alone = mode_ == ProgressMode::kLine || terminal_.height() < 3;
  return alone ? task : panel_title(context) + task;
}

// A terminal that is too low for the panel gets the line.
std::string Progress::transfer_text(PanelContext const& context) const {
  if (mode_ == ProgressMode::kPanel) {
    std::string panel = seeding_ ? render_seeding(figures_, context, seeding_view())
                                 : render_panel(figures_, context);
    if (std::count(panel.begin(), panel.end(), '\n') < terminal_.height()) return panel;
  }
  return seeding_ ? render_seeding_line(figures_, context, seeding_view())
                  : render_line(figures_, context);
}

std::string Progress::ended_text(PanelContext const& context) const {
  return seeding_ ? render_seeded(figures_, context, seeding_view())
                  : render_ended(figures_, context);
}

void Progress::report_now() {
  look();
  if (torrent_.state() == TorrentState::kChecking) {
    checking_record();
  } else {
    progress_record();
  }
}

void Progress::checking_record() {
  std::vector<LogField> fields{{"pct", checking_.percent()},
                               {"Bps", static_cast<std::int64_t>(checking_.per_s())},
                               {"eta_s", seconds_of(checking_.eta())}};
  for (auto& field : piece_fields(torrent_.piece_counts())) fields.push_back(std::move(field));
  print("checking", fields);
}

void Progress::progress_record() {
  TorrentStats const& s = figures_.stats();
  auto const rate = [](RateTrack const& r) { return static_cast<std::int64_t>(r.bytes_per_s()); };
  std::vector<LogField> fields{{"pct", figures_.percent()},
                               {"done", s.bytes_have},
                               {"net_Bps", rate(figures_.net())},
                               {"hash_Bps", rate(figures_.hash())},
                               {"disk_Bps", rate(figures_.disk())},
                               {"up_Bps", rate(figures_.up())},
                               {"uploaded", s.payload_up},
                               {"peers", s.peers},
                               {"eta_s", seconds_of(figures_.eta())},
                               {"limit", limit_name(figures_.limit())}};
  for (auto& field : piece_fields(torrent_.piece_counts())) fields.push_back(std::move(field));
  for (auto& field : queue_fields(s)) fields.push_back(std::move(field));
  print("progress", fields);
}

// On the panel it stands as long as it is true; elsewhere it is a record of its own when it
// changes, unless a record has said the same.
void Progress::tell_notice() {
  std::string now = notices_.now();
  if (now == notice_told_) return;
  notice_told_ = std::move(now);
  if (notice_told_.empty() || notices_.recorded(notice_told_)) return;
  record("notice", {{"text", notice_told_}});
}

void Progress::record(std::string_view event, std::initializer_list<LogField> fields) {
  if (is_recorded(mode_)) print(event, {fields.begin(), fields.size()});
}

void Progress::print(std::string_view event, std::span<LogField const> fields) {
  terminal_.line(
      format_record(options_.record_format(), std::time(nullptr), LogLevel::kInfo, event, fields));
}

void Progress::finish() {
  timer_.disarm();
  if (!is_rewritten(mode_)) return;
  look();
  bool const panel = mode_ == ProgressMode::kPanel;
  if (panel) {
    terminal_.block(ended_text(context()));
    terminal_.keep_block();
  } else {
    terminal_.clear_block();
  }
}

}  // namespace btfast::cli
