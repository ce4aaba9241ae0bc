// Metainfo: a parsed .torrent file (BEP 3, 12, 19, 27, 47; hybrids of BEP 52 as v1).
// Names are what the file says, raw: storage/path_safety.h makes them safe.
//
// Immutable after parsing; share it as MetainfoPtr from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/limits.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"

namespace btfast {

struct MetainfoFile {
  std::vector<std::string> path;  // below the torrent's name; empty for a single file
  std::uint64_t length = 0;
  bool pad = false;  // BEP 47: zeros that are never written
  bool executable = false;
  bool hidden = false;
  bool symlink = false;  // no link is ever made
};

struct Metainfo {
  InfoHash info_hash{};                      // SHA-1 of the info dictionary as it stood
  std::optional<Sha256Digest> info_hash_v2;  // hybrids
  std::string name;
  bool multi_file = false;
  std::vector<MetainfoFile> files;  // one for a single-file torrent
  PieceGeometry geometry;
  std::vector<Sha1Digest> piece_hashes;  // v1, one a piece
  std::vector<std::vector<std::string>> tracker_tiers;
  std::vector<std::string> web_seeds;
  bool is_private = false;
  std::optional<std::int64_t> creation_date;  // Unix seconds
  std::string comment;
  std::string created_by;
  std::string source;
  std::vector<std::string> info_keys;  // every key of the info dictionary
  std::vector<std::string> warnings;   // what was tolerated
  std::vector<std::byte> info_bytes;   // the raw info dictionary
};

using MetainfoPtr = std::shared_ptr<Metainfo const>;

// The Failure says what is wrong and at which byte or key.
Result<Metainfo> parse_metainfo(std::span<std::byte const> file);
// Reads a regular file (or standard input for "-") of at most `bytes_max`.
Result<Metainfo> load_metainfo(std::string const& path,
                               std::size_t bytes_max = limits::kMetainfoBytes);

}  // namespace btfast
