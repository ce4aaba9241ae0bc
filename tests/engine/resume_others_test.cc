// ResumeStore where others' hands were at work: another torrent's, or somebody's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "engine/torrent/resume_store.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPiece = 16 * 1024;
constexpr InfoHash kHash{std::byte{7}};

// Two files of two pieces each.
class ResumeOthersTest : public testing::Test {
 protected:
  static storage::FileMap map() {
    return storage::FileMap{{{"top/a", 2 * kPiece}, {"top/b", 2 * kPiece}}};
  }
  static ResumeStore::Subject subject() {
    return {.info_hash = kHash, .geometry = *PieceGeometry::make(4 * kPiece, kPiece)};
  }
  static void fetch(storage::Storage& files, std::vector<std::uint32_t> const& pieces,
                    Bitfield& have) {
    for (std::uint32_t const p : pieces) {
      auto bytes = test::pattern(std::uint64_t{p} * kPiece, kPiece);
      iovec const buffer{bytes.data(), bytes.size()};
      ASSERT_TRUE(files.write(std::uint64_t{p} * kPiece, {&buffer, 1}));
      have.set(p);
    }
    ASSERT_TRUE(files.sync());
  }
  fs::path out() const { return dir_ / "out"; }

  test::TempDir dir_;
};

// Its size and time are as we left them, for we write on after it was cut.
TEST_F(ResumeOthersTest, NothingIsClaimedOfAFileThatOthersCut) {
  {
    storage::FileStorage files{out().string(), map()};
    ResumeStore store{files, subject()};
    ASSERT_TRUE(files.prepare());
    (void)store.plan();
    Bitfield have{4};
    fetch(files, {0, 1, 2}, have);
    fs::resize_file(out() / "top/a", 10);
    fetch(files, {0}, have);
    ASSERT_TRUE(store.save(have));
  }

  storage::FileStorage files{out().string(), map()};
  ResumeStore store{files, subject()};
  ASSERT_TRUE(files.look());
  auto const plan = store.plan();

  EXPECT_FALSE(plan.trusted.test(0) || plan.trusted.test(1));
  EXPECT_TRUE(plan.trusted.test(2));
  EXPECT_EQ(plan.vouched[0], Vouch::kNo);
  EXPECT_NE(plan.vouched[1], Vouch::kNo);
}

// Killed before it was renamed, be it longer than this one's can be.
TEST_F(ResumeOthersTest, AnotherTorrentsReplacementIsNeitherReplacedNorRemoved) {
  auto const fresh = out() / "top.btfast.new";
  for (std::uint32_t const pieces : {8u, 100'000u}) {
    fs::remove_all(out());
    fs::create_directories(out());
    ResumeClaim claim{.info_hash = {std::byte{8}},
                      .verified = Bitfield{pieces, true},
                      .files = {{"top/a", {}, 0}}};
    auto const bytes = encode_resume(claim);
    std::ofstream{fresh}.write(reinterpret_cast<char const*>(bytes.data()),
                               static_cast<std::streamsize>(bytes.size()));
    auto const before = test::file_text(fresh);
    {
      storage::FileStorage files{out().string(), map()};
      ResumeStore store{files, subject()};
      ASSERT_TRUE(files.prepare());
      (void)store.plan();
      Bitfield have{4};
      fetch(files, {0}, have);
      ASSERT_TRUE(store.save(have));
      store.remove();
    }

    EXPECT_TRUE(fs::exists(fresh) && test::file_text(fresh) == before) << pieces;
  }
}

}  // namespace
}  // namespace btfast
