// PieceVerifier: what a worker does with pieces: hash what arrived, up to four pieces
// interleaved; of a whole piece compare the digest, write it while it is hot, publish it,
// tell the torrent.  Verified before written, except for pieces too large for the budget,
// which are written as they are hashed and fetched again if the digest is wrong.
//
// Threads: drain() on any number of workers at once; the actor rule of piece_assembly.h
//          gives each piece to one of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/high_water.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/sha1.h"
#include "engine/pieces/block_queue.h"
#include "engine/pieces/piece_assembly.h"
#include "engine/pieces/piece_events.h"
#include "storage/storage.h"

namespace btfast {

// The digests that pieces must have.  The one place that knows which hash a torrent uses.
class PieceHashes {
 public:
  // `v1` must outlive us.
  PieceHashes(std::vector<Sha1Digest> const& v1) noexcept : v1_(v1) {}  // NOLINT: implicit

  bool matches(PieceIndex piece, Sha1Digest const& digest) const noexcept {
    return v1_[piece.value] == digest;
  }

 private:
  std::span<Sha1Digest const> v1_;
};

// What the workers did, for people.  Relaxed: figures that order nothing.
struct VerifyCounters {
  std::atomic<std::uint64_t> bytes_hashed{0};
  std::atomic<std::uint64_t> bytes_written{0};
  std::atomic<std::uint64_t> bytes_writing{0};  // in writes under way
  HighWater bytes_writing_most;
  std::atomic<int> busy_workers{0};  // writing or hashing
  std::atomic<int> writing_workers{0};
};

class PieceVerifier {
 public:
  // All must outlive the verifier.
  PieceVerifier(PieceGeometry const& geometry, PieceHashes hashes, storage::Storage& storage,
                PieceEvents& events, VerifyCounters& counters)
      : geometry_(geometry),
        hashes_(hashes),
        storage_(storage),
        events_(events),
        counters_(counters) {}

  // Works until `queue` is empty.  Once `discard` is true, pieces are let go unseen.
  void drain(BlockQueue& queue, std::atomic<bool> const& discard);

 private:
  // A piece in work: how much of pending() was seen, and the bytes to hash next.
  struct Lane {
    AssemblyRef piece;
    std::uint32_t seen = 0;
    std::span<std::byte const> run;
  };

  bool next_run(Lane& lane, bool discard);
  void hash(std::span<Lane> lanes);
  void finish(PieceAssembly& piece);
  bool write_verified(PieceAssembly& piece);
  bool write_segments(PieceAssembly& piece);
  bool write(PieceAssembly& piece, PieceAssembly::BlockSpan blocks);
  void publish(PieceAssembly& piece);
  void reject(PieceAssembly& piece);
  std::vector<BlockSource> examine(PieceAssembly const& piece);
  void fail(PieceAssembly& piece, Failure const& failure);

  // Immutable after construction.
  PieceGeometry const& geometry_;
  PieceHashes const hashes_;
  storage::Storage& storage_;
  PieceEvents& events_;
  VerifyCounters& counters_;
};

}  // namespace btfast
