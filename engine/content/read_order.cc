#include "engine/content/read_order.h"

#include <algorithm>
#include <limits>
#include <map>

namespace btfast {

// The runs of one device, and how many turns of them were given out.
struct ReadOrder::Device {
  struct Run {
    std::uint32_t first;
    std::uint32_t end;
    std::uint64_t first_turn;  // turns of the runs before it
  };

  explicit Device(std::uint32_t number) : index(number) {}

  void add(std::uint32_t first, std::uint32_t end, std::uint32_t turn) {
    runs.push_back({first, end, turns});
    turns += (end - first + turn - 1) / turn;
  }
  PieceRun turn_at(std::uint64_t number, std::uint32_t turn) const noexcept {
    auto const after = std::upper_bound(
        runs.begin(), runs.end(), number,
        [](std::uint64_t wanted, Run const& run) { return wanted < run.first_turn; });
    Run const& run = *std::prev(after);
    auto const first = run.first + static_cast<std::uint32_t>(number - run.first_turn) * turn;
    return {first, std::min(first + turn, run.end), index};
  }

  // Immutable after construction.
  std::uint32_t const index;
  std::vector<Run> runs;
  std::uint64_t turns = 0;
  // Atomic, relaxed: numbers to hand out, and a hint.
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint32_t> readers{0};
};

ReadOrder::ReadOrder(PieceGeometry const& geometry, std::span<storage::Extent const> extents,
                     std::uint32_t turn)
    : turn_(turn) {
  if (geometry.piece_count() == 0) return;
  storage::Extent const everything{0, geometry.total_size(), 0};
  if (extents.empty()) extents = {&everything, 1};
  // A piece counts to where its first byte lies.
  auto const piece_from = [&](std::uint64_t offset) {
    auto const piece = (offset + geometry.piece_length() - 1) / geometry.piece_length();
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece, geometry.piece_count()));
  };
  std::map<std::uint64_t, Device*> known;
  for (storage::Extent const& extent : extents) {
    std::uint32_t const first = piece_from(extent.offset);
    std::uint32_t const end = piece_from(extent.offset + extent.length);
    if (first >= end) continue;
    Device*& device = known[extent.device];
    if (device == nullptr) {
      auto const index = static_cast<std::uint32_t>(devices_.size());
      device = devices_.emplace_back(std::make_unique<Device>(index)).get();
    }
    device->add(first, end, turn);
  }
}

ReadOrder::~ReadOrder() = default;

ReadOrder::Device* ReadOrder::least_busy() noexcept {
  Device* best = nullptr;
  auto fewest = std::numeric_limits<std::uint32_t>::max();
  for (auto const& device : devices_) {
    if (device->next.load(std::memory_order_relaxed) >= device->turns) continue;
    std::uint32_t const readers = device->readers.load(std::memory_order_relaxed);
    if (readers < fewest) {
      best = device.get();
      fewest = readers;
    }
  }
  return best;
}

std::optional<PieceRun> ReadOrder::take() noexcept {
  while (Device* const device = least_busy()) {
    std::uint64_t const number = device->next.fetch_add(1, std::memory_order_relaxed);
    if (number >= device->turns) continue;  // another had the last
    device->readers.fetch_add(1, std::memory_order_relaxed);
    return device->turn_at(number, turn_);
  }
  return {};
}

void ReadOrder::done(PieceRun const& run) noexcept {
  devices_[run.device]->readers.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace btfast
