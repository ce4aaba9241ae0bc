#include "cli/config_file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>

namespace btfast::cli {
namespace {

std::string_view trim(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool key_ok(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

// A bare TOML value, or a basic or literal string without escapes.
std::optional<std::string> value_of(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'')) {
    auto const end = text.find(text.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    auto const after = trim(text.substr(end + 1));
    if (!after.empty() && after.front() != '#') return std::nullopt;
    return std::string{text.substr(1, end - 1)};
  }
  auto const value = trim(text.substr(0, text.find('#')));
  if (value.empty()) return std::nullopt;
  return std::string{value};
}

}  // namespace

std::string variable_of(std::string_view key) {
  std::string name = "BTFAST_";
  for (char const c : key) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Result<std::vector<ConfigEntry>> read_config_file(std::string const& path) {
  std::vector<ConfigEntry> entries;
  std::ifstream in{path};
  if (!in) return entries;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    auto const text = trim(line);
    if (text.empty() || text.front() == '#') continue;
    auto const equals = text.find('=');
    auto const key = trim(text.substr(0, equals));
    auto const value =
        equals == std::string_view::npos ? std::nullopt : value_of(trim(text.substr(equals + 1)));
    if (!key_ok(key) || !value) {
      return Failure{Errc::kBadArgument,
                     path + ": line " + std::to_string(number) + ": expected key = value"};
    }
    entries.push_back({variable_of(key), *value});
  }
  return entries;
}

std::string default_config_path() {
  char const* const xdg = std::getenv("XDG_CONFIG_HOME");
  if (xdg != nullptr && *xdg == '/') return std::string{xdg} + "/btfast/btfast.toml";
  char const* const home = std::getenv("HOME");
  return home == nullptr ? std::string{} : std::string{home} + "/.config/btfast/btfast.toml";
}

void apply_config(std::vector<ConfigEntry> const& entries) {
  for (auto const& entry : entries) ::setenv(entry.variable.c_str(), entry.value.c_str(), 0);
}

}  // namespace btfast::cli
