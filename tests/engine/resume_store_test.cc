#include "engine/torrent/resume_store.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/partial_storage.h"
#include "tests/engine/resume_store_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;
using storage::FileStorage;
using storage::io::Op;
using test::FileFaults;

class ResumeStoreTest : public ResumeStoreFixture {};

TEST_F(ResumeStoreTest, AFreshOutputHasNothingToTrustAndNobodyVouchesForIt) {
  Run const run{out()};

  EXPECT_TRUE(run.plan.trusted.none());
  EXPECT_TRUE(run.plan.vouched.empty());
  EXPECT_EQ(run.store.path(), control_file().string());
}

TEST_F(ResumeStoreTest, WhatWasSavedIsTrustedWithoutHashing) {
  first_run({0, 2, 7});

  Run const second{out()};

  EXPECT_EQ(set_in(second.plan.trusted), (Pieces{0, 2, 7}));
  EXPECT_TRUE(second.plan.unsure.none());
}

TEST_F(ResumeStoreTest, PiecesOfATouchedFileAreHashedAgain) {
  first_run({0, 1, 2, 3, 7});
  touch("top/b");

  Run const second{out()};

  EXPECT_EQ(set_in(second.plan.trusted), (Pieces{0, 1, 7}));
  EXPECT_EQ(set_in(second.plan.unsure), (Pieces{2, 3, 4}));
}

TEST_F(ResumeStoreTest, PiecesOfAMissingAndAShorterFileAreNotTrusted) {
  first_run({0, 1, 2, 3, 7, 8});
  fs::remove(out() / "top/a");
  fs::resize_file(out() / "top/sub/c", 100);

  Run const second{out()};

  EXPECT_EQ(set_in(second.plan.trusted), (Pieces{3}));
  EXPECT_EQ(set_in(second.plan.unsure), (Pieces{0, 1, 2, 6, 7, 8}));
}

TEST_F(ResumeStoreTest, WritesAfterTheSaveMakeTheFileUnsure) {
  {
    Run run{out()};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(run.fetch({0}, have));
    ASSERT_TRUE(run.store.save(have));
    touch("top/a");  // a clock tick between the two: times are coarse
    ASSERT_TRUE(run.fetch({1}, have));
  }

  Run const second{out()};

  EXPECT_TRUE(second.plan.trusted.none());
  EXPECT_EQ(set_in(second.plan.unsure), (Pieces{0, 1, 2}));
}

TEST_F(ResumeStoreTest, ALaterSaveKnowsTheNewTimes) {
  {
    Run run{out()};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(run.fetch({0}, have));
    ASSERT_TRUE(run.store.save(have));
    touch("top/a");
    ASSERT_TRUE(run.fetch({1}, have));
    ASSERT_TRUE(run.store.save(have));
  }

  EXPECT_EQ(set_in(Run{out()}.plan.trusted), (Pieces{0, 1}));
}

TEST_F(ResumeStoreTest, ClaimsInAFileThatWasNeverThereAreHashed) {
  {
    FileStorage files{out().string(), map(), {.left_out = {false, true, false, false, false}}};
    ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
    ASSERT_TRUE(files.prepare());
    Bitfield have{geometry().piece_count()};
    for (std::uint32_t p : {0u, 7u}) put(files, p, have);
    have.set(2);
    ASSERT_TRUE(store.save(have));
  }

  Run const second{out()};

  EXPECT_EQ(set_in(second.plan.trusted), (Pieces{0, 7}));
  EXPECT_EQ(set_in(second.plan.unsure), (Pieces{2}));
}

// By its size and times it is as we left it: others cut it, and our own next write made it long
// again.
TEST_F(ResumeStoreTest, AClaimedPieceThatTouchesAHoleIsHashed) {
  {
    Run run{out()};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(run.fetch({0, 2}, have));
    fs::resize_file(out() / "top/b", 0);
    ASSERT_TRUE(run.fetch({4}, have));
    ASSERT_TRUE(run.store.save(have));
  }

  Run const second{out()};

  EXPECT_EQ(set_in(second.plan.trusted), (Pieces{0, 4}));
  EXPECT_EQ(set_in(second.plan.unsure), Pieces{2});
}

TEST_F(ResumeStoreTest, WithoutTheControlFileEverythingIsHashed) {
  first_run({0});
  fs::remove(control_file());

  Run const second{out()};

  EXPECT_TRUE(second.plan.trusted.none());
  EXPECT_TRUE(second.plan.unsure.all());
}

TEST_F(ResumeStoreTest, AskedToIgnoreTheClaimItHashesEverything) {
  first_run({0});

  Run const second{out(), true};

  EXPECT_TRUE(second.plan.trusted.none());
  EXPECT_TRUE(second.plan.unsure.all());
}

