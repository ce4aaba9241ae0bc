// ResumeStore at the end of a download: the control file goes, unless it speaks for what another
// selection left half.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "storage/partial_storage.h"
#include "tests/engine/resume_store_fixture.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

class ResumeConcludeTest : public ResumeStoreFixture {
 protected:
  enum class End { kWhole, kKilledAtOnce, kKilledMidPiece };
  // A run that wants these files, from its start to its end; nothing where it is refused.
  bool run_of(std::vector<bool> const& wanted, Pieces const& fetched, End end) {
    storage::PartialStorage storage{out().string(), map(), {kHash, kPiece}, wanted, {}};
    ResumeStore store{storage.files(), {.info_hash = kHash, .geometry = geometry()}};
    EXPECT_TRUE(storage.look());
    auto const plan = store.plan();
    Bitfield good = hashed(storage, plan);
    if (!store.admit(plan, good)) return false;
    EXPECT_TRUE(storage.prepare());
    EXPECT_TRUE(store.begin(good));
    if (end == End::kKilledMidPiece) write_half_of_piece_3(storage);
    for (auto const p : fetched) put(storage, p, good);
    EXPECT_TRUE(storage.sync());
    if (end == End::kWhole) {
      EXPECT_TRUE(store.conclude(good));
    }
    return true;
  }
  // It lies in b alone.
  static void write_half_of_piece_3(storage::Storage& storage) {
    std::uint64_t const offset = geometry().piece_offset(PieceIndex{3});
    auto bytes = test::pattern(offset, kPiece / 2);
    iovec const buffer{bytes.data(), bytes.size()};
    ASSERT_TRUE(storage.write(offset, {&buffer, 1}));
  }

  std::vector<bool> const all_{true, true, true, true, true};
  std::vector<bool> const only_a_{true, false, true, true, false};
};

TEST_F(ResumeConcludeTest, WhatAKillLeftHalfStaysOursWhenAnotherSelectionIsWhole) {
  ASSERT_TRUE(run_of(all_, {}, End::kKilledMidPiece));
  ASSERT_TRUE(run_of(only_a_, {0, 1, 2}, End::kWhole));

  EXPECT_TRUE(fs::exists(control_file()));
  EXPECT_TRUE(run_of(all_, {3, 4, 5, 6, 7, 8}, End::kWhole));
  EXPECT_FALSE(fs::exists(control_file()));
}

TEST_F(ResumeConcludeTest, FilesThatNobodyBeganKeepNoControlFile) {
  ASSERT_TRUE(run_of(only_a_, {0, 1, 2}, End::kWhole));

  EXPECT_FALSE(fs::exists(control_file()));
}

TEST_F(ResumeConcludeTest, FilesThatAreBlankAreAnybodysAndKeepNone) {
  ASSERT_TRUE(run_of(all_, {}, End::kKilledAtOnce) && fs::exists(control_file()));
  ASSERT_TRUE(run_of(only_a_, {0, 1, 2}, End::kWhole));

  EXPECT_FALSE(fs::exists(control_file()));
}

}  // namespace
}  // namespace btfast
