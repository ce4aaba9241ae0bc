// Big-endian fields in and out of byte spans.
//
// A ByteReader that ran past its end is exhausted: ok() is false, every later
// field is zero and at_end() is true, so a decoder reads all fields and asks once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace btfast {

inline std::uint32_t load_be32(std::byte const* p) noexcept {
  return std::to_integer<std::uint32_t>(p[0]) << 24 | std::to_integer<std::uint32_t>(p[1]) << 16 |
         std::to_integer<std::uint32_t>(p[2]) << 8 | std::to_integer<std::uint32_t>(p[3]);
}
inline void store_be32(std::byte* p, std::uint32_t v) noexcept {
  p[0] = static_cast<std::byte>(v >> 24);
  p[1] = static_cast<std::byte>(v >> 16);
  p[2] = static_cast<std::byte>(v >> 8);
  p[3] = static_cast<std::byte>(v);
}

class ByteReader {
 public:
  explicit ByteReader(std::span<std::byte const> bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }
  std::size_t remaining() const noexcept { return rest_.size(); }

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(unsigned_field(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(unsigned_field(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(unsigned_field(4)); }
  std::uint64_t u64() noexcept { return unsigned_field(8); }

  std::span<std::byte const> bytes(std::size_t n) noexcept {
    if (n > rest_.size()) return fail();
    auto const taken = rest_.first(n);
    rest_ = rest_.subspan(n);
    return taken;
  }
  std::span<std::byte const> rest() noexcept { return bytes(rest_.size()); }

  template <std::size_t N>
  std::array<std::byte, N> array() noexcept {
    std::array<std::byte, N> out{};
    if (auto const taken = bytes(N); taken.size() == N) std::memcpy(out.data(), taken.data(), N);
    return out;
  }

 private:
  std::uint64_t unsigned_field(std::size_t n) noexcept {
    std::uint64_t v = 0;
    for (std::byte const b : bytes(n)) v = v << 8 | std::to_integer<std::uint64_t>(b);
    return v;
  }
  std::span<std::byte const> fail() noexcept {
    ok_ = false;
    rest_ = {};
    return {};
  }

  std::span<std::byte const> rest_;
  bool ok_ = true;
};

// Appends to a vector that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) noexcept : out_(out) {}

  ByteWriter& u8(std::uint8_t v) { return unsigned_field(v, 1); }
  ByteWriter& u16(std::uint16_t v) { return unsigned_field(v, 2); }
  ByteWriter& u32(std::uint32_t v) { return unsigned_field(v, 4); }
  ByteWriter& u64(std::uint64_t v) { return unsigned_field(v, 8); }
  ByteWriter& bytes(std::span<std::byte const> v) {
    out_.insert(out_.end(), v.begin(), v.end());
    return *this;
  }
  ByteWriter& text(std::string_view v) { return bytes(std::as_bytes(std::span{v})); }

 private:
  ByteWriter& unsigned_field(std::uint64_t v, std::size_t n) {
    for (std::size_t i = n; i-- > 0;) out_.push_back(static_cast<std::byte>(v >> (8 * i)));
    return *this;
  }

  std::vector<std::byte>& out_;
};

inline std::string_view as_text(std::span<std::byte const> bytes) noexcept {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
inline std::span<std::byte const> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span{text});
}

}  // namespace btfast
