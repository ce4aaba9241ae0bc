#include "engine/download/availability_order.h"

#include <utility>

namespace btfast {

void AvailabilityOrder::fill(std::vector<std::uint32_t> pieces) {
  order_ = std::move(pieces);
  auto const count = static_cast<std::uint32_t>(order_.size());
  for (std::uint32_t i = 0; i < count; ++i) positions_[order_[i]] = i;
  ends_ = {count};
}

void AvailabilityOrder::insert(std::uint32_t piece, std::size_t bucket) {
  while (ends_.size() <= bucket) ends_.push_back(ends_.back());
  positions_[piece] = static_cast<std::uint32_t>(order_.size());
  order_.push_back(piece);
  // From the end, through every later bucket, to its own.
  ++ends_.back();
  for (std::size_t a = ends_.size() - 1; a > bucket; --a) {
    swap(positions_[piece], ends_[a - 1]);
    ++ends_[a - 1];
  }
}

void AvailabilityOrder::remove(std::uint32_t piece, std::size_t bucket) {
  // Through every later bucket to the end of the order, and off it.
  for (std::size_t a = bucket; a < ends_.size(); ++a) {
    swap(positions_[piece], ends_[a] - 1);
    --ends_[a];
  }
  order_.pop_back();
}

void AvailabilityOrder::move_up(std::uint32_t piece, std::size_t bucket) {
  if (ends_.size() == bucket + 1) ends_.push_back(ends_.back());
  swap(positions_[piece], ends_[bucket] - 1);
  --ends_[bucket];
}

void AvailabilityOrder::move_down(std::uint32_t piece, std::size_t bucket) {
  swap(positions_[piece], ends_[bucket - 1]);
  ++ends_[bucket - 1];
}

void AvailabilityOrder::swap(std::uint32_t a, std::uint32_t b) noexcept {
  std::swap(order_[a], order_[b]);
  positions_[order_[a]] = a;
  positions_[order_[b]] = b;
}

}  // namespace btfast
