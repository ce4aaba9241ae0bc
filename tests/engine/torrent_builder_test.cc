#include "engine/content/torrent_builder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/base/limits.h"
#include "engine/base/rng.h"
#include "engine/base/sha1.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/metainfo_urls.h"
#include "tests/support/file_faults.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

namespace fs = std::filesystem;

std::string random_text(std::size_t size, std::uint64_t seed) {
  Rng rng{seed};
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(rng.below(256));
  return text;
}

class TorrentBuilder : public testing::Test {
 protected:
  void put(fs::path const& path, std::string const& text) {
    fs::create_directories((dir_ / path).parent_path());
    std::ofstream{dir_ / path, std::ios::binary} << text;
  }
  BuildOptions options(std::string const& path) {
    BuildOptions options;
    options.path = (dir_ / path).string();
    return options;
  }
  static Metainfo parsed(BuiltTorrent const& built) {
    auto metainfo = parse_metainfo(built.bytes);
    EXPECT_TRUE(metainfo) << metainfo.error().detail;
    return *std::move(metainfo);
  }
  test::TempDir dir_;
};

TEST_F(TorrentBuilder, PiecesAreTheDigestsOfTheBytesWhateverTheNumberOfThreads) {
  std::string const content = random_text(700'001, 1);
  put("f.bin", content);
  auto wanted = options("f.bin");
  wanted.piece_length = 32'768;

  for (unsigned const jobs : {1u, 2u, 7u}) {
    wanted.jobs = jobs;
    auto const built = build_torrent(wanted);
    ASSERT_TRUE(built) << built.error().detail;
    auto const metainfo = parsed(*built);

    ASSERT_EQ(metainfo.piece_hashes.size(), 22u);
    for (std::size_t p = 0; p < 22; ++p) {
      auto const piece = content.substr(p * 32'768, 32'768);
      EXPECT_EQ(metainfo.piece_hashes[p], sha1(std::as_bytes(std::span{piece}))) << p;
    }
    EXPECT_EQ(metainfo.info_hash, built->info_hash);
  }
}

TEST_F(TorrentBuilder, FilesOfADirectoryAreSortedByTheBytesOfTheirPaths) {
  put("d/b", "2");
  put("d/a/x", "x");
  put("d/a.b", "1");
  put("d/a-b", "1");
  put("d/.hidden", "h");
  put("d/empty", "");
  fs::create_directory(dir_ / "d/nothing");
  fs::create_symlink("b", dir_ / "d/link");

  auto const built = build_torrent(options("d/"));

  ASSERT_TRUE(built) << built.error().detail;
  auto const metainfo = parsed(*built);
  EXPECT_EQ(metainfo.name, "d");
  std::vector<std::vector<std::string>> paths;
  for (auto const& file : metainfo.files) paths.push_back(file.path);
  EXPECT_EQ(paths, (std::vector<std::vector<std::string>>{
                       {".hidden"}, {"a-b"}, {"a.b"}, {"a", "x"}, {"b"}, {"empty"}}));
  ASSERT_EQ(built->warnings.size(), 1u);
  EXPECT_TRUE(
      built->warnings[0].ends_with("/d/link: a symbolic link, left out (--follow-symlinks takes "
                                   "what it leads to)"));
}

TEST_F(TorrentBuilder, PiecesSpanFiles) {
  put("d/1", random_text(20'000, 1));
  put("d/2", random_text(5, 2));
  put("d/3", random_text(30'000, 3));
  auto wanted = options("d");
  wanted.piece_length = 16'384;

  auto const built = build_torrent(wanted);

  ASSERT_TRUE(built);
  std::string const all = random_text(20'000, 1) + random_text(5, 2) + random_text(30'000, 3);
  auto const metainfo = parsed(*built);
  for (std::size_t p = 0; p < 4; ++p) {
    auto const piece = all.substr(p * 16'384, 16'384);
    EXPECT_EQ(metainfo.piece_hashes.at(p), sha1(std::as_bytes(std::span{piece})));
  }
}

TEST_F(TorrentBuilder, WhatWasAskedForStandsInTheTorrent) {
  put("f", "content");
  auto wanted = options("f");
  wanted.tracker_tiers = {{"http://a/x", "udp://b:1"}, {"https://c/x"}};
  wanted.web_seeds = {"http://w/f"};
  wanted.is_private = true;
  wanted.comment = "hello";
  wanted.source = "SRC";
  wanted.created_by = "us";
  wanted.creation_date = 1'700'000'000;

  auto const metainfo = parsed(*build_torrent(wanted));

  EXPECT_EQ(metainfo.tracker_tiers, wanted.tracker_tiers);
  EXPECT_EQ(metainfo.web_seeds, wanted.web_seeds);
  EXPECT_TRUE(metainfo.is_private);
  EXPECT_EQ(metainfo.comment, "hello");
  EXPECT_EQ(metainfo.source, "SRC");
  EXPECT_EQ(metainfo.created_by, "us");
  EXPECT_EQ(metainfo.creation_date, 1'700'000'000);
  EXPECT_TRUE(metainfo.warnings.empty());
}

TEST_F(TorrentBuilder, RefusesWhatNoTorrentCanBeMadeOf) {
  put("empty", "");
  put("f", "x");
  fs::create_directory(dir_ / "none");
  auto odd = options("f");
  odd.piece_length = 20'000;
  auto scheme = options("f");
  scheme.tracker_tiers = {{"gopher://x"}};

  EXPECT_EQ(build_torrent(options("empty")).error().code, Errc::kBadArgument);
  EXPECT_EQ(build_torrent(options("none")).error().code, Errc::kBadArgument);
  EXPECT_EQ(build_torrent(options("missing")).error().code, Errc::kNotFound);
  EXPECT_EQ(build_torrent(odd).error().code, Errc::kBadArgument);
  EXPECT_EQ(build_torrent(scheme).error().code, Errc::kBadArgument);
}

TEST_F(TorrentBuilder, WhatItsReaderWouldDropIsRefusedOrMended) {
  put("f", "x");
  auto mended = options("f");
  mended.tracker_tiers = {{" HTTP://a/x "}, {"http://a/x"}};
  mended.web_seeds = {"http://w/f\n"};

  auto const built = build_torrent(mended);

  ASSERT_TRUE(built) << built.error().detail;
  auto const metainfo = parsed(*built);
  EXPECT_EQ(metainfo.tracker_tiers, (TrackerTiers{{"http://a/x"}}));
  EXPECT_EQ(metainfo.web_seeds, std::vector<std::string>{"http://w/f"});
  EXPECT_TRUE(metainfo.warnings.empty());
  for (std::string const url : {"http://", "udp://a", "http://b c/", "http://t\xc3\xa4st/", ""}) {
    auto refused = options("f");
    refused.tracker_tiers = {{url}};
    EXPECT_EQ(build_torrent(refused).error().code, Errc::kBadArgument) << url;
  }
  auto long_winded = options("f");
  long_winded.comment = std::string(limits::kCommentBytes + 1, 'c');
  EXPECT_EQ(build_torrent(long_winded).error().code, Errc::kBadArgument);
}

TEST_F(TorrentBuilder, AFileThatChangesWhileItIsHashedIsNamedAndNothingIsMade) {
  fs::path const file = dir_ / "d/b";
  std::vector<std::pair<std::string, std::function<void()>>> const changes{
      {"d/b: was written to", [&] { put("d/b", random_text(50'000, 3)); }},
      {"d/b: grew from 50000 to 50001 bytes", [&] { put("d/b", random_text(50'001, 3)); }},
      {"d/b: shrank from 50000 to 5 bytes", [&] { put("d/b", random_text(5, 3)); }},
      {"d/b: was replaced", [&] { fs::rename(dir_ / "other", file); }},
      {"d/b: vanished", [&] { fs::remove(file); }},
  };
  for (auto const& [says, change] : changes) {
    put("d/a", random_text(50'000, 1));
    put("other", random_text(50'000, 2));
    fs::remove(file);
    put("d/b", random_text(50'000, 2));
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours{1});
    test::FileFaults const at_the_first_read{test::FileFaults::Op::kRead,
                                             [&change = change](std::uint64_t nth) {
                                               if (nth == 1) change();
                                               return test::FileFaults::Fault{};
                                             }};

    auto wanted = options("d");
    wanted.jobs = 1;
    auto const built = build_torrent(wanted);

    ASSERT_FALSE(built) << says;
    EXPECT_EQ(built.error().code, Errc::kDiskIo);
    EXPECT_NE(built.error().detail.find(says), std::string::npos) << built.error().detail;
  }
}

TEST_F(TorrentBuilder, PrivateWithoutATrackerIsWarnedOf) {
  put("f", "x");
  auto lonely = options("f");
  lonely.is_private = true;
  auto tracked = lonely;
  tracked.tracker_tiers = {{"http://a/"}};

  EXPECT_EQ(build_torrent(lonely)->warnings.size(), 1u);
  EXPECT_EQ(build_torrent(tracked)->warnings.size(), 0u);
}

TEST_F(TorrentBuilder, WhatFollowedLinksLeadToIsHashedUnderTheirNames) {
  put("elsewhere/x", "content");
  put("d/y", "more");
  fs::create_symlink(dir_ / "elsewhere", dir_ / "d/link");
  auto wanted = options("d");
  wanted.scan.follow_links = true;

  auto const built = build_torrent(wanted);

  ASSERT_TRUE(built) << built.error().detail;
  auto const metainfo = parsed(*built);
  ASSERT_EQ(metainfo.files.size(), 2u);
  EXPECT_EQ(metainfo.files[0].path, (std::vector<std::string>{"link", "x"}));
  std::string const all = "contentmore";
  EXPECT_EQ(metainfo.piece_hashes.at(0), sha1(std::as_bytes(std::span{all})));
}

TEST_F(TorrentBuilder, SaysWhyNothingIsThere) {
  put("empty", "");
  put("d/empty", "");
  put("e/x", "x");
  fs::create_directory(dir_ / "none");
  auto all_out = options("e");
  all_out.scan.exclude = {"*"};
  auto const reason = [](BuildOptions const& wanted) {
    return build_torrent(wanted).error().detail;
  };

  EXPECT_NE(reason(options("empty")).find("empty: is empty"), std::string::npos);
  EXPECT_NE(reason(options("d")).find("d: holds empty files only"), std::string::npos);
  EXPECT_NE(reason(options("none")).find("none: holds no files"), std::string::npos);
  EXPECT_NE(reason(all_out).find("but those left out by --exclude"), std::string::npos);
}

TEST_F(TorrentBuilder, ALinkThatIsNamedIsFollowedUnderItsOwnName) {
  put("real", "content");
  fs::create_symlink("real", dir_ / "alias");

  auto const built = build_torrent(options("alias"));

  ASSERT_TRUE(built) << built.error().detail;
  EXPECT_EQ(built->name, "alias");
}

TEST(ChoosePieceLength, KeepsTorrentsSmallAndWithinTheLimits) {
  EXPECT_EQ(choose_piece_length(1), 16u * kKiB);
  EXPECT_EQ(choose_piece_length(195'137'002), 128u * kKiB);
  EXPECT_EQ(choose_piece_length(100 * kGiB), 16u * kMiB);
  for (std::uint64_t total = 1; total < limits::kTotalBytes / 8; total *= 3) {
    auto const length = choose_piece_length(total);
    bool const fits = PieceGeometry::make(total, length).has_value();
    EXPECT_TRUE(fits || length == limits::kPieceLength) << total;
  }
}

}  // namespace
}  // namespace btfast
