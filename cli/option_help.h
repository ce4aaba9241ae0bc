// HelpFormatter: the help as a terminal of 80 columns shows it.
//
// Threads: start-up, one thread.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace btfast::cli {

class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();
  // What an option does, wrapped below itself.
  std::string make_option_desc(CLI::Option const* option) const override;
};

}  // namespace btfast::cli
