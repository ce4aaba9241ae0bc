// Who works on what: claims of the piece map under contention, the hand-off to workers, picking,
// bitfields.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/rng.h"
#include "engine/download/piece_picker.h"
#include "engine/pieces/active_pieces.h"
#include "engine/pieces/block_queue.h"
#include "engine/pieces/piece_map.h"

namespace btfast {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;

// All threads walk the same range(0) pieces: claim, and give back.
void claim_pieces(benchmark::State& state) {
  static std::unique_ptr<PieceMap> map;
  auto const pieces = static_cast<std::uint32_t>(state.range(0));
  if (state.thread_index() == 0) map = std::make_unique<PieceMap>(pieces);
  std::uint32_t piece = 0;
  std::int64_t won = 0;
  for (auto _ : state) {
    won += map->try_claim(PieceIndex{piece}).has_value() ? 1 : 0;
    piece = piece + 1 == pieces ? 0 : piece + 1;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["won"] =
      benchmark::Counter(static_cast<double>(won) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}
BENCHMARK(claim_pieces)->Arg(64)->Arg(65'536)->ThreadRange(1, 4)->UseRealTime();

// A piece from a net thread to a worker and off its hands, four at a time.
void queue_hand_off(benchmark::State& state) {
  constexpr std::uint32_t kPieces = 4;
  auto const geometry = *PieceGeometry::make(kPieces * kMiB, kMiB);
  PieceMap map{kPieces};
  ActivePieces active{geometry, map, 64 * kMiB};
  std::vector<PieceAssignment> assignments;
  for (std::uint32_t p = 0; p < kPieces; ++p) {
    StartRefusal why{};
    assignments.push_back(std::move(*active.try_start(PieceIndex{p}, why)));
  }
  BlockQueue queue{[](std::size_t) {}};
  BlockQueue::Producer producer{queue};
  std::array<AssemblyRef, kPieces> out;
  for (auto _ : state) {
    for (auto const& assignment : assignments) producer.push(assignment.assembly());
    std::size_t const taken = queue.drain(out);
    for (std::size_t i = 0; i < taken; ++i) {
      benchmark::DoNotOptimize(out[i]->leave(out[i]->pending()));
      out[i] = {};
    }
  }
  state.SetItemsProcessed(state.iterations() * kPieces);
}
BENCHMARK(queue_hand_off);

// The same items through a locked queue, for scale.
void queue_hand_off_locked(benchmark::State& state) {
  constexpr std::size_t kPieces = 4;
  std::mutex mutex;
  std::deque<std::shared_ptr<int>> queue;
  auto const item = std::make_shared<int>(0);
  for (auto _ : state) {
    for (std::size_t i = 0; i < kPieces; ++i) {
      std::lock_guard const lock{mutex};
      queue.push_back(item);
    }
    for (std::size_t i = 0; i < kPieces; ++i) {
      std::lock_guard const lock{mutex};
      benchmark::DoNotOptimize(queue.front().get());
      queue.pop_front();
    }
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{kPieces});
}
BENCHMARK(queue_hand_off_locked);

Bitfield random_tenth(Rng& rng) {
  Bitfield bits{kMillion};
  for (std::uint32_t piece = 0; piece < kMillion; ++piece) {
    if (rng.one_in(10)) bits.set(piece);
  }
  return bits;
}

// A million pieces and 1,000 peers with a random tenth of them each (of 16 patterns).
struct LargeSwarm {
  static constexpr int kPeers = 1000;
  static constexpr int kPatterns = 16;

  LargeSwarm() : picker{kMillion, Strategy::kSmart, rng} {
    for (int i = 0; i < kPatterns; ++i) patterns.push_back(random_tenth(rng));
    for (std::size_t i = 0; i < kPeers; ++i) picker.add_peer(patterns[i % kPatterns]);
  }
  static LargeSwarm& get() {
    static LargeSwarm swarm;
    return swarm;
  }

  Rng rng{7};
  std::vector<Bitfield> patterns;
  PiecePicker picker;
};

// range(0): how many of the million pieces are not free, because others fetch them.
void pick_large_swarm(benchmark::State& state) {
  LargeSwarm& swarm = LargeSwarm::get();
  std::vector<bool> taken(kMillion);
  PiecePicker::IsFree const is_free = [&](PieceIndex piece) { return !taken[piece.value]; };
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    auto const piece = swarm.picker.pick(swarm.patterns[0], is_free);
    if (piece) taken[piece->value] = true;
  }
  for (auto _ : state) benchmark::DoNotOptimize(swarm.picker.pick(swarm.patterns[0], is_free));
}
BENCHMARK(pick_large_swarm)->Arg(0)->Arg(256);

void add_and_remove_peer_large_swarm(benchmark::State& state) {
  LargeSwarm& swarm = LargeSwarm::get();
  for (auto _ : state) {
    swarm.picker.add_peer(swarm.patterns[1]);
    swarm.picker.remove_peer(swarm.patterns[1]);
  }
}
BENCHMARK(add_and_remove_peer_large_swarm)->Unit(benchmark::kMillisecond);

// One piece left that the peer has, at the far end of a million.
void pick_last_piece(benchmark::State& state) {
  Rng rng{1};
  auto const strategy = static_cast<Strategy>(state.range(0));
  PiecePicker picker{kMillion, strategy, rng};
  Bitfield has{kMillion};
  has.set(kMillion - 1);
  picker.add_peer(has);
  PiecePicker::IsFree const is_free = [](PieceIndex) { return true; };
  for (auto _ : state) benchmark::DoNotOptimize(picker.pick(has, is_free));
}
BENCHMARK(pick_last_piece)
    ->Arg(static_cast<int>(Strategy::kSmart))
    ->Arg(static_cast<int>(Strategy::kRandom))
    ->Arg(static_cast<int>(Strategy::kSequential));

void bitfield_from_wire(benchmark::State& state) {
  auto const wire = Bitfield{kMillion, true}.to_wire();
  for (auto _ : state) benchmark::DoNotOptimize(Bitfield::from_wire(wire, kMillion));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(wire.size()));
}
BENCHMARK(bitfield_from_wire);

void bitfield_to_wire(benchmark::State& state) {
  Bitfield const bits{kMillion, true};
  for (auto _ : state) benchmark::DoNotOptimize(bits.to_wire());
  state.SetBytesProcessed(state.iterations() * (kMillion / 8));
}
BENCHMARK(bitfield_to_wire);

void piece_map_snapshot(benchmark::State& state) {
  PieceMap const map{kMillion};
  for (auto _ : state) benchmark::DoNotOptimize(map.snapshot());
}
BENCHMARK(piece_map_snapshot)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace btfast
