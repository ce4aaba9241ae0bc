#include "engine/content/exclusions.h"

#include "engine/metainfo/glob.h"

namespace btfast {
namespace {

// As it is, or as a pattern.
bool is_meant(std::string_view path, std::string_view pattern) {
  std::string_view const name = path.substr(path.rfind('/') + 1);
  return path == pattern || name == pattern || glob_matches(pattern, path) ||
         glob_matches(pattern, name);
}

}  // namespace

Exclusions::Exclusions(std::vector<std::string> const& patterns) {
  for (auto const& text : patterns) patterns_.push_back({text});
}

bool Exclusions::match(std::string_view path, bool is_folder) {
  bool found = false;
  for (auto& pattern : patterns_) {
    std::string_view text = pattern.text;
    bool const folders_only = text.ends_with('/');
    if (folders_only) text.remove_suffix(1);
    if ((folders_only && !is_folder) || !is_meant(path, text)) continue;
    pattern.used = true;
    found = true;
  }
  return found;
}

std::vector<std::string> Exclusions::unused() const {
  std::vector<std::string> out;
  for (auto const& pattern : patterns_) {
    if (!pattern.used) out.push_back(pattern.text);
  }
  return out;
}

}  // namespace btfast
