#include "engine/content/piece_hasher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/base/sha1.h"
#include "storage/memory_storage.h"
#include "tests/support/pattern.h"

namespace btfast {
namespace {

using test::pattern;

// A torrent of pattern bytes in one file, and the digests of its pieces.
struct Content {
  Content(std::uint64_t size, std::uint32_t piece_length)
      : geometry(*PieceGeometry::make(size, piece_length)),
        storage(storage::FileMap{{{.path = "file", .length = size}}}) {
    BTF_CHECK(storage.prepare());
    storage.fill(0, pattern(0, size));
    for (std::uint32_t p = 0; p < geometry.piece_count(); ++p) {
      PieceIndex const piece{p};
      digests.push_back(sha1(pattern(geometry.piece_offset(piece), geometry.piece_size(piece))));
    }
  }

  PieceGeometry geometry;
  storage::MemoryStorage storage;
  std::vector<Sha1Digest> digests;
};

TEST(PieceHasher, EveryPieceHasItsDigestWhateverTheNumberOfThreads) {
  Content content{37 * 16 * kKiB + 5, 16 * kKiB};
  for (unsigned const jobs : {0u, 1u, 3u, 64u}) {
    auto const digests = hash_pieces(content.storage, content.geometry, jobs);

    ASSERT_TRUE(digests) << digests.error().detail;
    EXPECT_EQ(*digests, content.digests) << jobs;
  }
}

TEST(PieceHasher, APieceLargerThanTheBuffersIsHashedWhole) {
  Content content{3 * kMiB + 300 * kKiB + 1, 1 * kMiB};

  auto const digests = hash_pieces(content.storage, content.geometry, 2);

  ASSERT_TRUE(digests) << digests.error().detail;
  EXPECT_EQ(*digests, content.digests);
}

TEST(PieceHasher, OnePieceShorterThanItsLengthIsHashed) {
  Content content{1, 16 * kKiB};

  auto const digests = hash_pieces(content.storage, content.geometry, 4);

  ASSERT_TRUE(digests);
  EXPECT_EQ(*digests, content.digests);
}

TEST(PieceHasher, EveryByteIsCountedOnce) {
  Content content{65 * 16 * kKiB + 100, 16 * kKiB};
  std::atomic<std::uint64_t> hashed{0};

  auto const digests = hash_pieces(content.storage, content.geometry, 3,
                                   {.hashed = [&](auto bytes) { hashed += bytes; }, .stop = {}});

  ASSERT_TRUE(digests);
  EXPECT_EQ(hashed, 65 * 16 * kKiB + 100);
}

TEST(PieceHasher, WhoIsAskedToStopStops) {
  Content content{64 * 16 * kKiB, 16 * kKiB};
  std::stop_source stop;
  stop.request_stop();

  auto const digests =
      hash_pieces(content.storage, content.geometry, 3, {.hashed = {}, .stop = stop.get_token()});

  ASSERT_FALSE(digests);
  EXPECT_EQ(digests.error().code, Errc::kCancelled);
}

TEST(PieceHasher, AFailureToReadIsTheAnswer) {
  Content content{64 * 16 * kKiB, 16 * kKiB};
  content.storage.fail_reads(20, 1, EIO);

  auto const digests = hash_pieces(content.storage, content.geometry, 3);

  ASSERT_FALSE(digests);
  EXPECT_EQ(digests.error().sys_errno, EIO);
}

}  // namespace
}  // namespace btfast
