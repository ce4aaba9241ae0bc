#include "engine/content/torrent_verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/base/sha1.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

// Ten pieces of 16 KiB: t/a 40,000 bytes, pad 9,152, t/b 100,000, t/empty, t/c the rest.
class TorrentVerify : public testing::Test {
 protected:
  TorrentVerify() {
    metainfo_.name = "t";
    metainfo_.multi_file = true;
    metainfo_.files = {
        {{"a"}, 40'000}, {{"pad"}, 9'152, true}, {{"b"}, 100'000}, {{"empty"}, 0}, {{"c"}, 14'688}};
    metainfo_.geometry = *PieceGeometry::make(163'840, 16'384);
    auto bytes = test::pattern(0, 163'840);
    std::fill_n(bytes.begin() + 40'000, 9'152, std::byte{0});
    for (std::uint32_t p = 0; p < 10; ++p) {
      metainfo_.piece_hashes.push_back(sha1(std::span{bytes}.subspan(p * 16'384, 16'384)));
    }
    put("a", std::span{bytes}.first(40'000));
    put("b", std::span{bytes}.subspan(49'152, 100'000));
    put("empty", {});
    put("c", std::span{bytes}.subspan(149'152));
  }
  void put(std::string const& name, std::span<std::byte const> bytes) const {
    fs::create_directory(dir_ / "t");
    std::ofstream{dir_ / "t" / name, std::ios::binary}.write(
        reinterpret_cast<char const*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void flip(std::string const& name, std::streamoff at) const {
    std::fstream file{dir_ / "t" / name, std::ios::binary | std::ios::in | std::ios::out};
    file.seekg(at);
    char const byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }
  Result<VerifyReport> verify() const {
    return verify_torrent(metainfo_, {.output_dir = dir_.path().string(), .jobs = 2});
  }

  test::TempDir dir_;
  Metainfo metainfo_;
};

TEST_F(TorrentVerify, SelectionLooksAtItsFilesAndTheirPiecesOnly) {
  fs::remove(dir_ / "t" / "a");

  auto const report =
      verify_torrent(metainfo_, {.output_dir = dir_.path().string(), .select = "3,4", .jobs = 2});

  ASSERT_TRUE(report);
  EXPECT_EQ(report->pieces, 7u);  // of the 100,000 bytes from the pad's end on
  EXPECT_TRUE(report->faults.empty());
  EXPECT_TRUE(report->good());
  EXPECT_FALSE(report->files[0].asked_for());
}

TEST_F(TorrentVerify, ProgressIsOfWhatIsSelected) {
  std::mutex mutex;
  std::vector<std::uint64_t> done;
  std::set<std::uint64_t> totals;
  auto const note = [&](std::uint64_t bytes, std::uint64_t all) {
    std::scoped_lock const lock{mutex};
    done.push_back(bytes);
    totals.insert(all);
  };

  auto const report = verify_torrent(
      metainfo_,
      {.output_dir = dir_.path().string(), .select = "3,4", .jobs = 2, .progress = note});

  ASSERT_TRUE(report);
  EXPECT_EQ(totals, std::set<std::uint64_t>{7 * 16'384});
  EXPECT_EQ(done.front(), 0u);
  EXPECT_EQ(std::ranges::max(done), 7u * 16'384);
}

TEST_F(TorrentVerify, SelectionThatNamesNoFileIsTheCallersMistake) {
  auto const report =
      verify_torrent(metainfo_, {.output_dir = dir_.path().string(), .select = "*.iso", .jobs = 2});

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kBadArgument);
}

TEST_F(TorrentVerify, WholeTorrentIsGood) {
  auto const report = verify();

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->good());
  EXPECT_TRUE(report->faults.empty());
}

TEST_F(TorrentVerify, FlippedByteIsTracedToTheFilesOfItsPiece) {
  flip("b", 99'999);  // piece 9, which c shares

  auto const report = verify();

  ASSERT_TRUE(report);
  EXPECT_FALSE(report->good());
  ASSERT_EQ(report->faults.size(), 1u);
  auto const& run = report->faults[0];
  EXPECT_EQ(run.fault, PieceFault::kBad);
  EXPECT_EQ(run.first, PieceIndex{9});
  EXPECT_EQ(run.last, PieceIndex{9});
  EXPECT_EQ(run.files, (std::vector{FileIndex{2}, FileIndex{4}}));
  EXPECT_EQ(report->files[2].faulty_pieces, 1u);
  EXPECT_TRUE(report->files[0].good());
}

TEST_F(TorrentVerify, AdjacentFaultsOfOneKindAreOneRun) {
  fs::remove(dir_ / "t/b");
  flip("a", 17'000);

  auto const report = verify();

  ASSERT_TRUE(report);
  ASSERT_EQ(report->faults.size(), 2u);
  EXPECT_EQ(report->faults[0].fault, PieceFault::kBad);
  EXPECT_EQ(report->faults[0].first, PieceIndex{1});
  EXPECT_EQ(report->faults[1].fault, PieceFault::kMissing);
  EXPECT_EQ(report->faults[1].first, PieceIndex{3});
  EXPECT_EQ(report->faults[1].last, PieceIndex{9});
  EXPECT_EQ(report->files[2].found, std::nullopt);
  EXPECT_FALSE(fs::exists(dir_ / "t/b"));
}

TEST_F(TorrentVerify, EmptyFileThatIsMissingIsNotGood) {
  fs::remove(dir_ / "t/empty");

  auto const report = verify();

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->check.good.all());
  EXPECT_FALSE(report->good());
  EXPECT_FALSE(report->files[3].good());
}

TEST_F(TorrentVerify, FileThatGoesOnPastItsEndIsNotGood) {
  fs::resize_file(dir_ / "t/c", 20'000);

  auto const report = verify();

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->check.good.all());
  EXPECT_FALSE(report->good());
  EXPECT_EQ(report->files[4].found, 20'000u);
}

TEST_F(TorrentVerify, SparseCopyWithTheRightZerosIsGood) {
  Metainfo zeros;
  zeros.name = "z";
  zeros.files = {{{}, 1 << 20}};
  zeros.geometry = *PieceGeometry::make(1 << 20, 262'144);
  std::vector<std::byte> const piece(262'144);
  zeros.piece_hashes.assign(4, sha1(piece));
  std::ofstream{dir_ / "z"};
  fs::resize_file(dir_ / "z", 1 << 20);

  auto const report = verify_torrent(zeros, {.output_dir = dir_.path().string()});

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->good());
}

TEST_F(TorrentVerify, StopRequestedBeforehandLeavesPiecesUnchecked) {
  std::stop_source source;
  source.request_stop();

  auto const report =
      verify_torrent(metainfo_, {.output_dir = dir_.path().string(), .stop = source.get_token()});

  ASSERT_TRUE(report);
  EXPECT_TRUE(report->check.cancelled);
}

TEST_F(TorrentVerify, MissingDirectoryIsNamed) {
  auto const report = verify_torrent(metainfo_, {.output_dir = (dir_ / "gone").string()});

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNotFound);
  EXPECT_NE(report.error().detail.find("gone"), std::string::npos);
}

}  // namespace
}  // namespace btfast
