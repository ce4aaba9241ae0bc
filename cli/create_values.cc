#include "cli/create_values.h"

#include <string_view>

#include "engine/base/limits.h"
#include "engine/metainfo/glob.h"
#include "engine/metainfo/metainfo_urls.h"

namespace btfast::cli {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

std::string url_fault(std::string_view url, UrlUse use) {
  auto const kept = usable_url(url, use);
  return kept ? std::string{} : std::string{kept.error()} + ": " + quoted(url);
}

}  // namespace

std::string tracker_fault(std::string const& url) { return url_fault(url, UrlUse::kTracker); }

std::string tier_fault(std::string const& urls) {
  bool any = false;
  for (std::string_view rest{urls}; !rest.empty();) {
    auto const comma = rest.find(',');
    std::string_view const url = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (url.empty()) continue;
    any = true;
    if (auto fault = url_fault(url, UrlUse::kTracker); !fault.empty()) return fault;
  }
  return any ? std::string{} : "expected URL,URL, not " + quoted(urls);
}

std::string web_seed_fault(std::string const& url) { return url_fault(url, UrlUse::kWebSeed); }

std::string pattern_fault(std::string const& pattern) {
  if (pattern.empty()) return "expected a name or a pattern, not \"\"";
  if (!has_open_set(pattern)) return {};
  return "the [ in " + quoted(pattern) + " is never closed; a backslash makes it a plain one";
}

std::string remark_fault(std::string const& text) {
  if (text.size() <= limits::kCommentBytes) return {};
  return "longer than " + std::to_string(limits::kCommentBytes) + " bytes";
}

}  // namespace btfast::cli
