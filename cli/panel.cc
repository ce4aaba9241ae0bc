#include "cli/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/text.h"

namespace btfast::cli {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

std::string mib_per_s(double bytes_per_s) {
  return fmt::format("{:7.1f} MiB/s", bytes_per_s / kMiB);
}

std::string clock(std::chrono::seconds t) {
  auto const s = t.count();
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string eta_text(TransferFigures const& figures) {
  auto const eta = figures.eta();
  return eta ? clock(*eta) : "-:--";
}

// Eight samples as bars of eighths, scaled to their own maximum.
std::string sparkline(std::array<double, 8> const& history) {
  static constexpr std::string_view kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"};
  double const top = *std::max_element(history.begin(), history.end());
  std::string out;
  for (double const v : history) {
    out += kBars[top <= 0 ? 0 : static_cast<std::size_t>(v / top * 7)];
  }
  return out;
}

std::string bar(double percent, int cells) {
  static constexpr std::string_view kPart[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  int const eighths = static_cast<int>(percent / 100 * cells * 8);
  std::string out;
  int used = 0;
  for (; used < eighths / 8; ++used) out += "█";
  if (eighths % 8 != 0) {
    out += kPart[eighths % 8];
    ++used;
  }
  for (; used < cells; ++used) out += "░";
  return out;
}

// Cut to `width` columns; every character of ours is one column wide.
std::string fit(std::string const& line, int width) {
  int columns = 0;
  std::size_t i = 0;
  for (; i < line.size(); ++i) {
    bool const starts_character = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (starts_character && ++columns > width) break;
  }
  return line.substr(0, i);
}

}  // namespace

std::string render_panel(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  int const bar_cells = std::clamp(context.width - 40, 10, 44);
  std::string const lines[] = {
      fmt::format("{}   {}", context.title, human_duration(context.elapsed)),
      fmt::format(" {}  {:5.1f} %   {}   ETA {}", bar(figures.percent(), bar_cells),
                  figures.percent(), human_size(s.bytes_have), eta_text(figures)),
      fmt::format(" net  {} {}   {} peers ({} seeds)   {} requests, RTT {:.1f} ms",
                  mib_per_s(figures.net().bytes_per_s()), sparkline(figures.net().history()),
                  s.peers, s.seeds, s.requests_open, static_cast<double>(s.rtt_us) / 1000),
      fmt::format(" hash {} {}   queue {:5} pieces    {:.1f} of {} threads busy",
                  mib_per_s(figures.hash().bytes_per_s()), sparkline(figures.hash().history()),
                  s.pieces_queued, figures.threads_hashing(), s.workers),
      fmt::format(" disk {} {}   queue {:5.1f} MiB       {:.1f} of {} threads busy",
                  mib_per_s(figures.disk().bytes_per_s()), sparkline(figures.disk().history()),
                  static_cast<double>(s.bytes_writing) / kMiB, figures.threads_writing(),
                  s.workers),
      fmt::format(" up   {}            bad {}   dup {:.2f} %   limit: {}",
                  mib_per_s(figures.up().bytes_per_s()), s.bad_pieces,
                  s.payload_down == 0
                      ? 0.0
                      : 100.0 * static_cast<double>(s.wasted) / static_cast<double>(s.payload_down),
                  limit_name(figures.limit())),
  };
  std::string out;
  for (auto const& line : lines) out += fit(line, context.width) + '\n';
  return out;
}

std::string render_line(TransferFigures const& figures, PanelContext const& context) {
  TorrentStats const& s = figures.stats();
  return fit(fmt::format("{:5.1f} % ({}/{} pieces)  {} down  {} up  {} peers  ETA {}",
                         figures.percent(), s.pieces_have, s.piece_count,
                         mib_per_s(figures.net().bytes_per_s()),
                         mib_per_s(figures.up().bytes_per_s()), s.peers, eta_text(figures)),
             context.width) +
         '\n';
}

}  // namespace btfast::cli
