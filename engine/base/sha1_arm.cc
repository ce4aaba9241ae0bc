// SHA-1 with the ARMv8 cryptography instructions, 1 to 4 streams interleaved; the
// structure is that of sha1_ni.cc.
#include "engine/base/sha1_compress.h"

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRYPTO)

#include <arm_neon.h>
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace btfast::sha1_compress {
namespace {

// GCC keeps the lanes in registers only when their loops are gone before it looks.
#if defined(__clang__)
#define BTF_UNROLL_LANES
#else
#define BTF_UNROLL_LANES _Pragma("GCC unroll 4")
#endif

constexpr int kGroups = 20;  // of four rounds
constexpr std::uint32_t kRoundConstants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

template <std::size_t kLanes>
struct Registers {
  uint32x4_t abcd[kLanes];
  std::uint32_t e[kLanes];
  uint32x4_t schedule[kLanes][4];  // the last 16 message words
};

template <int kGroup, std::size_t kLanes>
inline uint32x4_t message_words(Registers<kLanes>& r, std::size_t lane,
                                std::byte const* block) noexcept {
  uint32x4_t* const w = r.schedule[lane];
  if constexpr (kGroup < 4) {
    auto const* const at = reinterpret_cast<std::uint8_t const*>(block) + 16 * kGroup;
    w[kGroup] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(at)));
  } else {
    w[kGroup % 4] =
        vsha1su1q_u32(vsha1su0q_u32(w[kGroup % 4], w[(kGroup + 1) % 4], w[(kGroup + 2) % 4]),
                      w[(kGroup + 3) % 4]);
  }
  return w[kGroup % 4];
}

template <int kGroup, std::size_t kLanes>
inline void groups_from(Registers<kLanes>& r, Stream const* streams, std::size_t offset) noexcept {
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    uint32x4_t const words = vaddq_u32(message_words<kGroup>(r, i, streams[i].data + offset),
                                       vdupq_n_u32(kRoundConstants[kGroup / 5]));
    std::uint32_t const next_e = vsha1h_u32(vgetq_lane_u32(r.abcd[i], 0));
    if constexpr (kGroup / 5 == 0) {
      r.abcd[i] = vsha1cq_u32(r.abcd[i], r.e[i], words);
    } else if constexpr (kGroup / 5 == 2) {
      r.abcd[i] = vsha1mq_u32(r.abcd[i], r.e[i], words);
    } else {
      r.abcd[i] = vsha1pq_u32(r.abcd[i], r.e[i], words);
    }
    r.e[i] = next_e;
  }
  if constexpr (kGroup + 1 < kGroups) groups_from<kGroup + 1>(r, streams, offset);
}

template <std::size_t kLanes>
void compress_lanes(Stream const* streams, std::size_t blocks) noexcept {
  Registers<kLanes> r;
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    r.abcd[i] = vld1q_u32(streams[i].state);
    r.e[i] = streams[i].state[4];
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    Registers<kLanes> const in = r;
    groups_from<0>(r, streams, block * kBlockBytes);
    BTF_UNROLL_LANES
    for (std::size_t i = 0; i < kLanes; ++i) {
      r.abcd[i] = vaddq_u32(r.abcd[i], in.abcd[i]);
      r.e[i] += in.e[i];
    }
  }
  BTF_UNROLL_LANES
  for (std::size_t i = 0; i < kLanes; ++i) {
    vst1q_u32(streams[i].state, r.abcd[i]);
    streams[i].state[4] = r.e[i];
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
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_SHA1) != 0;
#else
  return true;  // every AArch64 Mac has them
#endif
}

}  // namespace

Function armv8() noexcept { return processor_has_sha() ? compress : nullptr; }

}  // namespace btfast::sha1_compress

#else

namespace btfast::sha1_compress {
Function armv8() noexcept { return nullptr; }
}  // namespace btfast::sha1_compress

#endif
