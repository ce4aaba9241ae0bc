// ResumeStore: which files a control file vouches for, and which it only lets be looked into.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/engine/resume_store_fixture.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

class ResumeVouchTest : public ResumeStoreFixture {};

// Vouched for by the next run, by file.
TEST_F(ResumeVouchTest, AFileAsItWasLeftIsVouchedForWhateverItHolds) {
  first_run({0});

  std::vector<Vouch> const all{Vouch::kYes, Vouch::kYes, Vouch::kYes, Vouch::kNo, Vouch::kYes};
  EXPECT_EQ((Run{out()}.plan.vouched), all);
  EXPECT_EQ((Run{out(), true}.plan.vouched), all) << "its pieces are not believed; whose it is, is";
}

TEST_F(ResumeVouchTest, AFileThatAKilledRunMayHaveWrittenIsLookedInto) {
  first_run({0});
  touch("top/a");

  auto const plan = Run{out()}.plan;

  EXPECT_EQ(plan.vouched[0], Vouch::kIfTorn);
  EXPECT_EQ(plan.vouched[1], Vouch::kYes);
  EXPECT_TRUE(plan.kill.claimed.test(0));
  EXPECT_EQ(plan.kill.half_written, 1u);
}

// Nothing is claimed while nothing comes, and a clock may be set back.
TEST_F(ResumeVouchTest, AKilledRunMayHaveWrittenAtAnyTime) {
  first_run({0});
  auto const path = out() / "top/a";
  auto const noted = fs::last_write_time(path);
  auto const claimed = fs::last_write_time(control_file());
  auto const vouch_at = [&](fs::file_time_type time) {
    fs::last_write_time(path, time);
    return Run{out()}.plan.vouched[0];
  };

  EXPECT_EQ(vouch_at(claimed + std::chrono::hours{1}), Vouch::kIfTorn);
  EXPECT_EQ(vouch_at(noted - std::chrono::hours{1}), Vouch::kIfTorn);
}

TEST_F(ResumeVouchTest, EachRunMayLeavePiecesHalfWritten) {
  first_run({0});
  {
    Run second{out()};
    ASSERT_TRUE(second.store.save(second.plan.trusted));
  }

  EXPECT_EQ(Run{out()}.plan.kill.half_written, 2u);
}

// Where a file system tells no holes, what a start laid out is zeros like anybody's.
class AnnouncedFilesTest : public ResumeStoreFixture {
 protected:
  void announce() {
    storage::FileStorage files{out().string(), map()};
    ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
    ASSERT_TRUE(files.look());
    auto const plan = store.plan();
    Bitfield const good = hashed(files, plan);
    ASSERT_TRUE(store.admit(plan, good));
    ASSERT_TRUE(store.announce(good));
  }
  bool admits() const {
    storage::FileStorage files{out().string(), map()};
    ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
    EXPECT_TRUE(files.look());
    auto const plan = store.plan();
    return store.admit(plan, hashed(files, plan)).has_value();
  }
  void put_file(char const* name, std::string const& bytes) const {
    fs::create_directories(out() / "top/sub");
    std::ofstream{out() / name} << bytes;
  }
};

TEST_F(AnnouncedFilesTest, ZerosInThemAreOursAtAnyLength) {
  announce();
  put_file("top/a", std::string(kPiece * 5 / 2, '\0'));
  put_file("top/b", std::string(kPiece, '\0'));

  EXPECT_TRUE(admits());
}

TEST_F(AnnouncedFilesTest, AnythingElseInThemIsNot) {
  announce();
  put_file("top/a", std::string(kPiece * 5 / 2 - 1, '\0') + "u");

  EXPECT_FALSE(admits());
}

TEST_F(AnnouncedFilesTest, ZerosThatNobodyAnnouncedAreNot) {
  put_file("top/a", std::string(kPiece * 5 / 2, '\0'));

  EXPECT_FALSE(admits());
}

// Files that cannot be made, for want of room, leave the claim that was to tell of them.
TEST_F(AnnouncedFilesTest, WhatStoodThereBeforeIsNotFetchedAgain) {
  {
    Run run{out()};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(run.fetch({0, 1, 2, 3, 4}, have));
  }
  fs::remove(out() / "top/sub/c");
  announce();

  storage::FileStorage files{out().string(), map()};
  ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
  ASSERT_TRUE(files.look());
  Bitfield const good = hashed(files, store.plan());

  EXPECT_EQ(set_in(good), (Pieces{0, 1, 2, 3, 4}));
}

// More is wanted than was.
TEST_F(AnnouncedFilesTest, WhatIsClaimedAlreadyStaysClaimed) {
  first_run({0});
  fs::remove(out() / "top/b");
  announce();
  put_file("top/b", std::string(kPiece * 5 / 2, '\0'));

  EXPECT_TRUE(admits());
  Run run{out()};
  EXPECT_TRUE(run.plan.trusted.test(0));
  EXPECT_EQ(run.plan.vouched[0], Vouch::kYes);
}

TEST_F(ResumeVouchTest, AnotherFileOfTheNameIsNotVouchedForUnseen) {
  first_run({0, 3});
  auto const path = out() / "top/b";
  auto const noted = fs::last_write_time(path);
  fs::copy_file(path, out() / "new");
  fs::rename(out() / "new", path);

  EXPECT_EQ(Run{out()}.plan.vouched[1], Vouch::kNo);

  fs::last_write_time(path, noted);
  auto const plan = Run{out()}.plan;
  auto const fd = storage::io::open_directory(out().string());
  ASSERT_TRUE(fd);
  bool const born = storage::io::birth_time_ns(fd->get()) != 0;
  EXPECT_EQ(plan.vouched[1], born ? Vouch::kNo : Vouch::kIfTorn) << "a copy with its times";
  EXPECT_EQ(set_in(plan.trusted), Pieces{0}) << "and hashed";
}

// After a kill, in the place of a file that had no right piece yet.
TEST_F(ResumeVouchTest, WhatTheUserPutThereIsNotWrittenOver) {
  for (bool const anew : {false, true}) {
    fs::remove_all(out());
    first_run({});
    auto const path = out() / "top/b";
    if (anew) fs::remove(path);
    std::ofstream{path} << std::string(kPiece * 5 / 2, 'u');
    storage::FileStorage files{out().string(), map()};
    ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
    ASSERT_TRUE(files.look());
    auto const plan = store.plan();

    EXPECT_FALSE(store.admit(plan, hashed(files, plan))) << (anew ? "anew" : "in place");
  }
}

TEST_F(ResumeVouchTest, WhatAKillTearsIsStillOurs) {
  first_run({});
  auto const half = kPiece / 2;
  std::fstream{out() / "top/a", std::ios::in | std::ios::out | std::ios::binary}.seekp(2 * kPiece)
      << std::string(half, 't');  // piece 2, and nothing of it in b
  storage::FileStorage files{out().string(), map()};
  ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
  ASSERT_TRUE(files.look());
  auto const plan = store.plan();

  EXPECT_TRUE(store.admit(plan, hashed(files, plan)));
}

TEST_F(ResumeVouchTest, WhatWasLeftAtRestChangesOnlyByOthersHands) {
  {
    Run run{out()};
    ASSERT_TRUE(run.store.save(Bitfield{geometry().piece_count()}, ResumeStore::Files::kAtRest));
  }
  touch("top/b");

  auto const vouched = Run{out()}.plan.vouched;

  EXPECT_EQ(vouched[0], Vouch::kYes);
  EXPECT_EQ(vouched[1], Vouch::kNo);
}

}  // namespace
}  // namespace btfast
