// The configuration file ($XDG_CONFIG_HOME/btfast/btfast.toml, or ~/.config): each
// `key = value` is the default of the environment variable BTFAST_KEY, so that flag,
// environment and file set the same things under the same names.  Never written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"

namespace btfast::cli {

struct ConfigEntry {
  std::string variable;  // "BTFAST_MAX_PEERS"
  std::string value;
};

// "max-peers" is "BTFAST_MAX_PEERS".
std::string variable_of(std::string_view key);
// Empty when the file does not exist; a Failure names the line.
Result<std::vector<ConfigEntry>> read_config_file(std::string const& path);
std::string default_config_path();
// Sets each variable that the environment does not have.
void apply_config(std::vector<ConfigEntry> const& entries);

}  // namespace btfast::cli
