// What strangers send: bencode, frames, and storms of HAVEs.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/bitfield.h"
#include "engine/base/rng.h"
#include "engine/download/piece_picker.h"
#include "net/wire/frame_reader.h"

namespace btfast {
namespace {

void append_u32(std::vector<std::byte>& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(std::byte(value >> shift & 0xff));
}

std::vector<std::byte> haves(std::uint32_t count) {
  std::vector<std::byte> out;
  for (std::uint32_t piece = 0; piece < count; ++piece) {
    append_u32(out, 5);
    out.push_back(std::byte{4});
    append_u32(out, piece);
  }
  return out;
}

// A torrent of range(0) files, as a multi-file info dictionary lists them.
void parse_bencode(benchmark::State& state) {
  std::vector<std::byte> text;
  bencode::Writer writer{text};
  writer.begin_dict().key("files").begin_list();
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    writer.begin_dict().key("length").integer(i * 1000).key("path").begin_list();
    writer.string("folder").string("file " + std::to_string(i)).end().end();
  }
  writer.end().end();
  for (auto _ : state) {
    auto const tree = bencode::parse(text);
    benchmark::DoNotOptimize(tree->root().size());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_bencode)->Arg(10)->Arg(100'000);

// Frames as they come from one read: range(0) HAVEs.
void read_frames(benchmark::State& state) {
  auto const count = static_cast<std::uint32_t>(state.range(0));
  auto const stream = haves(count);
  net::FrameReader reader{net::FrameRules{count, true, true}};
  for (auto _ : state) {
    std::span<std::byte const> in{stream};
    while (reader.next(in).kind == net::Frame::Kind::kMessage) {
    }
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t{count});
}
BENCHMARK(read_frames)->Arg(64)->Arg(4096);

// 50 peers that each tell of every piece: frame, bit, availability.
void have_storm(benchmark::State& state) {
  constexpr int kPeers = 50;
  auto const pieces = static_cast<std::uint32_t>(state.range(0));
  auto const stream = haves(pieces);
  for (auto _ : state) {
    Rng rng{1};
    PiecePicker picker{pieces, Strategy::kSmart, rng};
    for (int peer = 0; peer < kPeers; ++peer) {
      net::FrameReader reader{net::FrameRules{pieces, true, true}};
      Bitfield has{pieces};
      std::span<std::byte const> in{stream};
      for (;;) {
        net::Frame const frame = reader.next(in);
        if (frame.kind != net::Frame::Kind::kMessage) break;
        PieceIndex const piece{std::get<net::Have>(frame.message).piece};
        has.set(piece);
        picker.add_have(piece, has);
      }
    }
    benchmark::DoNotOptimize(picker.availability(PieceIndex{0}));
  }
  state.SetItemsProcessed(state.iterations() * kPeers * std::int64_t{pieces});
}
BENCHMARK(have_storm)->Arg(1024)->Arg(65'536)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace btfast
