#include "engine/metainfo/metainfo_urls.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_set>

#include "engine/base/limits.h"

namespace btfast {
namespace {

using Schemes = std::span<std::string_view const>;
constexpr std::array<std::string_view, 3> kTrackerSchemes{"http", "https", "udp"};
constexpr std::array<std::string_view, 2> kWebSeedSchemes{"http", "https"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  auto const begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Printable ASCII only: a name that merely looks like another host has to be written in
// punycode, where it does not.
bool plain(std::string_view url) {
  return std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Why a URL is not used; empty where it is.
std::string_view fault_of(std::string_view url, Schemes schemes) {
  if (url.size() > limits::kUrlBytes) return "too long";
  if (!plain(url)) return "not plain ASCII";
  std::string const scheme = url_scheme(url);
  if (scheme.empty()) return "not a URL";
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) return "unknown scheme";
  std::string_view const rest = url.substr(scheme.size() + 3);
  if (rest.empty() || rest[0] == '/' || rest[0] == ':' || rest[0] == '?') return "no host";
  // A URL that already answers our own questions is an attempt to have us ask others.
  if (url.find("info_hash=") != std::string_view::npos) return "carries info_hash";
  if (url.find("event=") != std::string_view::npos) return "carries event";
  return {};
}

// Collects usable URLs, each once; says what became of the others.
class UrlFilter {
 public:
  UrlFilter(std::string_view what, std::size_t max, Schemes schemes,
            std::vector<std::string>& warnings)
      : what_(what), max_(max), schemes_(schemes), warnings_(warnings) {}
  ~UrlFilter() {
    if (dropped_ > kShown) say(std::to_string(dropped_ - kShown) + " more dropped");
    if (beyond_ > 0) say(std::to_string(beyond_) + " beyond the first " + std::to_string(max_));
  }
  UrlFilter(UrlFilter const&) = delete;
  UrlFilter& operator=(UrlFilter const&) = delete;

  std::optional<std::string> take(bencode::Node value) {
    if (!value.is_string()) return drop("", "not a string");
    std::string_view const url = trimmed(value.string());
    if (url.empty()) return std::nullopt;
    std::string_view const fault = fault_of(url, schemes_);
    if (!fault.empty()) return drop(url, fault);
    if (seen_.size() == max_) {
      ++beyond_;
      return std::nullopt;
    }
    std::string const scheme = url_scheme(url);
    std::string kept = scheme + std::string{url.substr(scheme.size())};
    if (!seen_.insert(kept).second) return std::nullopt;
    return kept;
  }

 private:
  static constexpr std::size_t kShown = 10;

  std::nullopt_t drop(std::string_view url, std::string_view reason) {
    if (++dropped_ > kShown) return std::nullopt;
    std::string text = "dropped, " + std::string{reason};
    if (!url.empty()) text.append(": ").append(url.substr(0, 200));
    say(text);
    return std::nullopt;
  }
  void say(std::string const& text) { warnings_.push_back(std::string{what_} + " " + text); }

  std::string_view const what_;
  std::size_t const max_;
  Schemes const schemes_;
  std::vector<std::string>& warnings_;
  std::unordered_set<std::string> seen_;
  std::size_t dropped_ = 0;
  std::size_t beyond_ = 0;
};

std::vector<std::string> take_tier(bencode::Node list, UrlFilter& filter) {
  std::vector<std::string> tier;
  for (auto at = list.first(); at; at = at->next()) {
    if (auto url = filter.take(*at)) tier.push_back(std::move(*url));
  }
  return tier;
}

}  // namespace

std::string url_scheme(std::string_view url) {
  auto const end = url.find("://");
  if (end == std::string_view::npos || end == 0 || end > 16) return {};
  std::string scheme{url.substr(0, end)};
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  return scheme;
}

std::vector<std::vector<std::string>> read_tracker_tiers(bencode::Node root,
                                                         std::vector<std::string>& warnings) {
  std::vector<std::vector<std::string>> tiers;
  UrlFilter filter{"tracker", limits::kTrackers, kTrackerSchemes, warnings};
  if (auto const list = root.find_list("announce-list")) {
    for (auto tier = list->first(); tier; tier = tier->next()) {
      // Some writers put URLs where tiers belong: each is then a tier of its own.
      std::vector<std::string> urls;
      if (tier->is_list()) {
        urls = take_tier(*tier, filter);
      } else if (auto url = filter.take(*tier)) {
        urls.push_back(std::move(*url));
      }
      if (!urls.empty()) tiers.push_back(std::move(urls));
    }
  }
  auto const announce = root.find("announce");
  if (tiers.empty() && announce) {
    if (auto url = filter.take(*announce)) tiers.push_back({std::move(*url)});
  }
  return tiers;
}

std::vector<std::string> read_web_seeds(bencode::Node root, std::vector<std::string>& warnings) {
  UrlFilter filter{"web seed", limits::kWebSeeds, kWebSeedSchemes, warnings};
  auto const value = root.find("url-list");
  if (!value) return {};
  if (value->is_list()) return take_tier(*value, filter);
  std::vector<std::string> seeds;
  if (auto url = filter.take(*value)) seeds.push_back(std::move(*url));
  return seeds;
}

}  // namespace btfast
