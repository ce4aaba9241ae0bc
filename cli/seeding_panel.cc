#include "cli/seeding_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/colour.h"
#include "cli/panel_layout.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

std::string ratio_text(TorrentStats const& stats, SeedingView const& view) {
  std::string const ratio = fmt::format("ratio {:.2f}", seed_ratio(stats));
  return view.ratio_goal ? fmt::format("{} of {:.2f}", ratio, *view.ratio_goal) : ratio;
}

// With a goal of both kinds the nearer one counts, for that one ends it.
std::optional<double> share_of_goal(TorrentStats const& stats, SeedingView const& view) {
  std::optional<double> share;
  auto const nearer = [&](double value) { share = std::max(share.value_or(0), value); };
  if (view.ratio_goal) {
    nearer(*view.ratio_goal > 0 ? seed_ratio(stats) / *view.ratio_goal : 1);
  }
  if (view.time_goal) {
    nearer(view.time_goal->count() > 0 ? std::chrono::duration<double>(view.seeded).count() /
                                             std::chrono::duration<double>(*view.time_goal).count()
                                       : 1);
  }
  if (share) share = std::min(*share, 1.0);
  return share;
}

std::string limit_text(Limit limit, bool colour) {
  return limit == Limit::kLimited ? "limit: " + coloured(colour, Colour::kYellow, "your --up-limit")
                                  : std::string{};
}

std::string sent_row(TransferFigures const& figures, PanelContext const& context,
                     SeedingView const& view, std::string_view what) {
  TorrentStats const& s = figures.stats();
  std::vector<Field> fields{
      {.forms = {fmt::format(" {}", what)}, .rank = 3},
      {.forms = {"sent " + brief_size(s.payload_up)}, .rank = 0, .columns = 13},
      {.forms = {ratio_text(s, view), fmt::format("ratio {:.2f}", seed_ratio(s))}, .rank = 1}};
  if (view.time_goal) {
    auto const left = std::max(*view.time_goal - view.seeded, std::chrono::seconds{0});
    fields.push_back({.forms = {human_duration(left) + " left"}, .rank = 2});
  }
  if (view.port != 0) fields.push_back({.forms = {fmt::format("port {}", view.port)}, .rank = 4});
  return row_of(std::move(fields), context.width) + '\n';
}

std::string up_row(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  std::string rate = " up   " + rate_text(figures.up().bytes_per_s());
  if (context.width >= kPanelWide) rate += ' ' + sparkline(figures.up().history());
  std::vector<Field> fields{{.forms = {std::move(rate)}, .rank = 0},
                            {.forms = {fmt::format("{} ({})", counted(s.peers, "peer", "peers"),
                                                   counted(s.seeds, "seed", "seeds")),
                                       counted(s.peers, "peer", "peers")},
                             .rank = 1}};
  std::string limit = limit_text(figures.limit(), context.colour);
  if (!limit.empty()) fields.push_back({.forms = {std::move(limit)}, .rank = 2});
  return row_of(std::move(fields), context.width) + '\n';
}

std::string tiny_rows(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  auto const row = [&](std::string text) {
    return row_of({{.forms = {std::move(text)}}}, context.width) + '\n';
  };
  return row(" sent " + brief_size(s.payload_up)) +
         row(fmt::format(" ratio {:.2f}", seed_ratio(s))) +
         row(" up " + rate_text(figures.up().bytes_per_s())) +
         row(' ' + counted(s.peers, "peer", "peers"));
}

}  // namespace

double seed_ratio(TorrentStats const& stats) noexcept {
  if (stats.size == 0) return 0;
  return static_cast<double>(stats.payload_up) / static_cast<double>(stats.size);
}

std::string render_seeding(TransferFigures const& figures, PanelContext const& context,
                           SeedingView const& view) {
  std::string out = panel_title(context);
  if (context.width < kPanelNarrow) return out + tiny_rows(figures, context) + notice_line(context);
  if (auto const share = share_of_goal(figures.stats(), view)) {
    std::string const text = fmt::format("{:5.1f} %", std::min(100 * *share, 100.0));
    out += bar_row(100 * *share, {{.forms = {text}}, {.forms = {"of the goal"}, .rank = 1}},
                   context.width, context.colour) +
           '\n';
  }
  return out + sent_row(figures, context, view, "seeding") + up_row(figures, context) +
         notice_line(context);
}

std::string render_seeding_line(TransferFigures const& figures, PanelContext const& context,
                                SeedingView const& view) {
  TorrentStats const& s = figures.stats();
  std::string rate = rate_text(figures.up().bytes_per_s());
  rate.erase(0, rate.find_first_not_of(' '));
  return row_of({{.forms = {"seeding"}, .rank = 4},
                 {.forms = {"sent " + brief_size(s.payload_up)}, .rank = 0},
                 {.forms = {ratio_text(s, view)}, .rank = 3},
                 {.forms = {rate + " up"}, .rank = 1},
                 {.forms = {counted(s.peers, "peer", "peers")}, .rank = 2}},
                context.width, 2) +
         '\n';
}

std::string render_seeded(TransferFigures const& figures, PanelContext const& context,
                          SeedingView const& view) {
  SeedingView over = view;
  over.time_goal.reset();
  over.port = 0;
  return panel_title(context) + sent_row(figures, context, over, "seeded");
}

}  // namespace btfast::cli
