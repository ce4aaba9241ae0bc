// `--announce-only`: asks every tracker of a torrent once, all at the same time, says what
// each answered, and takes leave of those that took us in.  Opens no peer connection and
// ends within 15 seconds, whatever the trackers do.
//
// Threads: the calling thread, on an event loop of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "engine/base/types.h"
#include "engine/metainfo.h"
#include "net/endpoint.h"

namespace btfast::cli {

struct AnnounceOptions {
  std::vector<std::vector<std::string>> tracker_tiers;
  InfoHash info_hash{};
  PeerId peer_id{};
  std::uint64_t bytes_left = 0;
  std::uint16_t port = 6881;
  net::Endpoint bind;  // source address; family kNone for any
  bool json = false;   // one object at the end, in place of a line as each tracker answers
  std::chrono::milliseconds timeout{10'000};
};

// kDone when any tracker answered, else kNetwork.
ExitStatus run_announce(AnnounceOptions const& options, std::ostream& out);
// To standard output, as `btfast get` was asked.
ExitStatus run_announce(GetOptions const& options, Metainfo const& metainfo);

}  // namespace btfast::cli
