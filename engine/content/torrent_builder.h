// Makes a version 1 torrent (BEP 3) from a file or directory.  Deterministic: the same
// bytes, names and options give the same info hash, that of any other tool with the same
// piece length.
//
// Threads: blocks the caller; hashes on threads of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "engine/content/file_scan.h"

namespace btfast {

struct BuildOptions {
  std::string path;
  ScanOptions scan;                // which files of it
  std::uint64_t piece_length = 0;  // a power of two from 16 KiB; 0: chosen by size
  std::vector<std::vector<std::string>> tracker_tiers;
  std::vector<std::string> web_seeds;
  bool is_private = false;
  std::string comment;  // empty texts are left out
  std::string source;
  std::string created_by;
  std::optional<std::int64_t> creation_date;  // Unix seconds
  unsigned jobs = 0;                          // hashing threads; 0: one a CPU
  std::function<void(std::uint64_t)> sized;   // bytes there are to hash, once that is known
  std::function<void(std::uint64_t)> hashed;  // so many more were; on any hashing thread
  std::stop_token stop;                       // kCancelled, soon
};

struct BuiltTorrent {
  std::vector<std::byte> bytes;  // the .torrent file
  InfoHash info_hash{};
  std::string name;
  PieceGeometry geometry;
  std::size_t file_count = 0;
  std::size_t excluded = 0;  // files and folders that patterns left out
  std::vector<std::string> warnings;
};

// What the reader of torrents (engine/metainfo) would drop or cut is refused.  kDiskIo names a
// file that changed while it was hashed.
Result<BuiltTorrent> build_torrent(BuildOptions const& options);

// At most about 2000 pieces of 16 KiB to 16 MiB; longer pieces only where there would
// otherwise be more than limits::kPieces.
std::uint32_t choose_piece_length(std::uint64_t total_size) noexcept;

}  // namespace btfast
