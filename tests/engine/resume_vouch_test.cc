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
  EXPECT_EQ(plan.kill.workers, 1u);
}

TEST_F(ResumeVouchTest, NobodyWritesLongAfterAKillNorBeforeTheClaim) {
  first_run({0});
  auto const path = out() / "top/a";
  auto const noted = fs::last_write_time(path);
  auto const claimed = fs::last_write_time(control_file());
  auto const vouch_at = [&](fs::file_time_type time) {
    fs::last_write_time(path, time);
    return Run{out()}.plan.vouched[0];
  };

  EXPECT_EQ(vouch_at(claimed + std::chrono::seconds{10}), Vouch::kIfTorn);
  EXPECT_EQ(vouch_at(claimed + std::chrono::seconds{11}), Vouch::kNo);
  EXPECT_EQ(vouch_at(noted - std::chrono::seconds{1}), Vouch::kNo);
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
