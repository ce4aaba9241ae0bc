#include "storage/part_seal.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace btfast::storage {
namespace {

constexpr PartOwner kOwner{{std::byte{7}}, 16384};

TEST(PartSeal, DiffersWithTheTorrentAndWithWhereItsEndsLie) {
  PartOwner other = kOwner;
  other.info_hash.back() = std::byte{1};

  std::set<std::vector<std::byte>> const seals{part_seal(kOwner, 1000), part_seal(other, 1000),
                                               part_seal({kOwner.info_hash, 32768}, 1000),
                                               part_seal(kOwner, 1001)};

  EXPECT_EQ(seals.size(), 4u);
  EXPECT_EQ(part_seal(kOwner, 1000), *seals.find(part_seal(kOwner, 1000)));
}

// Else the first end would be no hole as soon as there is a seal.
TEST(PartSeal, SharesNoBlockWithTheEnds) {
  EXPECT_EQ(part_ends_offset(0), 0u);
  EXPECT_EQ(part_ends_offset(1), 4096u);
  EXPECT_EQ(part_ends_offset(4096), 4096u);
  EXPECT_EQ(part_ends_offset(4097), 8192u);
}

}  // namespace
}  // namespace btfast::storage
