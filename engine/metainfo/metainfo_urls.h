// The URLs of a torrent: trackers by tier (BEP 3, 12) and web seeds (BEP 19).  What we
// cannot or must not speak to is dropped by the reader with a warning and refused to the writer;
// one function says which that is, so that they never disagree.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/expected.h"

namespace btfast {

enum class UrlUse { kTracker, kWebSeed };

// The URL as it is kept: without blanks around it, its scheme in lower case; or what is wrong
// with it ("no host").
Expected<std::string, std::string_view> usable_url(std::string_view text, UrlUse use);

using TrackerTiers = std::vector<std::vector<std::string>>;

// -- Reading.
// The tiers of announce-list; of announce alone where that yields none.
TrackerTiers read_tracker_tiers(bencode::Node root, std::vector<std::string>& warnings);
std::vector<std::string> read_web_seeds(bencode::Node root, std::vector<std::string>& warnings);

// -- Writing: all of them as the reader will keep them, each once; kBadArgument names the first
// that it would drop.
Result<TrackerTiers> usable_tiers(TrackerTiers const& tiers);
Result<std::vector<std::string>> usable_web_seeds(std::vector<std::string> const& urls);

}  // namespace btfast
