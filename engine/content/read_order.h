// ReadOrder: who reads a torrent's pieces next, when all are to be read.  On each device they
// go in the torrent's order, all readers in one stretch of it; where files lie on several
// devices (something is mounted below the output directory) all of them work at once.
//
// Threads:  take() and done() from any thread.
// Ordering: hands out indices and orders nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/piece_geometry.h"
#include "storage/storage.h"

namespace btfast {

// Neighbours, and the device they are read from.
struct PieceRun {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  std::uint32_t device = 0;
};

class ReadOrder {
 public:
  // `extents` as Storage::extents() gives them; a turn is up to `turn` pieces.
  ReadOrder(PieceGeometry const& geometry, std::span<storage::Extent const> extents,
            std::uint32_t turn);
  ~ReadOrder();

  // From the device with the fewest readers; empty when all was given out.
  std::optional<PieceRun> take() noexcept;
  // Of what take() gave: its reader is free.
  void done(PieceRun const& run) noexcept;

 private:
  struct Device;
  Device* least_busy() noexcept;

  // Immutable after construction, but for the devices' atomics.
  std::uint32_t const turn_;
  std::vector<std::unique_ptr<Device>> devices_;
};

}  // namespace btfast
