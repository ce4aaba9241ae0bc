// What the command line, the environment and the configuration file asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/output_options.h"
#include "engine/base/limits.h"
#include "engine/config.h"
#include "net/endpoint.h"

namespace btfast::cli {

// What happens when everything is here.
struct SeedOptions {
  bool seed = false;                              // go on until stopped
  std::optional<double> ratio;                    // …or until this much of the size was sent
  std::optional<std::chrono::milliseconds> time;  // …or for this long
  bool wanted() const noexcept { return seed || ratio || time; }
};

struct GetOptions {
  std::vector<std::string> torrents;
  std::uint64_t torrent_bytes_max = limits::kMetainfoBytes;
  std::string output = ".";
  std::optional<std::string> target;  // name of the file or top folder
  bool info = false;
  bool announce_only = false;
  bool no_resume = false;
  bool overwrite = false;             // what stands there and is not the torrent's
  std::optional<std::string> select;  // which files (engine/metainfo/file_selection.h); empty: all
  bool first_last = false;            // first and last piece of each file before others
  std::vector<std::string> peers;     // HOST:PORT
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> stall_timeout;
  SeedOptions seed;
  bool seed_only = false;  // `btfast seed`: what is here, and nothing is fetched
  bool no_verify = false;  // …without hashing it first
  EngineConfig engine;
  OutputOptions out;
};

}  // namespace btfast::cli
