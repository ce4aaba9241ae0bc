#include "cli/settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "cli/near_word.h"
#include "engine/base/ascii.h"

extern char** environ;

namespace btfast::cli {
namespace {

constexpr std::string_view kForOneRun = " is for one run, on the command line, and no setting";
constexpr std::string_view kPrefix = "BTFAST_";

bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What is wrong with an entry; empty when nothing is.
std::string fault_of(ConfigEntry const& entry, std::vector<SettingNames> const& commands) {
  std::vector<std::string> tables;
  std::vector<std::string> near;
  std::string owners;  // other commands that know it
  bool one_run = false;
  for (auto const& each : commands) {
    tables.push_back(each.command);
    if (!entry.table.empty() && entry.table != each.command) {
      if (has(each.known, entry.key)) owners += (owners.empty() ? "" : ", ") + each.command;
      continue;
    }
    if (has(each.known, entry.key)) return {};
    near.insert(near.end(), each.known.begin(), each.known.end());
    one_run = one_run || has(each.one_run, entry.key);
  }
  if (!entry.table.empty() && !has(tables, entry.table)) {
    return "[" + entry.table + "] is no command" + did_you_mean(near_word(entry.table, tables));
  }
  if (one_run) return entry.key + std::string{kForOneRun};
  if (!owners.empty()) return entry.key + " is no setting of " + entry.table + ", but of " + owners;
  return "unknown key " + entry.key + did_you_mean(near_word(entry.key, near));
}

// "max-peers" of "BTFAST_MAX_PEERS".
std::string key_of(std::string_view variable) {
  std::string key = ascii_lower(variable.substr(kPrefix.size()));
  std::replace(key.begin(), key.end(), '_', '-');
  return key;
}

}  // namespace

std::string variable_of(std::string_view key) {
  std::string name{kPrefix};
  for (char const c : key) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::vector<std::string> misspelt_variables(std::vector<SettingNames> const& commands) {
  std::vector<std::string> known;
  std::vector<std::string> one_run;
  for (auto const& each : commands) {
    known.insert(known.end(), each.known.begin(), each.known.end());
    one_run.insert(one_run.end(), each.one_run.begin(), each.one_run.end());
  }
  std::vector<std::string> texts;
  for (char** at = environ; *at != nullptr; ++at) {
    std::string_view const entry{*at};
    auto const equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    if (equals + 1 == entry.size()) continue;  // taken back
    std::string const variable{entry.substr(0, equals)};
    std::string const key = key_of(variable);
    if (variable == variable_of(key) && has(known, key)) continue;
    // BTFAST_VERSION is what a container's build calls what it installed.
    if (key == "version" || key == "help") continue;
    if (has(one_run, key) && !has(known, key)) {
      texts.push_back(std::string{variable}.append(": ").append(key).append(kForOneRun));
    } else if (auto const meant = near_word(key, known)) {
      texts.push_back("unknown variable " + variable + did_you_mean(variable_of(*meant)));
    }
  }
  return texts;
}

Result<Settings> Settings::read(std::string const& path,
                                std::vector<SettingNames> const& commands) {
  auto entries = read_config_file(path);
  if (!entries) return std::move(entries).error();
  for (auto const& entry : *entries) {
    auto const fault = fault_of(entry, commands);
    if (fault.empty()) continue;
    std::string text = path;
    text.append(": line ").append(std::to_string(entry.line)).append(": ").append(fault);
    return Failure{Errc::kBadArgument, std::move(text)};
  }
  Settings settings;
  settings.path_ = path;
  settings.entries_ = *std::move(entries);
  return settings;
}

std::optional<Setting> Settings::find(std::string_view command, std::string const& key) const {
  std::string const variable = variable_of(key);
  // An empty variable is the shell's way to take one back.
  if (char const* const value = std::getenv(variable.c_str()); value != nullptr && *value != '\0') {
    return Setting{value, variable};
  }
  for (auto const table : {command, std::string_view{}}) {
    auto const entry = std::find_if(entries_.begin(), entries_.end(), [&](ConfigEntry const& each) {
      return each.table == table && each.key == key;
    });
    if (entry == entries_.end()) continue;
    return Setting{entry->value,
                   path_ + ": line " + std::to_string(entry->line) + ": " + entry->key};
  }
  return std::nullopt;
}

}  // namespace btfast::cli
