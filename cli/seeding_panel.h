// The panel of a torrent that is only given: what was sent, towards which goal, to whom.
// Pure: figures in, lines out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/panel.h"

namespace btfast::cli {

struct SeedingView {
  std::optional<double> ratio_goal;
  std::optional<std::chrono::seconds> time_goal;
  std::chrono::seconds seeded{0};
  std::uint16_t port = 0;
};

// Sent over size.
double seed_ratio(TorrentStats const& stats) noexcept;

// Each line ends in a newline and is no wider than the terminal.  The narrower it is, the more they
// are: up to eleven with a notice.
std::string render_seeding(TransferFigures const& figures, PanelContext const& context,
                           SeedingView const& view);
std::string render_seeding_line(TransferFigures const& figures, PanelContext const& context,
                                SeedingView const& view);
// What stays when it is over.
std::string render_seeded(TransferFigures const& figures, PanelContext const& context,
                          SeedingView const& view);

}  // namespace btfast::cli