TEST_F(ResumeStoreTest, ADamagedControlFileIsIgnoredAndReplaced) {
  first_run({0});
  auto const kept = test::file_text(control_file());
  for (std::string const& damaged : {std::string{}, kept.substr(0, 60), kept + "x"}) {
    std::ofstream{control_file(), std::ios::binary} << damaged;
    Run run{out()};

    EXPECT_TRUE(run.plan.trusted.none());
    EXPECT_TRUE(run.plan.unsure.all());
    EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
    EXPECT_GT(test::file_text(control_file()).size(), 40u);
  }
}

TEST_F(ResumeStoreTest, AnotherTorrentsControlFileIsNeitherReplacedNorRemoved) {
  first_run({0});
  auto const kept = test::file_text(control_file());
  {
    Run run{out(), false, InfoHash{}};

    EXPECT_TRUE(run.plan.trusted.none());
    EXPECT_TRUE(run.plan.vouched.empty());
    EXPECT_TRUE(run.store.begin(Bitfield{geometry().piece_count()}));
    EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count(), true}));
    run.store.remove();
  }

  EXPECT_EQ(test::file_text(control_file()), kept);
  EXPECT_EQ(set_in(Run{out()}.plan.trusted), (Pieces{0}));
}

// b is the user's own: not wanted, then wanted, with and without the piece at its end.
TEST_F(ResumeStoreTest, NothingIsClaimedOfSomebodyElsesFile) {
  for (bool const border : {false, true}) {
    fs::remove_all(out());
    fs::create_directories(out() / "top");
    std::ofstream{out() / "top/b"} << std::string(kPiece * 5 / 2, 'u');
    auto const before = test::file_text(out() / "top/b");
    for (int run = 0; run < 3; ++run) {
      std::vector<bool> const wanted = {true, run == 2, true, true, true};
      storage::PartialStorage storage{out().string(), map(), {kHash, kPiece}, wanted, {}};
      ResumeStore store{storage.files(), {.info_hash = kHash, .geometry = geometry()}};
      ASSERT_TRUE(storage.look());
      auto const plan = store.plan();
      Bitfield good = hashed(storage, plan);

      EXPECT_EQ(good.test(2), border && run == 1) << "run " << run;
      EXPECT_EQ(bool{store.admit(plan, good)}, run < 2) << "border " << border << " run " << run;
      if (run == 2) break;
      EXPECT_FALSE(storage.files().is_ours(FileIndex{1}));
      ASSERT_TRUE(storage.prepare());
      ASSERT_TRUE(store.begin(good));
      if (border) put(storage, 2, good);
      ASSERT_TRUE(storage.sync());
      ASSERT_TRUE(store.save(good, ResumeStore::Files::kAtRest));
    }
    EXPECT_EQ(test::file_text(out() / "top/b"), before);
  }
}

// It may be that of a larger torrent.
TEST_F(ResumeStoreTest, AControlFileLongerThanThisTorrentsCanBeIsLeftAlone) {
  first_run({0});
  auto const longer = test::file_text(control_file()) + std::string(1 << 16, 'x');
  std::ofstream{control_file(), std::ios::binary} << longer;
  Run run{out()};

  EXPECT_TRUE(run.plan.unsure.all());
  EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
  run.store.remove();

  EXPECT_EQ(test::file_text(control_file()), longer);
}

TEST_F(ResumeStoreTest, TheFirstClaimIsThereBeforeTheFirstByteAndCostsNoSync) {
  Run run{out()};
  FileFaults const syncs{Op::kSync, FileFaults::always(EIO)};

  auto const begun = run.store.begin(Bitfield{geometry().piece_count()});

  ASSERT_TRUE(begun);
  EXPECT_FALSE(*begun) << "it claims nothing that a sync would have to make true";
  EXPECT_EQ(syncs.calls(Op::kSync), 0u);
  EXPECT_TRUE(fs::exists(control_file()));
}

TEST_F(ResumeStoreTest, AClaimThatIsThereIsNotLostToTheFirstOne) {
  first_run({0});
  {
    Run run{out()};
    FileFaults const syncs{Op::kSync, FileFaults::always(EIO)};

    EXPECT_FALSE(run.store.begin(run.plan.trusted));
  }

  EXPECT_EQ(set_in(Run{out()}.plan.trusted), (Pieces{0}));
}

TEST_F(ResumeStoreTest, AnothersFileWhereTheNewOneIsMadeIsNeitherReplacedNorRemoved) {
  fs::create_directories(out());
  auto const fresh = out() / "top.btfast.new";
  std::ofstream{fresh} << "the user's notes";
  Run run{out()};

  EXPECT_TRUE(run.store.begin(Bitfield{geometry().piece_count()}));
  EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
  run.store.remove();

  EXPECT_EQ(test::file_text(fresh), "the user's notes");
  EXPECT_FALSE(fs::exists(control_file()));
  EXPECT_FALSE(fs::exists(control_file()));
}

TEST_F(ResumeStoreTest, AFileThatIsNotOursIsNeitherReplacedNorRemoved) {
  fs::create_directories(out());
  std::ofstream{control_file()} << "the user's notes";
  Run run{out()};

  EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
  run.store.remove();

  EXPECT_EQ(test::file_text(control_file()), "the user's notes");
}

