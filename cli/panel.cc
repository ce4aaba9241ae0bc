#include "cli/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/colour.h"
#include "cli/columns.h"
#include "cli/panel_layout.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

constexpr int kMiddle = 60;        // from here on there is a column for peers and queues
constexpr int kPeersColumns = 20;  // "100 peers (50 seeds)"
constexpr int kSizeColumns = 10;   // "999.99 MiB"
constexpr int kEtaColumns = 11;    // "ETA 1:02:03"

std::string peers_text(TorrentStats const& s) { return counted(s.peers, "peer", "peers"); }

std::string rtt_text(std::uint64_t rtt_us) {
  double const ms = static_cast<double>(rtt_us) / 1000;
  return fmt::format("RTT {:.{}f} ms", ms, ms < 1 ? 2 : ms < 100 ? 1 : 0);
}

Field requests_field(TransferFigures const& figures) {
  std::string const requests = counted(figures.requests(), "request", "requests");
  std::uint64_t const rtt = figures.stats().rtt_us;
  if (rtt == 0) return {.forms = {requests}, .rank = 3};  // nothing was answered yet
  return {.forms = {requests + ", " + rtt_text(rtt), rtt_text(rtt)}, .rank = 3};
}

Field busy_field(double threads, int workers) {
  return {.forms = {fmt::format("{:.1f} of {} busy", threads,
                                counted(static_cast<std::uint64_t>(workers), "thread", "threads")),
                    fmt::format("{:.1f} of {} busy", threads, workers)},
          .rank = 3};
}

std::string limit_words(Limit limit) {
  switch (limit) {
    case Limit::kNet:
      return "network";
    case Limit::kLimited:
      return "your --down-limit";
    case Limit::kChoked:
      return "choked by all peers";
    case Limit::kNoPeers:
      return "no peers";
    default:
      return std::string{limit_name(limit)};
  }
}

std::string limit_short(Limit limit) {
  switch (limit) {
    case Limit::kLimited:
      return "yours";
    case Limit::kChoked:
      return "choked";
    default:
      return limit_words(limit);
  }
}

// On a narrow terminal it is short, and stays when all others have left.
Field limit_field(Limit limit, int width, bool colour) {
  bool const odd = limit == Limit::kChoked || limit == Limit::kNoPeers || limit == Limit::kLimited;
  auto const said = [&](std::string const& words) {
    return "limit: " + coloured(colour && odd, Colour::kYellow, words);
  };
  if (width < kMiddle) return {.forms = {said(limit_short(limit))}, .rank = 0};
  return {.forms = {said(limit_words(limit)), said(limit_short(limit))}, .rank = 3};
}

std::string wasted_text(TorrentStats const& s) {
  double const share = s.payload_down == 0 ? 0
                                           : 100.0 * static_cast<double>(s.wasted) /
                                                 static_cast<double>(s.payload_down);
  return fmt::format("dup {:.2f} %", share);
}

// The stage's name, its rate, and where there is room how that went lately.
Field rate_field(std::string_view stage, RateTrack const& rate, int width, bool history) {
  std::string text = fmt::format("{:<4} {}", stage, rate_text(rate.bytes_per_s()));
  if (width >= kPanelWide)
    text += ' ' + (history ? sparkline(rate.history()) : std::string(8, ' '));
  return {.forms = {std::move(text)}, .rank = 1};
}

std::vector<std::string> stage_rows(TransferFigures const& figures, int width, bool colour) {
  TorrentStats const& s = figures.stats();
  int const column = width >= kMiddle ? kPeersColumns : 0;
  auto const middle = [&](std::string text, int rank) {
    return Field{
        .forms = {std::move(text)}, .rank = width >= kMiddle ? 2 : rank, .columns = column};
  };
  auto const row = [&](Field rate, Field between, Field last) {
    return indented_row({std::move(rate), std::move(between), std::move(last)}, width);
  };
  return {row(rate_field("net", figures.net(), width, true),
              {.forms = {fmt::format("{} ({})", peers_text(s), counted(s.seeds, "seed", "seeds")),
                         peers_text(s)},
               .rank = 2,
               .columns = column},
              requests_field(figures)),
          row(rate_field("hash", figures.hash(), width, true),
              middle(fmt::format("queue {:5} {}", s.pieces_queued,
                                 s.pieces_queued == 1 ? "piece" : "pieces"),
                     4),
              busy_field(figures.threads_hashing(), s.workers)),
          row(rate_field("disk", figures.disk(), width, true),
              middle(fmt::format("queue {:5.1f} MiB",
                                 static_cast<double>(s.bytes_writing) / (1024.0 * 1024.0)),
                     4),
              busy_field(figures.threads_writing(), s.workers)),
          row(rate_field("up", figures.up(), width, false),
              middle(fmt::format("bad {}   {}", s.bad_pieces, wasted_text(s)), 4),
              limit_field(figures.limit(), width, colour))};
}

