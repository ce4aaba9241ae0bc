// The configuration file ($XDG_CONFIG_HOME/btfast/btfast.toml, or ~/.config): lines of
// `key = value`, where the key is the long name of an option.  Below a line `[COMMAND]` stands
// what is for that command alone.  A subset of TOML.  Never written.
//
// Bound: kConfigBytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/expected.h"

namespace btfast::cli {

inline constexpr std::size_t kConfigBytes = 1'000'000;

struct ConfigEntry {
  std::string table;  // "": of every command that has this option
  std::string key;    // "max-peers"
  std::string value;
  int line = 0;
};

// Empty when the file does not exist; a Failure names the file and the line.
Result<std::vector<ConfigEntry>> read_config_file(std::string const& path);
std::string default_config_path();

}  // namespace btfast::cli
