#include "engine/metainfo/metainfo_fields.h"

#include "engine/base/limits.h"

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
  auto text = dict.find_string(std::string{key} + ".utf-8");
  if (!text) {
    auto const value = dict.find(key);
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

std::optional<Failure> refuse_duplicate_key(bencode::Node dict, std::string_view what) {
  auto const key = dict.duplicate_key();
  if (!key) return std::nullopt;
  std::string_view const shown = key->substr(0, 80);
  return bad_key(dict, shown, "stands twice in " + std::string{what});
}

}  // namespace btfast