TEST_F(ResumeStoreTest, WhatStandsInTheControlFilesPlaceRefusesADownload) {
  for (char const* name : {"top.btfast", "top.btfast.new"}) {
    for (char const* text : {"bt", "btfast resume notes, and what I make of them: nothing"}) {
      fs::remove_all(out());
      fs::create_directories(out());
      std::ofstream{out() / name} << text;
      FileStorage files{out().string(), map()};
      ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
      ASSERT_TRUE(files.look());
      auto const plan = store.plan();

      auto const admitted = store.admit(plan, Bitfield{geometry().piece_count()});

      ASSERT_FALSE(admitted) << name;
      EXPECT_EQ(admitted.error().code, Errc::kUnsafePath);
      EXPECT_TRUE(admitted.error().detail.starts_with((out() / name).string() + ":"));
      store.remove();
      EXPECT_EQ(test::file_text(out() / name), text);
    }
  }
}

// A machine that lost its power leaves so what was not synced.
TEST_F(ResumeStoreTest, BlankFilesOfTheNamesAreInNobodysWay) {
  fs::create_directories(out());
  for (auto const& text : {std::string{}, std::string(100, '\0')}) {
    for (char const* name : {"top.btfast", "top.btfast.new"}) std::ofstream{out() / name} << text;
    Run run{out()};

    EXPECT_TRUE(run.store.admit(run.plan, Bitfield{geometry().piece_count()}));
    EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
    EXPECT_NE(test::file_text(control_file()), text);
  }
}

TEST_F(ResumeStoreTest, ALinkOfTheNameIsLeftAlone) {
  fs::create_directories(out());
  fs::create_symlink("elsewhere", control_file());
  Run run{out()};

  EXPECT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
  run.store.remove();

  EXPECT_TRUE(fs::is_symlink(control_file()));
  EXPECT_FALSE(fs::exists(out() / "elsewhere"));
}

TEST_F(ResumeStoreTest, RemoveTakesTheTemporaryFileToo) {
  Run run{out()};
  ASSERT_TRUE(run.store.save(Bitfield{geometry().piece_count()}));
  std::ofstream{out() / "top.btfast.new"} << "left by a kill";

  run.store.remove();

  EXPECT_FALSE(fs::exists(control_file()));
  EXPECT_FALSE(fs::exists(out() / "top.btfast.new"));
}

// Whatever call fails, however often it had gone well before.
TEST_F(ResumeStoreTest, AFailedSaveLeavesTheOldClaimOrTheNewOne) {
  first_run({0});
  Bitfield have{geometry().piece_count()};
  for (Op const op : {Op::kOpenSafe, Op::kStat, Op::kWrite, Op::kSync, Op::kRename, Op::kUnlink}) {
    for (std::uint64_t k = 1; k <= 3; ++k) {
      {
        Run run{out()};
        have.set(0);
        have.set(1);
        FileFaults const faults{op, FileFaults::on_call(k, ENOSPC)};
        (void)run.store.save(have);
      }

      auto const trusted = set_in(Run{out()}.plan.trusted);

      bool const old_or_new = trusted == Pieces{0} || trusted == Pieces{0, 1};
      EXPECT_TRUE(old_or_new) << "op " << static_cast<int>(op) << " call " << k;
    }
  }
}

TEST_F(ResumeStoreTest, AFullDiskIsToldWithThePath) {
  Run run{out()};
  FileFaults const faults{Op::kWrite, FileFaults::always(ENOSPC)};

  auto const saved = run.store.save(Bitfield{geometry().piece_count()});

  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, Errc::kDiskFull);
  EXPECT_NE(saved.error().detail.find(control_file().string()), std::string::npos);
}

// Nobody knows whether a kill tore it or its user wrote into it: it is left alone while it is not
// wanted, and what is known of it is said again, or it would be a stranger's once it is.
TEST_F(ResumeStoreTest, WhatAKillMayHaveTornIsKnownAfterAnotherSelection) {
  first_run({});
  std::fstream{out() / "top/a", std::ios::in | std::ios::out}.seekp(2 * kPiece) << "torn";
  {
    storage::FileStorage files{
        out().string(), map(), {.left_out = {true, false, false, false, false}}};
    ASSERT_TRUE(files.look());
    ResumeStore store{files, {.info_hash = kHash, .geometry = geometry()}};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(store.admit(store.plan(), have));
    EXPECT_FALSE(files.is_ours(FileIndex{0}));
    ASSERT_TRUE(store.announce(have));
    ASSERT_TRUE(files.prepare());
    for (std::uint32_t p = 2; p < have.size(); ++p) have.set(p);
    ASSERT_TRUE(store.conclude(have));
  }

  Run const again{out()};

  ASSERT_FALSE(again.plan.vouched.empty()) << "the control file is gone";
  EXPECT_EQ(again.plan.vouched[0], Vouch::kIfTorn);
}

}  // namespace
}  // namespace btfast
