#include "engine/upload/upload_buffers.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::size_t kLarge = limits::kUploadRunMax;

TEST(UploadBuffers, TheBufferDroppedLastIsTheNextOneGiven) {
  UploadBuffers buffers;
  auto first = buffers.take(kLarge);
  auto second = buffers.take(kLarge / 2);
  std::byte const* const first_bytes = first.get();
  std::byte const* const second_bytes = second.get();

  second.reset();
  first.reset();

  EXPECT_EQ(buffers.take(kLarge).get(), first_bytes);
  first = buffers.take(kLarge);
  EXPECT_EQ(buffers.take(kLarge).get(), second_bytes);
}

TEST(UploadBuffers, TwoInUseAreNeverTheSame) {
  UploadBuffers buffers;
  std::vector<std::shared_ptr<std::byte>> held;

  for (int i = 0; i < 5; ++i) held.push_back(buffers.take(kLarge));

  for (std::size_t i = 1; i < held.size(); ++i) EXPECT_NE(held[i], held[0]) << i;
}

TEST(UploadBuffers, WhatItGaveIsWholeAfterItIsGone) {
  std::optional<UploadBuffers> buffers{std::in_place};
  auto const small = buffers->take(16 * 1024);
  auto const large = buffers->take(kLarge);

  buffers.reset();

  small.get()[16 * 1024 - 1] = large.get()[kLarge - 1] = std::byte{7};
  EXPECT_EQ(small.get()[16 * 1024 - 1], large.get()[kLarge - 1]);
}

}  // namespace
}  // namespace btfast
