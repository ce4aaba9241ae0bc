// The receive path against any stream, in reads of any size, with blocks expected and
// forgotten as the stream goes: it announces the same whatever the reads, and only
// expected blocks in place.  The first two bytes of the input choose read size and depth.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/check.h"
#include "net/receive_path.h"

namespace btfast::net {
namespace {

constexpr std::uint32_t kBlock = 64;  // small, so that a fuzzer's input holds several

// Hands out `input` in reads of at most `step`.
class InputReactor final : public Reactor {
 public:
  InputReactor(std::span<std::byte const> input, std::size_t step) : input_(input), step_(step) {}

  IoResult read(int, std::span<iovec const> into) noexcept override {
    auto now = input_.first(std::min(step_, input_.size()));
    std::size_t moved = 0;
    for (iovec const& part : into) {
      std::size_t const here = std::min(part.iov_len, now.size());
      if (here > 0) std::memcpy(part.iov_base, now.data(), here);
      now = now.subspan(here);
      moved += here;
    }
    input_ = input_.subspan(moved);
    return moved > 0 ? IoResult::of_bytes(moved) : IoResult::end();
  }

  Status watch(int, std::uint64_t, Interest, Trigger) override { return kOk; }
  Status rewatch(int, std::uint64_t, Interest, Trigger) override { return kOk; }
  void unwatch(int) noexcept override {}
  std::size_t wait(std::span<ReactorEvent>, Duration) override { return 0; }
  void wake() noexcept override {}
  Expected<int> connect(Endpoint const&, Endpoint const&) override { return 0; }
  int connect_error(int) noexcept override { return 0; }
  Expected<int> listen(Endpoint const&, int) override { return 0; }
  Expected<Accepted> accept(int) override { return Error{Errc::kWouldBlock}; }
  Endpoint local_endpoint(int) noexcept override { return {}; }
  IoResult write(int, std::span<iovec const>) noexcept override { return {}; }
  void close(int) noexcept override {}

 private:
  std::span<std::byte const> input_;
  std::size_t step_;
};

// Writes down all it is told.  A reject forgets the block it names, a choke all.
class Notes final : public ReceivePath::Sink {
 public:
  void on_message(Message const& message) override {
    encode_message(message, events);
    if (auto const* reject = std::get_if<RejectRequest>(&message)) {
      if (path->forget(reject->piece, reject->begin)) drop(reject->piece, reject->begin);
    }
    if (std::holds_alternative<Choke>(message)) {
      path->forget_all();
      places.clear();
    }
  }
  void on_block_in_place(PieceHeader const& block) override {
    auto const place = find(block.piece, block.begin);
    BTF_CHECK(place != places.end());
    note(block, {place->bytes.get(), block.length});
    places.erase(place);
  }
  void on_block_bytes(PieceHeader const& block, std::span<std::byte const> bytes) override {
    note(block, bytes);
  }

  void expect(std::uint32_t piece, std::uint32_t begin) {
    // A place on the heap of its own, so that the address sanitizer sees a late write.
    places.push_back({piece, begin, std::make_unique<std::byte[]>(kBlock)});
    path->expect({piece, begin, kBlock, places.back().bytes.get()});
  }

  ReceivePath* path = nullptr;
  std::vector<std::byte> events;

 private:
  struct Place {
    std::uint32_t piece;
    std::uint32_t begin;
    std::unique_ptr<std::byte[]> bytes;
  };
  std::vector<Place>::iterator find(std::uint32_t piece, std::uint32_t begin) {
    return std::find_if(places.begin(), places.end(), [&](Place const& place) {
      return place.piece == piece && place.begin == begin;
    });
  }
  void drop(std::uint32_t piece, std::uint32_t begin) { places.erase(find(piece, begin)); }
  void note(PieceHeader const& block, std::span<std::byte const> bytes) {
    encode_piece_header(block, events);
    events.insert(events.end(), bytes.begin(), bytes.end());
  }

  std::vector<Place> places;
};

std::vector<std::byte> events_of(std::span<std::byte const> stream, std::size_t step,
                                 std::uint32_t depth) {
  InputReactor reactor{stream, step};
  Notes notes;
  PeerTraffic traffic;
  ReceivePath path{reactor, notes, traffic};
  notes.path = &path;
  path.start(FrameRules{64, true, true});
  for (std::uint32_t i = 0; i < depth; ++i) notes.expect(i / 4, i % 4 * kBlock);
  while (path.read(0).kind == ReceivePath::Result::Kind::kBytes) continue;
  return notes.events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {  // NOLINT
  if (size < 2) return 0;
  auto const stream = std::as_bytes(std::span{data, size}.subspan(2));
  std::uint32_t const depth = data[1] % 100u;
  auto const whole = events_of(stream, size, depth);
  BTF_CHECK(events_of(stream, data[0] + 1u, depth) == whole);
  BTF_CHECK(events_of(stream, 1, depth) == whole);
  return 0;
}

}  // namespace btfast::net
