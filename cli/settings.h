// Settings: the values of options that nobody typed: from the environment (BTFAST_MAX_PEERS for
// --max-peers), else from the configuration file.
//
// Threads: start-up, one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_file.h"

namespace btfast::cli {

struct Setting {
  std::string value;
  std::string origin;  // "BTFAST_JOBS", or file, line and key: where somebody mends it
};

// The options of a command that may be settings: not those that name the work of one run.
struct SettingNames {
  std::string command;
  std::vector<std::string> known;    // "max-peers"
  std::vector<std::string> one_run;  // known, and no settings
};

class Settings {
 public:
  // A key in the file that is no setting of any command (of its table's, below `[COMMAND]`) is a
  // Failure that names its line.
  static Result<Settings> read(std::string const& path, std::vector<SettingNames> const& commands);

  // Of the option --`key` of `command`: the environment, then the command's table, then what
  // stands above all tables.
  std::optional<Setting> find(std::string_view command, std::string const& key) const;

 private:
  std::string path_;
  std::vector<ConfigEntry> entries_;
};

// "max-peers" is "BTFAST_MAX_PEERS".
std::string variable_of(std::string_view key);
// What the environment holds for us that is no setting of any command, and what may be meant: a
// text each.  Variables that are near no setting are somebody else's.
std::vector<std::string> misspelt_variables(std::vector<SettingNames> const& commands);

}  // namespace btfast::cli
