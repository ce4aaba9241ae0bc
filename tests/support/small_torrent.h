// A torrent of pattern bytes, held in memory, with its piece map and active pieces.
#pragma once

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "engine/base/sha1.h"
#include "engine/pieces/active_pieces.h"
#include "engine/pieces/block_queue.h"
#include "engine/pieces/piece_events.h"
#include "engine/pieces/piece_map.h"
#include "storage/memory_storage.h"
#include "tests/support/pattern.h"

namespace btfast::test {

inline constexpr PeerHandle kAlice{0, 1, 1};
inline constexpr PeerHandle kBob{1, 2, 1};

struct SmallTorrent {
  SmallTorrent(std::uint64_t total, std::uint32_t piece_length, std::uint64_t budget = 64 * kMiB)
      : geometry(*PieceGeometry::make(total, piece_length)),
        storage(storage::FileMap{{{.path = "file", .length = total}}}),
        map(geometry.piece_count()),
        active(geometry, map, budget) {
    for (std::uint32_t p = 0; p < geometry.piece_count(); ++p) {
      PieceIndex const piece{p};
      hashes.push_back(sha1(pattern(geometry.piece_offset(piece), geometry.piece_size(piece))));
    }
  }

  std::vector<std::byte> block(BlockRange range) const {
    return pattern(geometry.piece_offset(range.piece) + range.begin, range.length);
  }
  PieceAssignment start(std::uint32_t piece) {
    StartRefusal why{};
    auto assignment = active.try_start(PieceIndex{piece}, why);
    BTF_CHECK(assignment.has_value());
    return std::move(*assignment);
  }
  std::vector<BlockClaim> claim(PieceAssignment const& from, std::size_t max = ~std::size_t{0}) {
    std::vector<BlockClaim> claims;
    from->claim_blocks(from.assembly(), max, claims);
    return claims;
  }
  // The right bytes, received in place.
  Commit deliver(BlockClaim& claim, PeerHandle from = kAlice) const {
    auto const bytes = block(claim.range());
    std::memcpy(claim.destination(), bytes.data(), bytes.size());
    return std::move(claim).commit(from);
  }
  // Every block not claimed yet; hands over when a commit says so.
  void deliver_all(PieceAssignment const& to, BlockQueue::Producer& producer) {
    for (BlockClaim& c : claim(to)) {
      if (deliver(c).hand_off) producer.push(to.assembly());
    }
  }
  // Gives the piece up, as its worker would; its claim goes back to the map.
  static void close(PieceAssignment const& piece) {
    BTF_CHECK(piece->try_admit_alone());
    static_cast<void>(piece->close());
    BTF_CHECK(piece->leave(1));
  }
  bool written_right() const {
    auto const bytes = pattern(0, geometry.total_size());
    return std::equal(bytes.begin(), bytes.end(), storage.bytes().begin(), storage.bytes().end());
  }

  PieceGeometry const geometry;
  std::vector<Sha1Digest> hashes;
  storage::MemoryStorage storage;
  PieceMap map;
  ActivePieces active;
};

// Threads: on_piece() from any; outcomes() after the workers are done, or a snapshot.
class EventLog final : public PieceEvents {
 public:
  void on_piece(PieceOutcome outcome) override {
    std::lock_guard const lock{mutex_};
    outcomes_.push_back(std::move(outcome));
  }
  std::vector<PieceOutcome> outcomes() const {
    std::lock_guard const lock{mutex_};
    return outcomes_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<PieceOutcome> outcomes_;
};

}  // namespace btfast::test
