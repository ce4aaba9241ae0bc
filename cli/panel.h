// The progress panel: the download on a terminal, three stages and what limits them.
// Pure: figures in, lines out.
#pragma once

#include <chrono>
#include <string>

#include "cli/transfer_figures.h"

namespace btfast::cli {

struct PanelContext {
  std::string title;  // "ubuntu.iso   5.72 GiB · 23436 x 256 KiB · 3c315a7c · 8 jobs", escaped
  int width = 80;
  bool colour = false;
  std::chrono::seconds elapsed{0};
};

// Six lines, each ending in a newline and no wider than the terminal.
std::string render_panel(TransferFigures const& figures, PanelContext const& context);
// The same on one line.
std::string render_line(TransferFigures const& figures, PanelContext const& context);

}  // namespace btfast::cli
