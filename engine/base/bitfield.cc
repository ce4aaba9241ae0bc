#include "engine/base/bitfield.h"

#include <algorithm>
#include <bit>

namespace btfast {
namespace {

// Bit 7 of each byte becomes bit 0, bit 6 becomes bit 1, and so on: eight bytes at once.
std::uint64_t reverse_bits_of_bytes(std::uint64_t x) noexcept {
  constexpr std::uint64_t kOdd = 0x5555555555555555;
  constexpr std::uint64_t kPairs = 0x3333333333333333;
  constexpr std::uint64_t kHalves = 0x0f0f0f0f0f0f0f0f;
  x = (x >> 1 & kOdd) | (x & kOdd) << 1;
  x = (x >> 2 & kPairs) | (x & kPairs) << 2;
  return (x >> 4 & kHalves) | (x & kHalves) << 4;
}

// The first byte is the lowest, whatever the machine; compilers make one load or store of
// the whole words.
std::uint64_t load_word(std::span<std::byte const> bytes) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return word;
}

void store_word(std::uint64_t word, std::span<std::byte> bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(word >> (8 * i));
}

}  // namespace

Bitfield::Bitfield(std::uint32_t bits, bool value)
    : words_((std::size_t{bits} + 63) / 64, value ? ~std::uint64_t{0} : 0),
      size_(bits),
      count_(value ? bits : 0) {
  if (value && bits % 64 != 0) words_.back() = (std::uint64_t{1} << (bits % 64)) - 1;
}

std::optional<Bitfield> Bitfield::from_wire(std::span<std::byte const> wire, std::uint32_t bits) {
  if (wire.size() != (std::size_t{bits} + 7) / 8) return std::nullopt;
  Bitfield field{bits};
  std::uint32_t count = 0;
  for (std::size_t w = 0; w < field.words_.size(); ++w) {
    auto const rest = wire.subspan(8 * w);
    std::uint64_t const raw = rest.size() >= 8 ? load_word(rest.first<8>()) : load_word(rest);
    field.words_[w] = reverse_bits_of_bytes(raw);
    count += static_cast<std::uint32_t>(std::popcount(field.words_[w]));
  }
  bool const spare_set = bits % 64 != 0 && field.words_.back() >> (bits % 64) != 0;
  if (spare_set) return std::nullopt;
  field.count_ = count;
  return field;
}

std::vector<std::byte> Bitfield::to_wire() const {
  std::vector<std::byte> wire((std::size_t{size_} + 7) / 8);
  for (std::size_t w = 0; w < words_.size(); ++w) {
    std::span const rest = std::span{wire}.subspan(8 * w);
    store_word(reverse_bits_of_bytes(words_[w]), rest.first(std::min<std::size_t>(rest.size(), 8)));
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
