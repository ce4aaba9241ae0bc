// Bitfield: one bit per piece, in BEP 3's wire order (bit 7 of byte 0 is piece 0)
// only at the edges; inside, 64-bit words scanned a word at a time.
//
// Threads: plain data, one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/types.h"

namespace btfast {

class Bitfield {
 public:
  Bitfield() = default;
  explicit Bitfield(std::uint32_t bits, bool value = false);

  // From the payload of a bitfield message; empty on a wrong length or a spare
  // bit that is set (BEP 3).
  static std::optional<Bitfield> from_wire(std::span<std::byte const> wire, std::uint32_t bits);
  std::vector<std::byte> to_wire() const;

  std::uint32_t size() const noexcept { return size_; }
  bool test(std::uint32_t bit) const noexcept { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }
  bool test(PieceIndex p) const noexcept { return test(p.value); }
  void set(std::uint32_t bit) noexcept;
  void set(PieceIndex p) noexcept { set(p.value); }
  void reset(std::uint32_t bit) noexcept;

  std::uint32_t count() const noexcept { return count_; }
  bool all() const noexcept { return count_ == size_; }
  bool none() const noexcept { return count_ == 0; }

  // Bit i of words()[i / 64] is piece i; bits past size() are zero.
  std::span<std::uint64_t const> words() const noexcept { return words_; }

 private:
  std::vector<std::uint64_t> words_;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace btfast
