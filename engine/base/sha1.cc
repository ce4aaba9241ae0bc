#include "engine/base/sha1.h"

// The one-shot EVP interface hides the state words, which the interleaved streams need.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/sha1_compress.h"

namespace btfast {
namespace sha1_compress {

void openssl(Stream const* streams, std::size_t lanes, std::size_t blocks) noexcept {
  for (std::size_t i = 0; i < lanes; ++i) {
    std::uint32_t* const s = streams[i].state;
    SHA_CTX context{};
    context.h0 = s[0], context.h1 = s[1], context.h2 = s[2], context.h3 = s[3], context.h4 = s[4];
    SHA1_Update(&context, streams[i].data, blocks * kBlockBytes);
    s[0] = context.h0, s[1] = context.h1, s[2] = context.h2, s[3] = context.h3, s[4] = context.h4;
  }
}

}  // namespace sha1_compress

namespace {

using sha1_compress::kBlockBytes;

struct Backend {
  sha1_compress::Function compress;
  std::string_view name;
};

Backend const& backend() noexcept {
  static Backend const chosen = [] {
    if (auto const f = sha1_compress::sha_ni()) return Backend{f, "sha-ni x4"};
    if (auto const f = sha1_compress::armv8()) return Backend{f, "armv8 x4"};
    return Backend{sha1_compress::openssl, "openssl"};
  }();
  return chosen;
}

// The streams of one update() that still hold whole blocks run together; as the short
// ones end, fewer remain.
void compress_together(sha1_compress::Stream* streams, std::size_t* blocks, std::size_t count) {
  auto const compress = backend().compress;
  while (count > 0) {
    std::size_t const together = *std::min_element(blocks, blocks + count);
    compress(streams, count, together);
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (blocks[i] == together) continue;
      streams[left] = {streams[i].state, streams[i].data + together * kBlockBytes};
      blocks[left++] = blocks[i] - together;
    }
    count = left;
  }
}

template <class Word>
void put_big_endian(std::byte* out, Word value) noexcept {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out[i] = static_cast<std::byte>(value >> 8 * (sizeof value - 1 - i));
  }
}

}  // namespace

Sha1::Sha1() noexcept { reset(); }

void Sha1::reset() noexcept {
  state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  length_ = 0;
}

void Sha1::update(std::span<std::byte const> data) noexcept {
  Sha1Lanes::Lane const lane{this, data};
  Sha1Lanes::update({&lane, 1});
}

// Tops up the partial block; returns what is left of `data` after it.
std::span<std::byte const> Sha1::top_up(std::span<std::byte const> data) noexcept {
  std::size_t const held = length_ % kBlockBytes;
  length_ += data.size();
  if (held == 0 || data.empty()) return data;
  std::size_t const taken = std::min(data.size(), kBlockBytes - held);
  std::memcpy(partial_.data() + held, data.data(), taken);
  if (held + taken == kBlockBytes) {
    sha1_compress::Stream const stream{state_.data(), partial_.data()};
    backend().compress(&stream, 1, 1);
  }
  return data.subspan(taken);
}

Sha1Digest Sha1::finish() noexcept {
  std::uint64_t const bits = length_ * 8;
  std::array<std::byte, kBlockBytes + 8> padding{std::byte{0x80}};
  // One 1 bit, then zeros until eight bytes are left in the block for the length.
  std::size_t const zeros = (2 * kBlockBytes - 9 - length_ % kBlockBytes) % kBlockBytes;
  put_big_endian(padding.data() + 1 + zeros, bits);
  update(std::span{padding}.first(1 + zeros + 8));

  Sha1Digest digest;
  for (std::size_t i = 0; i < state_.size(); ++i) put_big_endian(digest.data() + 4 * i, state_[i]);
  reset();
  return digest;
}

void Sha1Lanes::update(std::span<Lane const> lanes) noexcept {
  BTF_CHECK(lanes.size() <= kMax);
  std::array<sha1_compress::Stream, kMax> streams;
  std::array<std::size_t, kMax> blocks;
  std::array<std::span<std::byte const>, kMax> tails;
  std::size_t count = 0;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    auto const data = lanes[i].hash->top_up(lanes[i].data);
    std::size_t const whole = data.size() / kBlockBytes;
    tails[i] = data.subspan(whole * kBlockBytes);
    if (whole == 0) continue;
    streams[count] = {lanes[i].hash->state_.data(), data.data()};
    blocks[count++] = whole;
  }
  compress_together(streams.data(), blocks.data(), count);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    // A tail is what is past the last block boundary: it starts the partial block.
    if (!tails[i].empty()) {
      std::memcpy(lanes[i].hash->partial_.data(), tails[i].data(), tails[i].size());
    }
  }
}

Sha1Digest sha1(std::span<std::byte const> data) noexcept {
  Sha1 hash;
  hash.update(data);
  return hash.finish();
}

std::string_view sha1_backend() noexcept { return backend().name; }

std::string to_hex(std::span<std::byte const> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::byte const b : bytes) {
    text += kDigits[std::to_integer<unsigned>(b) >> 4];
    text += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace btfast
