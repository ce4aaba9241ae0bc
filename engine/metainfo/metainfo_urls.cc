#include "engine/metainfo/metainfo_urls.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

#include "engine/base/ascii.h"
#include "engine/base/limits.h"
#include "engine/base/url.h"

namespace btfast {
namespace {

constexpr std::array<std::string_view, 3> kTrackerSchemes{"http", "https", "udp"};
constexpr std::array<std::string_view, 2> kWebSeedSchemes{"http", "https"};

bool is_spoken(std::string_view scheme, UrlUse use) {
  auto const is_in = [&](auto const& schemes) {
    return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
  };
  return use == UrlUse::kTracker ? is_in(kTrackerSchemes) : is_in(kWebSeedSchemes);
}

// Why a tracker's URL is not used; empty where it is.
std::string_view tracker_fault(UrlParts const& url) {
  if (url.scheme == "udp" && url.port == 0) return "no port";  // BEP 15 names none
  // A URL that already answers our own questions is an attempt to have us ask others.
  if (has_parameter(url.query, "info_hash")) return "carries info_hash";
  if (has_parameter(url.query, "event")) return "carries event";
  return {};
}

// Collects usable URLs, each once; says what became of the others.
class UrlFilter {
 public:
  UrlFilter(std::string_view what, std::size_t max, UrlUse use, std::vector<std::string>& warnings)
      : what_(what), max_(max), use_(use), warnings_(warnings) {}
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
    auto kept = usable_url(url, use_);
    if (!kept) return drop(url, kept.error());
    if (seen_.size() == max_) {
      ++beyond_;
      return std::nullopt;
    }
    if (!seen_.insert(*kept).second) return std::nullopt;
    return *std::move(kept);
  }

 private:
  static constexpr std::size_t kShown = 10;

  std::nullopt_t drop(std::string_view url, std::string_view reason) {
    // What stands in "announce" stands in "announce-list" too, mostly.
    if (dropped_ <= kShown && !url.empty() && !refused_.emplace(url).second) return std::nullopt;
    if (++dropped_ > kShown) return std::nullopt;
    std::string text = "dropped, " + std::string{reason};
    if (!url.empty()) text.append(": ").append(url.substr(0, 200));
    say(text);
    return std::nullopt;
  }
  void say(std::string const& text) { warnings_.push_back(std::string{what_} + " " + text); }

  std::string_view const what_;
  std::size_t const max_;
  UrlUse const use_;
  std::vector<std::string>& warnings_;
  std::unordered_set<std::string> seen_;
  std::unordered_set<std::string> refused_;  // those shown
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

// What the writer is given; the first failure stands.
class UrlList {
 public:
  UrlList(std::string_view what, std::size_t max, UrlUse use) : what_(what), max_(max), use_(use) {}

  // Nothing where it was taken before.
  Result<std::optional<std::string>> take(std::string const& text) {
    auto kept = usable_url(text, use_);
    if (!kept) return refused(std::string{kept.error()} + ": " + text);
    if (!seen_.insert(*kept).second) return std::optional<std::string>{};
    if (seen_.size() > max_) return refused("more than " + std::to_string(max_));
    return std::optional{*std::move(kept)};
  }

 private:
  Failure refused(std::string const& why) const {
    return {Errc::kBadArgument, std::string{what_} + " refused, " + why};
  }
  std::string_view const what_;
  std::size_t const max_;
  UrlUse const use_;
  std::unordered_set<std::string> seen_;
};

Result<std::vector<std::string>> take_all(std::vector<std::string> const& urls, UrlList& list) {
  std::vector<std::string> out;
  for (auto const& url : urls) {
    auto kept = list.take(url);
    if (!kept) return std::move(kept).error();
    if (*kept) out.push_back(**std::move(kept));
  }
  return out;
}

}  // namespace

Expected<std::string, std::string_view> usable_url(std::string_view text, UrlUse use) {
  std::string_view const url = trimmed(text);
  if (url.empty()) return std::string_view{"empty"};
  std::string const scheme = url_scheme(url);
  if (!scheme.empty() && !is_spoken(scheme, use)) return std::string_view{"unknown scheme"};
  auto const parts = split_url(url);
  if (!parts) return parts.error();
  if (use == UrlUse::kTracker) {
    if (auto const fault = tracker_fault(*parts); !fault.empty()) return fault;
  }
  return scheme + std::string{url.substr(scheme.size())};
}

Result<TrackerTiers> usable_tiers(TrackerTiers const& tiers) {
  UrlList list{"tracker", limits::kTrackers, UrlUse::kTracker};
  TrackerTiers out;
  for (auto const& tier : tiers) {
    if (tier.empty()) return Failure{Errc::kBadArgument, "a tier without a tracker"};
    auto urls = take_all(tier, list);
    if (!urls) return std::move(urls).error();
    if (!urls->empty()) out.push_back(*std::move(urls));
  }
  return out;
}

Result<std::vector<std::string>> usable_web_seeds(std::vector<std::string> const& urls) {
  UrlList list{"web seed", limits::kWebSeeds, UrlUse::kWebSeed};
  return take_all(urls, list);
}

TrackerTiers read_tracker_tiers(bencode::Node root, std::vector<std::string>& warnings) {
  TrackerTiers tiers;
  UrlFilter filter{"tracker", limits::kTrackers, UrlUse::kTracker, warnings};
  if (auto const list = root.find("announce-list"); list && !list->is_list()) {
    warnings.emplace_back("\"announce-list\" is not a list and was ignored");
  } else if (list) {
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
  UrlFilter filter{"web seed", limits::kWebSeeds, UrlUse::kWebSeed, warnings};
  auto const value = root.find("url-list");
  if (!value) return {};
  if (value->is_list()) return take_tier(*value, filter);
  std::vector<std::string> seeds;
  if (auto url = filter.take(*value)) seeds.push_back(std::move(*url));
  return seeds;
}

}  // namespace btfast
