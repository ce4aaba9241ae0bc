// The control file's format: which pieces of a torrent were verified, and what the files
// looked like then.  Read strictly: what is not exactly as we write it is refused whole,
// and the caller hashes everything instead.
//
//   "btfast resume 3\n"
//   bencoded dict: about (info hash), files (list of [path, size, mtime in ns, inode, time of its
//                  making in ns]), names (version of the path rules), pieces (bits in wire
//                  order), rest (1: nothing was written after it), workers (pieces that a kill may
//                  leave half written)
//   XXH3-64 of all that stands before it, big endian
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "storage/file_storage.h"

namespace btfast {

struct ResumeFile {
  std::string path;  // as mapped, below the output directory
  storage::FileStamp stamp;
  // Inode 0: it was not there; with a size: it was about to be made.
  storage::FileIdentity identity = {};
  bool operator==(ResumeFile const&) const = default;
};

// Pieces; as many as there can be workers, and more than can be under way where they are large.
inline constexpr std::uint32_t kHalfWrittenMax = 1024;

struct ResumeClaim {
  InfoHash info_hash{};
  Bitfield verified;
  std::vector<ResumeFile> files;   // in the torrent's order, without pads
  bool at_rest = false;            // the files were left as they are here
  std::uint32_t half_written = 0;  // pieces that a kill after it may leave so, at most
};

std::vector<std::byte> encode_resume(ResumeClaim const& claim);

// The claim about the torrent `info_hash` of `pieces` pieces, or why there is none.
Result<ResumeClaim> decode_resume(std::span<std::byte const> bytes, InfoHash const& info_hash,
                                  std::uint32_t pieces);

// What the control file of a torrent whose file or top folder is `top` is called beside it, on
// a file system whose names have at most `name_max` bytes.
std::string control_file_name(std::string_view top, std::size_t name_max);

struct NotedName {
  std::string path;
  bool vouched = false;  // a file of ours was there under it, or about to be made
  bool operator==(NotedName const&) const = default;
};

// The names that a control file of this or an earlier version notes for the torrent, in its
// order and without pads.  Nothing else of it is looked at.
std::optional<std::vector<NotedName>> decode_noted_names(std::span<std::byte const> bytes,
                                                         InfoHash const& info_hash);

// Whose a control file is, by its header, which says the version and the torrent: a damaged one
// is still known.  Nobody's is what a machine leaves that lost its power: nothing, or
// zeros.  Anything else, however it begins, is somebody's own file.
enum class ControlFile : std::uint8_t { kThisTorrents, kAnotherTorrents, kNobodys, kNone };
ControlFile control_file_of(std::span<std::byte const> bytes, InfoHash const& info_hash);

// Header and checksum around a body: for encode_resume() and tests.
std::vector<std::byte> seal_resume(std::span<std::byte const> body);

}  // namespace btfast
