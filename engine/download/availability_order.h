// AvailabilityOrder: pieces of one priority, the rarest first, in buckets by how many peers
// have them; a piece moves to the next bucket by one swap.
//
// Threads: plain data, one owner.
// Bound:   4 bytes a piece; where each stands is kept by the caller, once for all orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace btfast {

class AvailabilityOrder {
 public:
  // `positions[p]` is where p stands in the order that holds it.
  explicit AvailabilityOrder(std::vector<std::uint32_t>& positions) : positions_(positions) {}

  std::span<std::uint32_t const> pieces() const noexcept { return order_; }
  // Those of bucket 1 and later; all, when there is but one bucket.
  std::span<std::uint32_t const> counted_pieces() const noexcept {
    return pieces().subspan(ends_.size() > 1 ? ends_.front() : 0);
  }
  bool empty() const noexcept { return order_.empty(); }

  // Every piece at once, all in bucket 0, in the order given.
  void fill(std::vector<std::uint32_t> pieces);
  void insert(std::uint32_t piece, std::size_t bucket);
  // REQUIRES, of all below: the piece is in that bucket.
  void remove(std::uint32_t piece, std::size_t bucket);
  void move_up(std::uint32_t piece, std::size_t bucket);
  void move_down(std::uint32_t piece, std::size_t bucket);

 private:
  void swap(std::uint32_t a, std::uint32_t b) noexcept;

  std::vector<std::uint32_t>& positions_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> ends_{0};  // ends_[a]: one past bucket a
};

}  // namespace btfast
