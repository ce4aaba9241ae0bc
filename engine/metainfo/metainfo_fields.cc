#include "engine/metainfo/metainfo_fields.h"

#include <algorithm>
#include <optional>

#include "engine/base/limits.h"
#include "engine/base/unicode.h"

namespace btfast {
namespace {

std::string quoted(std::string_view key) { return "\"" + std::string{key} + "\""; }

}  // namespace

Failure bad_key(bencode::Node where, std::string_view key, std::string_view reason, Errc code) {
  std::string text = "byte " + std::to_string(where.offset()) + ": ";
  text.append(quoted(key)).append(" ").append(reason);
  return {code, std::move(text)};
}

Result<std::int64_t> required_integer(bencode::Node dict, std::string_view key) {
  auto const value = dict.find(key);
  if (!value) return bad_key(dict, key, "is missing");
  if (!value->is_integer()) return bad_key(*value, key, "is not an integer");
  return value->integer();
}

Result<std::string_view> required_string(bencode::Node dict, std::string_view key) {
  auto const value = dict.find(key);
  if (!value) return bad_key(dict, key, "is missing");
  if (!value->is_string()) return bad_key(*value, key, "is not a string");
  return value->string();
}

std::string optional_text(bencode::Node dict, std::string_view key,
                          std::vector<std::string>& warnings) {
  std::string const twin = std::string{key} + ".utf-8";
  auto text = dict.find_string(twin);
  auto const value = dict.find(key);
  if (text && value && !is_utf8(*text)) {
    warnings.push_back(quoted(twin) + " is not UTF-8 and was ignored");
    text.reset();
  }
  if (!text || text->empty()) {
    if (!value) return {};
    if (!value->is_string()) {
      warnings.push_back(quoted(key) + " is not a string and was ignored");
      return {};
    }
    text = value->string();
  }
  if (text->size() > limits::kCommentBytes) {
    warnings.push_back(quoted(key) + " is " + std::to_string(text->size()) + " bytes and was cut");
  }
  return std::string{text->substr(0, limits::kCommentBytes)};
}

Outcome check_repeated_keys(bencode::Node dict, std::string_view what,
                            std::span<std::string_view const> decisive,
                            std::vector<std::string>& warnings) {
  constexpr std::size_t kShown = 80;
  auto const repeated = dict.repeated_keys();
  for (auto const& key : repeated) {
    if (std::find(decisive.begin(), decisive.end(), key.string()) == decisive.end()) continue;
    return bad_key(key, key.string(), "stands twice in " + std::string{what});
  }
  if (repeated.empty()) return kOk;
  std::string text = quoted(repeated.front().string().substr(0, kShown));
  text.append(" stands twice in ").append(what).append(" (byte ");
  text += std::to_string(repeated.front().offset()) + "): the first one counts";
  if (repeated.size() > 1) text += "; " + std::to_string(repeated.size() - 1) + " more like it";
  warnings.push_back(std::move(text));
  return kOk;
}

}  // namespace btfast
