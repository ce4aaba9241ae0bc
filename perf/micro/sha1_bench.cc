// SHA-1: OpenSSL's one stream, and ours at one to four lanes.  Bytes a second are the figure.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/base/sha1.h"

namespace btfast {
namespace {

constexpr std::size_t kSliceBytes = 64 * 1024;
constexpr std::size_t kPieceBytes = 1024 * 1024;

void openssl_sha1(benchmark::State& state) {
  std::vector<std::byte> const piece(kPieceBytes, std::byte{0x5a});
  EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::array<unsigned char, 20> digest{};
  for (auto _ : state) {
    EVP_DigestInit_ex2(context, sha1, nullptr);
    EVP_DigestUpdate(context, piece.data(), piece.size());
    EVP_DigestFinal_ex(context, digest.data(), nullptr);
    benchmark::DoNotOptimize(digest);
  }
  state.SetBytesProcessed(state.iterations() * std::int64_t{kPieceBytes});
  EVP_MD_CTX_free(context);
  EVP_MD_free(sha1);
}
BENCHMARK(openssl_sha1);

// Whole pieces, sliced as PieceVerifier slices them; range(0) of them together.
void sha1_lanes(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  std::vector<std::vector<std::byte>> pieces;
  for (std::size_t i = 0; i < count; ++i) pieces.emplace_back(kPieceBytes, std::byte{0x5a});
  for (auto _ : state) {
    std::array<Sha1, Sha1Lanes::kMax> hashes;
    std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> lanes;
    for (std::size_t at = 0; at < kPieceBytes; at += kSliceBytes) {
      for (std::size_t i = 0; i < count; ++i) {
        lanes[i] = {&hashes[i], std::span{pieces[i]}.subspan(at, kSliceBytes)};
      }
      Sha1Lanes::update(std::span{lanes}.first(count));
    }
    for (std::size_t i = 0; i < count; ++i) benchmark::DoNotOptimize(hashes[i].finish());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(count * kPieceBytes));
  state.SetLabel(std::string{sha1_backend()});
}
BENCHMARK(sha1_lanes)->DenseRange(1, Sha1Lanes::kMax);

}  // namespace
}  // namespace btfast
