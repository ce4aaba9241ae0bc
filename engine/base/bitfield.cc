#include "engine/base/bitfield.h"

namespace btfast {

Bitfield::Bitfield(std::uint32_t bits, bool value)
    : words_((std::size_t{bits} + 63) / 64, value ? ~std::uint64_t{0} : 0),
      size_(bits),
      count_(value ? bits : 0) {
  if (value && bits % 64 != 0) words_.back() = (std::uint64_t{1} << (bits % 64)) - 1;
}

std::optional<Bitfield> Bitfield::from_wire(std::span<std::byte const> wire, std::uint32_t bits) {
  if (wire.size() != (std::size_t{bits} + 7) / 8) return std::nullopt;
  Bitfield field{bits};
  for (std::size_t i = 0; i < wire.size(); ++i) {
    auto const byte = std::to_integer<unsigned>(wire[i]);
    for (unsigned b = 0; b < 8; ++b) {
      if ((byte >> (7 - b) & 1) == 0) continue;
      std::size_t const bit = i * 8 + b;
      if (bit >= bits) return std::nullopt;
      field.set(static_cast<std::uint32_t>(bit));
    }
  }
  return field;
}

std::vector<std::byte> Bitfield::to_wire() const {
  std::vector<std::byte> wire((std::size_t{size_} + 7) / 8);
  for (std::uint32_t bit = 0; bit < size_; ++bit) {
    if (test(bit)) wire[bit / 8] |= static_cast<std::byte>(0x80u >> (bit % 8));
  }
  return wire;
}

void Bitfield::set(std::uint32_t bit) noexcept {
  auto& word = words_[bit / 64];
  std::uint64_t const mask = std::uint64_t{1} << (bit % 64);
  count_ += (word & mask) == 0 ? 1 : 0;
  word |= mask;
}

void Bitfield::reset(std::uint32_t bit) noexcept {
  auto& word = words_[bit / 64];
  std::uint64_t const mask = std::uint64_t{1} << (bit % 64);
  count_ -= (word & mask) != 0 ? 1 : 0;
  word &= ~mask;
}

}  // namespace btfast
