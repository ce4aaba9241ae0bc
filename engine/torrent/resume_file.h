// The control file's format: which pieces of a torrent were verified, and what the files
// looked like then.  Read strictly: what is not exactly as we write it is refused whole,
// and the caller hashes everything instead.
//
//   "btfast resume 2\n"
//   bencoded dict: files (list of [path, size, mtime in ns, inode]), info hash, names (version
//                  of the path rules), pieces (bits in wire order), rest (1: nothing was
//                  written after it)
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
  std::uint64_t inode = 0;  // 0: it was not there
  bool operator==(ResumeFile const&) const = default;
};

struct ResumeClaim {
  InfoHash info_hash{};
  Bitfield verified;
  std::vector<ResumeFile> files;  // in the torrent's order, without pads
  bool at_rest = false;           // the files were left as they are here
};

std::vector<std::byte> encode_resume(ResumeClaim const& claim);

// The claim about the torrent `info_hash` of `pieces` pieces, or why there is none.
Result<ResumeClaim> decode_resume(std::span<std::byte const> bytes, InfoHash const& info_hash,
                                  std::uint32_t pieces);

// What the control file of a torrent whose file or top folder is `top` is called beside it, on
// a file system whose names have at most `name_max` bytes.
std::string control_file_name(std::string_view top, std::size_t name_max);

// The names that a control file of this or an earlier version notes for the torrent, in its
// order and without pads.  Nothing else of it is looked at.
std::optional<std::vector<std::string>> decode_noted_names(std::span<std::byte const> bytes,
                                                           InfoHash const& info_hash);

// Whether the bytes could be a control file of any version, or the beginning of one: what
// is not is somebody else's file and must not be replaced.
bool looks_like_resume(std::span<std::byte const> bytes) noexcept;

// Header and checksum around a body: for encode_resume() and tests.
std::vector<std::byte> seal_resume(std::span<std::byte const> body);

}  // namespace btfast
