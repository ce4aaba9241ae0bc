// Verifying a torrent's files as they are: every piece hashed, the faulty ones traced to
// the files they touch.  Makes and changes nothing.
//
// Threads: blocks its caller; hashes on threads of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "engine/content/piece_checker.h"
#include "engine/metainfo/metainfo.h"
#include "storage/file_map.h"

namespace btfast {

struct VerifyRequest {
  std::string output_dir = ".";
  std::optional<std::string> target_name;  // instead of the torrent's own name
  std::vector<storage::FileSpec> layout;   // as a control file notes it; empty: torrent_layout()
  std::optional<std::string> select;       // these files only (engine/metainfo/file_selection.h)
  int jobs = 1;
  // Bytes of the pieces asked for, as far as whole pieces say; on any hashing thread.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
  std::stop_token stop;
};

enum class PieceFault : std::uint8_t { kBad, kMissing, kUnreadable };

// Pieces in a row with one fault, and the files asked for that they lie in, pads left out.
struct FaultyPieces {
  PieceFault fault = PieceFault::kBad;
  PieceIndex first;
  PieceIndex last;
  std::vector<FileIndex> files;
};

struct VerifiedFile {
  std::string path;  // below the output directory
  std::uint64_t length = 0;
  std::optional<std::uint64_t> found;  // its length on disk; empty: not there
  std::uint32_t faulty_pieces = 0;
  bool pad = false;
  bool selected = true;

  bool asked_for() const noexcept { return selected && !pad; }
  bool good() const noexcept { return !asked_for() || (found == length && faulty_pieces == 0); }
};

struct VerifyReport {
  CheckReport check;
  std::uint32_t pieces = 0;          // asked for
  std::uint64_t bytes = 0;           // of them
  std::vector<FaultyPieces> faults;  // in piece order
  std::vector<VerifiedFile> files;   // by FileIndex

  bool good() const noexcept;
};

Result<VerifyReport> verify_torrent(Metainfo const& metainfo, VerifyRequest const& request);

}  // namespace btfast
