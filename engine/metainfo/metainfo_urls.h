// The URLs of a torrent: trackers by tier (BEP 3, 12) and web seeds (BEP 19).  What we
// cannot or must not speak to is dropped with a warning, never an error.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bencode.h"

namespace btfast {

// "https" of "HTTPS://host/"; empty where there is none.
std::string url_scheme(std::string_view url);

// The tiers of announce-list; of announce alone where that yields none.
std::vector<std::vector<std::string>> read_tracker_tiers(bencode::Node root,
                                                         std::vector<std::string>& warnings);
std::vector<std::string> read_web_seeds(bencode::Node root, std::vector<std::string>& warnings);

}  // namespace btfast
