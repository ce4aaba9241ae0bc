#include "engine/pieces/piece_verifier.h"

#include <array>
#include <utility>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// Large enough that a lane's turn costs nothing, small enough that lanes end together.
constexpr std::size_t kSliceBytes = 64 * kKiB;

}  // namespace

void PieceVerifier::drain(BlockQueue& queue, std::atomic<bool> const& discard) {
  std::array<Lane, Sha1Lanes::kMax> lanes;
  std::array<AssemblyRef, Sha1Lanes::kMax> fresh;
  std::size_t busy = 0;
  for (;;) {
    // Places that became free are filled first: four lanes hash as fast as they can.
    std::size_t const taken = queue.drain(std::span{fresh}.first(lanes.size() - busy));
    for (std::size_t i = 0; i < taken; ++i) {
      std::uint32_t const seen = fresh[i]->pending();
      lanes[busy++] = {std::exchange(fresh[i], {}), seen, {}};
    }
    if (busy == 0) return;
    for (std::size_t i = 0; i < busy;) {
      if (next_run(lanes[i], discard.load(std::memory_order_acquire))) {
        ++i;
      } else {
        std::swap(lanes[i], lanes[--busy]);
        lanes[busy] = {};
      }
    }
    hash(std::span{lanes}.first(busy));
  }
}

// False: the piece has nothing for us now, and whoever brings more will queue it again.
bool PieceVerifier::next_run(Lane& lane, bool discard) {
  PieceAssembly& piece = *lane.piece;
  for (;;) {
    if (!discard && piece.open()) {
      if (piece.whole()) piece.begin_verify();
      lane.run = piece.next_run(kSliceBytes);
      if (!lane.run.empty()) return true;
      if (piece.hashed_blocks() == piece.block_count()) finish(piece);
    }
    if (piece.leave(lane.seen)) return false;
    lane.seen = piece.pending();
  }
}

void PieceVerifier::hash(std::span<Lane> lanes) {
  std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> streams;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    streams[i] = {&lanes[i].piece->hash(), lanes[i].run};
    bytes += lanes[i].run.size();
  }
  Sha1Lanes::update(std::span{streams}.first(lanes.size()));
  counters_.bytes_hashed.fetch_add(bytes, std::memory_order_relaxed);
  for (Lane& lane : lanes) {
    PieceAssembly& piece = *lane.piece;
    piece.advance(lane.run.size());
    if (piece.streamed()) static_cast<void>(write_segments(piece));
  }
}

void PieceVerifier::finish(PieceAssembly& piece) {
  if (!hashes_.matches(piece.piece(), piece.hash().finish())) return reject(piece);
  if (!piece.streamed() && !write_verified(piece)) return;
  publish(piece);
}

bool PieceVerifier::write_verified(PieceAssembly& piece) {
  // Of a piece that failed before every block is examined, so its bytes stay.
  bool const stays = !piece.has_segments() || piece.failed_before();
  return stays ? write(piece, {0, piece.block_count()}) : write_segments(piece);
}

// What may be written, a segment at a time: its memory is hot when others fill it next.
bool PieceVerifier::write_segments(PieceAssembly& piece) {
  for (auto next = piece.unwritten(); !next.empty(); next = piece.unwritten()) {
    if (!write(piece, next)) return false;
    piece.written(next);
  }
  return true;
}

// False: the storage refused, and the piece was closed.
bool PieceVerifier::write(PieceAssembly& piece, PieceAssembly::BlockSpan blocks) {
  std::vector<iovec> from;
  piece.gather(blocks.begin, blocks.end, from);
  std::uint64_t bytes = 0;
  for (iovec const& part : from) bytes += part.iov_len;
  std::uint64_t const offset =
      geometry_.piece_offset(piece.piece()) + std::uint64_t{blocks.begin} * limits::kBlockSize;
  counters_.bytes_writing_most.note(
      counters_.bytes_writing.fetch_add(bytes, std::memory_order_relaxed) + bytes);
  counters_.writing_workers.fetch_add(1, std::memory_order_relaxed);
  Outcome const outcome = storage_.write(offset, from);
  counters_.writing_workers.fetch_sub(1, std::memory_order_relaxed);
  counters_.bytes_writing.fetch_sub(bytes, std::memory_order_relaxed);
  if (!outcome) {
    fail(piece, outcome.error());
    return false;
  }
  counters_.bytes_written.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void PieceVerifier::publish(PieceAssembly& piece) {
  PieceOutcome outcome{.kind = PieceOutcome::Kind::kHave, .piece = piece.piece()};
  if (piece.failed_before()) outcome.blocks = examine(piece);
  if (piece.was_alone()) outcome.senders = piece.senders();
  outcome.completed_torrent = piece.close().publish_have();
  events_.on_piece(std::move(outcome));
}

void PieceVerifier::reject(PieceAssembly& piece) {
  PieceOutcome outcome{.kind = PieceOutcome::Kind::kBadHash, .piece = piece.piece()};
  outcome.blocks = examine(piece);
  outcome.senders = piece.senders();
  piece.note_failed();
  // The claim goes back before anyone is told: who hears of it can claim the piece.
  static_cast<void>(piece.close());
  events_.on_piece(std::move(outcome));
}

// Only of pieces that failed, now or before: the ordinary piece pays nothing for it.
std::vector<BlockSource> PieceVerifier::examine(PieceAssembly const& piece) {
  std::vector<BlockSource> blocks;
  std::vector<std::byte> written;
  for (std::uint32_t i = 0; i < piece.block_count(); ++i) {
    BlockSource source{piece.sender(i), {}};
    if (piece.streamed()) {
      auto const range = geometry_.block(piece.piece(), BlockIndex{i});
      written.resize(range.length);
      // Without the bytes there is no evidence against anyone.
      if (!storage_.read(geometry_.piece_offset(range.piece) + range.begin, written)) return {};
      source.digest = sha1(written);
    } else {
      source.digest = sha1(piece.bytes_of(i));
    }
    blocks.push_back(source);
  }
  return blocks;
}

void PieceVerifier::fail(PieceAssembly& piece, Failure const& failure) {
  PieceOutcome outcome{.kind = PieceOutcome::Kind::kWriteFailed, .piece = piece.piece()};
  outcome.failure = failure.detail;
  outcome.error = failure.error();
  static_cast<void>(piece.close());
  events_.on_piece(std::move(outcome));
}

}  // namespace btfast
