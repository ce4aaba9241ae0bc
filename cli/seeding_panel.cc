#include "cli/seeding_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/colour.h"
#include "cli/panel_layout.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

constexpr int kSentColumns = 13;  // "sent 9.99 MiB"

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

Field peers_field(TorrentStats const& stats) {
  std::string const peers = counted(stats.peers, "peer", "peers");
  return {.forms = {fmt::format("{} ({})", peers, counted(stats.seeds, "seed", "seeds")), peers}};
}

Field limit_field(bool colour) {
  auto const said = [&](std::string_view words) {
    return "limit: " + coloured(colour, Colour::kYellow, words);
  };
  return {.forms = {said("your --up-limit"), said("yours")}};
}

std::vector<Field> sent_fields(TorrentStats const& stats, SeedingView const& view,
                               std::string what) {
  return {{.forms = {std::move(what)}},
          {.forms = {"sent " + brief_size(stats.payload_up)}, .columns = kSentColumns},
          {.forms = {ratio_text(stats, view), fmt::format("ratio {:.2f}", seed_ratio(stats))}}};
}

std::vector<Field> seeding_fields(TorrentStats const& stats, SeedingView const& view) {
  auto fields = sent_fields(stats, view, "seeding");
  if (view.time_goal) {
    auto const left = std::max(*view.time_goal - view.seeded, std::chrono::seconds{0});
    fields.push_back({.forms = {human_duration(left) + " left"}});
  }
  if (view.port != 0) fields.push_back({.forms = {fmt::format("port {}", view.port)}});
  return fields;
}

std::vector<Field> up_fields(TransferFigures const& figures, PanelContext const& context) {
  std::string const rate = rate_text(figures.up().bytes_per_s());
  std::string wide = "up   " + rate;
  if (context.width >= kPanelWide) wide += ' ' + sparkline(figures.up().history());
  std::vector<Field> fields{{.forms = {std::move(wide), "up " + rate}},
                            peers_field(figures.stats())};
  if (figures.limit() == Limit::kLimited) fields.push_back(limit_field(context.colour));
  return fields;
}

// Each of them leaves only where a row of its own has no room for it.
std::string rows_text(std::vector<Field> const& fields, int width) {
  std::string text;
  for (auto const& row : indented_rows(fields, width)) text += row + '\n';
  return text;
}

std::string goal_row(double share, PanelContext const& context) {
  std::string const text = fmt::format("{:5.1f} %", std::min(100 * share, 100.0));
  return bar_row(100 * share, {{.forms = {text}}, {.forms = {"of the goal"}, .rank = 1}},
                 context.width, context.colour) +
         '\n';
}

}  // namespace

double seed_ratio(TorrentStats const& stats) noexcept {
  if (stats.size == 0) return 0;
  return static_cast<double>(stats.payload_up) / static_cast<double>(stats.size);
}

std::string render_seeding(TransferFigures const& figures, PanelContext const& context,
                           SeedingView const& view) {
  std::string out = panel_title(context);
  if (auto const share = share_of_goal(figures.stats(), view)) out += goal_row(*share, context);
  return out + rows_text(seeding_fields(figures.stats(), view), context.width) +
         rows_text(up_fields(figures, context), context.width) + notice_line(context);
}

std::string render_seeding_line(TransferFigures const& figures, PanelContext const& context,
                                SeedingView const& view) {
  TorrentStats const& s = figures.stats();
  std::string rate = rate_text(figures.up().bytes_per_s());
  rate.erase(0, rate.find_first_not_of(' '));
  return row_of({{.forms = {"seeding"}, .rank = 0},
                 {.forms = {"sent " + brief_size(s.payload_up)}, .rank = 1},
                 {.forms = {ratio_text(s, view)}, .rank = 4},
                 {.forms = {rate + " up"}, .rank = 2},
                 {.forms = {counted(s.peers, "peer", "peers")}, .rank = 3}},
                context.width, 2) +
         '\n';
}

std::string render_seeded(TransferFigures const& figures, PanelContext const& context,
                          SeedingView const& view) {
  return panel_title(context) +
         rows_text(sent_fields(figures.stats(), view, "seeded"), context.width);
}

}  // namespace btfast::cli
