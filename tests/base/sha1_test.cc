#include "engine/base/sha1.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "engine/base/sha1_compress.h"

namespace btfast {
namespace {

// The oracle: OpenSSL's one-shot digest, which shares no code with ours.
Sha1Digest oracle(std::span<std::byte const> data) {
  Sha1Digest digest;
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha1(), nullptr);
  return digest;
}

std::vector<std::byte> random_bytes(Rng& rng, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(rng.next());
  return bytes;
}

std::span<std::byte const> text(std::string_view s) { return std::as_bytes(std::span{s}); }

TEST(Sha1, AgreesWithThePublishedVectors) {
  EXPECT_EQ(to_hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(to_hex(sha1(text("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha1(text(std::string(1'000'000, 'a')))),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(Sha1, AgreesWithTheOracleForEveryLengthAroundTheBlockEdges) {
  Rng rng{1};
  auto const data = random_bytes(rng, 400);

  for (std::size_t size = 0; size + 3 <= data.size(); ++size) {
    auto const part = std::span{data}.subspan(size % 3, size);
    ASSERT_EQ(sha1(part), oracle(part)) << "length " << size;
  }
}

TEST(Sha1, DoesNotCareHowItsInputIsSplit) {
  Rng rng{2};
  for (int round = 0; round < 500; ++round) {
    auto const data = random_bytes(rng, rng.below(5'000));
    Sha1 hash;

    std::span<std::byte const> left{data};
    while (!left.empty()) {
      std::size_t const n = std::min<std::size_t>(left.size(), rng.below(200));
      hash.update(left.first(n));
      left = left.subspan(n);
    }

    ASSERT_EQ(hash.finish(), oracle(data)) << "round " << round;
  }
}

TEST(Sha1, StartsAgainAfterFinishAndReset) {
  Sha1 hash;
  hash.update(text("ab"));
  static_cast<void>(hash.finish());
  hash.update(text("zz"));
  hash.reset();
  hash.update(text("abc"));

  EXPECT_EQ(hash.finish(), oracle(text("abc")));
}

TEST(Sha1Lanes, HashEveryMixOfLengthsAndSplitsAsIfAlone) {
  Rng rng{3};
  for (int round = 0; round < 500; ++round) {
    std::size_t const lanes = 1 + rng.below(Sha1Lanes::kMax);
    std::vector<std::vector<std::byte>> data(lanes);
    for (auto& d : data) d = random_bytes(rng, rng.below(10'000));
    std::vector<Sha1> hashes(lanes);
    std::vector<std::size_t> taken(lanes, 0);

    for (int step = 0; step < 6; ++step) {
      std::vector<Sha1Lanes::Lane> feed;
      for (std::size_t i = 0; i < lanes; ++i) {
        std::size_t const left = data[i].size() - taken[i];
        std::size_t const n = step == 5 ? left : rng.below(static_cast<std::uint32_t>(left) + 1);
        feed.push_back({&hashes[i], std::span{data[i]}.subspan(taken[i], n)});
        taken[i] += n;
      }
      Sha1Lanes::update(feed);
    }

    for (std::size_t i = 0; i < lanes; ++i) {
      ASSERT_EQ(hashes[i].finish(), oracle(data[i])) << "round " << round << " lane " << i;
    }
  }
}

// Run-time dispatch hides the fallback on a machine with SHA instructions.
TEST(Sha1Compress, EveryBackendOfThisMachineGivesTheSameStates) {
  Rng rng{4};
  for (std::size_t lanes = 1; lanes <= sha1_compress::kLanesMax; ++lanes) {
    auto const data = random_bytes(rng, lanes * 64 * 9);
    std::array<std::array<std::uint32_t, 5>, 4> start;
    for (auto& state : start) {
      for (auto& word : state) word = static_cast<std::uint32_t>(rng.next());
    }
    auto const run = [&](sha1_compress::Function compress) {
      auto states = start;
      std::array<sha1_compress::Stream, 4> streams;
      for (std::size_t i = 0; i < lanes; ++i) {
        streams[i] = {states[i].data(), data.data() + i * 64 * 9};
      }
      compress(streams.data(), lanes, 9);
      return states;
    };
    auto const expected = run(sha1_compress::openssl);

    for (auto const f : {sha1_compress::sha_ni(), sha1_compress::armv8()}) {
      if (f == nullptr) continue;
      EXPECT_EQ(run(f), expected) << lanes << " lanes";
    }
  }
}

TEST(ToHex, WritesTwoLowerCaseDigitsAByte) {
  std::array const bytes{std::byte{0}, std::byte{0x0f}, std::byte{0xa5}};

  EXPECT_EQ(to_hex(bytes), "000fa5");
}

}  // namespace
}  // namespace btfast
