// The progress panel: the download on a terminal, three stages and what limits them.
// Pure: figures in, lines out.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "cli/transfer_figures.h"

namespace btfast::cli {

inline constexpr int kPanelRowsMax = 7;  // with a notice

struct PanelContext {
  std::string name;                  // escaped
  std::vector<std::string> details;  // "5.72 GiB", "23436 x 256 KiB", …; the least important last
  int width = 80;
  bool colour = false;
  std::chrono::seconds elapsed{0};
  std::string notice;  // what a person should know now, escaped; "": nothing
};

// At most kPanelRowsMax lines, each ending in a newline and no wider than the terminal.
std::string render_panel(TransferFigures const& figures, PanelContext const& context);
// The same on one line.
std::string render_line(TransferFigures const& figures, PanelContext const& context);
// What stays when the download is over: how far it came, and what it took.
std::string render_ended(TransferFigures const& figures, PanelContext const& context);

// -- for the other panels

// From so many columns on there is a sparkline, and rows of more than one figure.
inline constexpr int kPanelWide = 80;
inline constexpr int kPanelNarrow = 34;

std::string panel_title(PanelContext const& context);
// "" without a notice; else a line of it.
std::string notice_line(PanelContext const& context);
// Whether this panel ends in the notice, and nothing of it was cut.
bool has_whole_notice(std::string_view panel, PanelContext const& context);

}  // namespace btfast::cli
