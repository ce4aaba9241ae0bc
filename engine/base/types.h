// The vocabulary of the engine as strong types.  A PieceIndex or BlockRange that
// exists is in range: PieceGeometry is the only maker of them from wire numbers.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace btfast {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

struct PieceIndex {
  std::uint32_t value = 0;
  auto operator<=>(PieceIndex const&) const = default;
};

// A block's position within its piece: byte offset / 16 KiB.
struct BlockIndex {
  std::uint32_t value = 0;
  auto operator<=>(BlockIndex const&) const = default;
};

struct FileIndex {
  std::uint32_t value = 0;
  auto operator<=>(FileIndex const&) const = default;
};

// Bytes [begin, begin + length) of one piece; within the piece, never empty.
struct BlockRange {
  PieceIndex piece;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  bool operator==(BlockRange const&) const = default;
};

using Sha1Digest = std::array<std::byte, 20>;
using Sha256Digest = std::array<std::byte, 32>;
using InfoHash = Sha1Digest;
using PeerId = std::array<std::byte, 20>;

// How one thread names a connection that another thread owns: which net thread,
// a slot in it, and the slot's generation.  Never a pointer.
struct PeerHandle {
  std::uint16_t net_thread = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(PeerHandle const&) const = default;
};

struct TorrentId {
  std::uint32_t value = 0;
  auto operator<=>(TorrentId const&) const = default;
};

// For maps keyed by a digest or peer id: its first bytes are already random.
struct DigestHash {
  std::size_t operator()(Sha1Digest const& digest) const noexcept {
    std::size_t h = 0;
    for (std::size_t i = 0; i < sizeof h; ++i) h = h << 8 | std::to_integer<std::size_t>(digest[i]);
    return h;
  }
};

}  // namespace btfast