// Each figure a row of its own.
std::vector<std::string> tiny_rows(TransferFigures const& figures, int width, bool colour) {
  auto const row = [&](Field field) { return indented_row({std::move(field)}, width); };
  auto const rate = [&](std::string_view stage, RateTrack const& track) {
    return row({.forms = {fmt::format("{:<3} {}", stage, rate_text(track.bytes_per_s()))}});
  };
  return {rate("net", figures.net()), rate("up", figures.up()),
          row({.forms = {peers_text(figures.stats())}}),
          row(limit_field(figures.limit(), width, colour))};
}

std::string percent_text(TransferFigures const& figures) {
  // What is not whole is not shown as whole.
  double const percent = figures.percent();
  return fmt::format("{:.1f} %", percent < 100 ? std::min(percent, 99.9) : 100.0);
}

Field size_field(TorrentStats const& s) {
  std::string const have = padded_left(human_size(s.bytes_have), kSizeColumns);
  return {.forms = {have + " of " + human_size(s.size), human_size(s.bytes_have)}, .rank = 2};
}

std::vector<Field> progress_fields(TransferFigures const& figures) {
  return {{.forms = {padded_left(percent_text(figures), 7), percent_text(figures)}, .rank = 0},
          size_field(figures.stats()),
          {.forms = {padded("ETA " + eta_text(figures.eta()), kEtaColumns),
                     "ETA " + eta_text(figures.eta())},
           .rank = 1}};
}

}  // namespace

std::string panel_title(PanelContext const& context) {
  return title_row(context.name, context.details, human_duration(context.elapsed), context.width) +
         '\n';
}

std::string notice_line(PanelContext const& context) {
  if (context.notice.empty()) return {};
  return coloured(context.colour, Colour::kYellow, fit_end(' ' + context.notice, context.width)) +
         '\n';
}

bool has_whole_notice(std::string_view panel, PanelContext const& context) {
  return !context.notice.empty() && columns_of(context.notice) < context.width &&
         panel.ends_with(notice_line(context));
}

std::string render_panel(TransferFigures const& figures, PanelContext const& context) {
  int const width = context.width;
  std::string out = panel_title(context);
  out += bar_row(figures.percent(), progress_fields(figures), width, context.colour) + '\n';
  auto const rows = width >= kPanelNarrow ? stage_rows(figures, width, context.colour)
                                          : tiny_rows(figures, width, context.colour);
  for (auto const& row : rows) out += row + '\n';
  return out + notice_line(context);
}

std::string render_line(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  auto const rate = [](RateTrack const& track) {
    std::string const text = rate_text(track.bytes_per_s());
    return text.substr(text.find_first_not_of(' '));
  };
  std::string const share = percent_text(figures);
  return row_of(
             {{.forms = {padded_left(share, 7), share}, .rank = 0},
              {.forms = {fmt::format("({}/{} pieces)", s.pieces_have, s.piece_count)}, .rank = 5},
              {.forms = {rate(figures.net()) + " down"}, .rank = 2},
              {.forms = {rate(figures.up()) + " up"}, .rank = 4},
              {.forms = {peers_text(s)}, .rank = 3},
              {.forms = {"ETA " + eta_text(figures.eta())}, .rank = 1}},
             context.width, 2) +
         '\n';
}

std::string render_ended(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  std::string const share = percent_text(figures);
  std::vector<Field> const fields = {{.forms = {padded_left(share, 7), share}, .rank = 0},
                                     size_field(s)};
  std::string out = panel_title(context);
  out += bar_row(figures.percent(), fields, context.width, context.colour) + '\n';
  return out +
         indented_row({{.forms = {"down " + brief_size(s.payload_down)}, .rank = 0},
                       {.forms = {"up " + brief_size(s.payload_up)}, .rank = 1},
                       {.forms = {"wasted " + brief_size(s.wasted)}, .rank = 3},
                       {.forms = {fmt::format("bad {}", s.bad_pieces)}, .rank = 2}},
                      context.width) +
         '\n';
}

}  // namespace btfast::cli
