#include "cli/config_file.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "engine/base/ascii.h"
#include "engine/base/byte_io.h"
#include "engine/metainfo/input_file.h"

namespace btfast::cli {
namespace {

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
    auto const after = trimmed(text.substr(end + 1));
    if (!after.empty() && after.front() != '#') return std::nullopt;
    return std::string{text.substr(1, end - 1)};
  }
  auto const value = trimmed(text.substr(0, text.find('#')));
  if (value.empty()) return std::nullopt;
  return std::string{value};
}

std::string_view take_line(std::string_view& rest) {
  auto const end = rest.find('\n');
  auto const line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

// "[get]", and perhaps a comment.
std::optional<std::string> table_of(std::string_view text) {
  auto const end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  auto const name = trimmed(text.substr(1, end - 1));
  auto const after = trimmed(text.substr(end + 1));
  if (!key_ok(name) || (!after.empty() && after.front() != '#')) return std::nullopt;
  return std::string{name};
}

// max_peers is max-peers.
std::string option_name(std::string_view key) {
  std::string name = ascii_lower(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// The line that said the same as the last entry does.
std::optional<int> earlier(std::vector<ConfigEntry> const& entries) {
  auto const& last = entries.back();
  auto const same = std::find_if(entries.begin(), entries.end(), [&](ConfigEntry const& each) {
    return each.table == last.table && each.key == last.key;
  });
  return same->line == last.line ? std::nullopt : std::optional{same->line};
}

Failure bad_line(Failure where, std::string const& what) {
  where.detail += what;
  return where;
}

}  // namespace

Result<std::vector<ConfigEntry>> read_config_file(std::string const& path) {
  std::vector<ConfigEntry> entries;
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return entries;
  auto const bytes = read_input_file(path, kConfigBytes);
  if (!bytes) return Failure{Errc::kBadArgument, failure_text(bytes.error())};
  std::string_view rest = as_text(*bytes);
  std::string table;
  for (int number = 1; !rest.empty(); ++number) {
    auto const text = trimmed(take_line(rest));
    if (text.empty() || text.front() == '#') continue;
    Failure const bad{Errc::kBadArgument, path + ": line " + std::to_string(number) + ": "};
    if (text.front() == '[') {
      auto const name = table_of(text);
      if (!name) return bad_line(bad, "expected [COMMAND]");
      table = *name;
      continue;
    }
    auto const equals = text.find('=');
    auto const key = trimmed(text.substr(0, equals));
    auto const value = equals == std::string_view::npos
                           ? std::nullopt
                           : value_of(trimmed(text.substr(equals + 1)));
    if (!key_ok(key) || !value) return bad_line(bad, "expected key = value");
    entries.push_back({table, option_name(key), *value, number});
    if (auto const before = earlier(entries)) {
      return bad_line(bad,
                      std::string{key} + " stands in line " + std::to_string(*before) + " too");
    }
  }
  return entries;
}

std::string default_config_path() {
  char const* const xdg = std::getenv("XDG_CONFIG_HOME");
  if (xdg != nullptr && *xdg == '/') return std::string{xdg} + "/btfast/btfast.toml";
  char const* const home = std::getenv("HOME");
  return home == nullptr ? std::string{} : std::string{home} + "/.config/btfast/btfast.toml";
}

}  // namespace btfast::cli
