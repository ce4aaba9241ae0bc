// SHA-1 with the x86 SHA instructions, 1 to 4 streams interleaved.
//
// A stream alone waits for the latency of sha1rnds4; the group of four rounds below is
// issued for every stream before the next group begins, so the waits overlap.
#include "engine/base/sha1_compress.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define BTF_SHA_NI __attribute__((target("sha,ssse3,sse4.1")))
#define BTF_SHA_NI_INLINE BTF_SHA_NI __attribute__((always_inline)) inline

namespace btfast::sha1_compress {
namespace {

// GCC keeps the lanes in registers only when their loops are gone before it looks.
#if defined(__clang__)
#define BTF_UNROLL_LANES
#else
#define BTF_UNROLL_LANES _Pragma("GCC unroll 4")
#endif

constexpr int kGroups = 20;  // of four rounds

template <std::size_t kLanes>
struct Registers {
  __m128i abcd[kLanes];
  __m128i before[kLanes];       // abcd one group ago: its `a`, rotated, is this group's e
  __m128i schedule[kLanes][4];  // the last 16 message words
};

// The message words of group kGroup.
template <int kGroup, std::size_t kLanes>
BTF_SHA_NI_INLINE __m128i message_words(Registers<kLanes>& r, std::size_t lane,
                                        std::byte const* block) noexcept {
  __m128i* const w = r.schedule[lane];
  if constexpr (kGroup < 4) {
    __m128i const big_endian = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    auto const* const at = reinterpret_cast<__m128i const*>(block) + kGroup;
    w[kGroup] = _mm_shuffle_epi8(_mm_loadu_si128(at), big_endian);
  } else {
    __m128i const mixed =
        _mm_xor_si128(_mm_sha1msg1_epu32(w[kGroup % 4], w[(kGroup + 1) % 4]), w[(kGroup + 2) % 4]);
    w[kGroup % 4] = _mm_sha1msg2_epu32(mixed, w[(kGroup + 3) % 4]);
  }
  return w[kGroup % 4];
}

template <int kGroup, std::size_t kLanes>
BTF_SHA_NI_INLINE void groups_from(Registers<kLanes>& r, Stream const* streams, __m128i const* e,
                                   std::size_t offset) noexcept {
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    __m128i const words = message_words<kGroup>(r, i, streams[i].data + offset);
    __m128i const e_words =
        kGroup == 0 ? _mm_add_epi32(e[i], words) : _mm_sha1nexte_epu32(r.before[i], words);
    r.before[i] = r.abcd[i];
    r.abcd[i] = _mm_sha1rnds4_epu32(r.abcd[i], e_words, kGroup / 5);
  }
  if constexpr (kGroup + 1 < kGroups) groups_from<kGroup + 1>(r, streams, e, offset);
}

template <std::size_t kLanes>
BTF_SHA_NI void compress_lanes(Stream const* streams, std::size_t blocks) noexcept {
  Registers<kLanes> r;
  __m128i e[kLanes];
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    auto const* const state = reinterpret_cast<__m128i const*>(streams[i].state);
    r.abcd[i] = _mm_shuffle_epi32(_mm_loadu_si128(state), 0x1b);  // `a` on top
    e[i] = _mm_set_epi32(static_cast<int>(streams[i].state[4]), 0, 0, 0);
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    __m128i abcd_in[kLanes];
    BTF_UNROLL_LANES
    for (std::size_t i = 0; i < kLanes; ++i) abcd_in[i] = r.abcd[i];
    groups_from<0>(r, streams, e, block * kBlockBytes);
    BTF_UNROLL_LANES
    for (std::size_t i = 0; i < kLanes; ++i) {
      e[i] = _mm_sha1nexte_epu32(r.before[i], e[i]);
      r.abcd[i] = _mm_add_epi32(r.abcd[i], abcd_in[i]);
    }
  }
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    auto* const state = reinterpret_cast<__m128i*>(streams[i].state);
    _mm_storeu_si128(state, _mm_shuffle_epi32(r.abcd[i], 0x1b));
    streams[i].state[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e[i], 3));
  }
}

void compress(Stream const* streams, std::size_t lanes, std::size_t blocks) noexcept {
  switch (lanes) {
    case 1:
      return compress_lanes<1>(streams, blocks);
    case 2:
      return compress_lanes<2>(streams, blocks);
    case 3:
      return compress_lanes<3>(streams, blocks);
    case 4:
      return compress_lanes<4>(streams, blocks);
    default:
      return;
  }
}

bool processor_has_sha() noexcept {
  constexpr unsigned kSsse3 = 1u << 9, kSse41 = 1u << 19, kSha = 1u << 29;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  if ((c & kSsse3) == 0 || (c & kSse41) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0;
}

}  // namespace

Function sha_ni() noexcept { return processor_has_sha() ? compress : nullptr; }

}  // namespace btfast::sha1_compress

#else

namespace btfast::sha1_compress {
Function sha_ni() noexcept { return nullptr; }
}  // namespace btfast::sha1_compress

#endif
