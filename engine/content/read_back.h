// What a new torrent says once it is read, beside what it was made from: a torrent that our
// own reader takes for another one is not to be handed out.
//
// Threads: pure function.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/content/file_scan.h"

namespace btfast {

struct MadeFrom {
  FileScan const& scan;
  std::vector<std::vector<std::string>> const& tracker_tiers;
  std::vector<std::string> const& web_seeds;
};

// kBadArgument names what comes out otherwise, or what the reader refuses.
Outcome read_back(std::span<std::byte const> torrent, MadeFrom const& from);

}  // namespace btfast
