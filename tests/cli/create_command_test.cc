#include "cli/create_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"
#include "engine/metainfo/metainfo.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;

class CreateCommand : public testing::Test {
 protected:
  CreateCommand() {
    std::ofstream{dir_ / "data"} << std::string(50'000, 'x');
    options_.path = (dir_ / "data").string();
    options_.output = (dir_ / "out.torrent").string();
  }
  ExitStatus run() { return run_create(options_, out_, err_); }
  std::size_t entries() const {
    auto const at = std::filesystem::directory_iterator{dir_.path()};
    return static_cast<std::size_t>(std::distance(begin(at), end(at)));
  }

  test::TempDir dir_;
  CreateOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CreateCommand, WritesATorrentAndSaysItsInfoHash) {
  options_.announce = {"http://a/x", "udp://b:1"};
  options_.tiers = {"https://c/x,https://d/x"};

  ASSERT_EQ(run(), ExitStatus::kDone) << err_.str();

  auto const metainfo = load_metainfo(options_.output);
  ASSERT_TRUE(metainfo);
  EXPECT_EQ(metainfo->tracker_tiers,
            (std::vector<std::vector<std::string>>{
                {"http://a/x"}, {"udp://b:1"}, {"https://c/x", "https://d/x"}}));
  EXPECT_TRUE(metainfo->creation_date);
  EXPECT_TRUE(metainfo->created_by.starts_with("btfast/"));
  EXPECT_THAT(out_.str(), HasSubstr("Info hash:     " + to_hex(metainfo->info_hash) + "\n"));
  EXPECT_EQ(entries(), 2u);
}

TEST_F(CreateCommand, WithoutADateTheSameInputGivesTheSameFile) {
  options_.no_date = true;
  options_.output = "-";
  ASSERT_EQ(run(), ExitStatus::kDone);
  std::string const first = out_.str();

  out_.str("");
  ASSERT_EQ(run(), ExitStatus::kDone);

  EXPECT_EQ(out_.str(), first);
  EXPECT_FALSE(parse_metainfo(as_bytes(first))->creation_date);
  EXPECT_THAT(err_.str(), HasSubstr("Info hash: "));
}

TEST_F(CreateCommand, AnExistingTorrentIsKeptUnlessForced) {
  std::ofstream{options_.output} << "d4:infodee";

  EXPECT_EQ(run(), ExitStatus::kStorage);
  EXPECT_EQ(std::filesystem::file_size(options_.output), 10u);
  EXPECT_THAT(err_.str(), HasSubstr("out.torrent: exists already; --force replaces it"));

  options_.force = true;
  EXPECT_EQ(run(), ExitStatus::kDone);
  EXPECT_GT(std::filesystem::file_size(options_.output), 10u);
}

TEST_F(CreateCommand, WhatIsNoTorrentIsKeptEvenIfForced) {
  std::ofstream{options_.output} << "dear diary";
  options_.force = true;

  EXPECT_EQ(run(), ExitStatus::kStorage);
  EXPECT_EQ(std::filesystem::file_size(options_.output), 10u);
  EXPECT_THAT(err_.str(), HasSubstr("out.torrent: is no torrent, and is not replaced by one"));
}

TEST_F(CreateCommand, NamesThatComeBackOtherwiseAreSaid) {
  options_.path = (dir_ / "tree").string();
  std::filesystem::create_directory(options_.path);
  for (char const* name : {"plain", "two\nlines", "bidi\u202e"}) {
    std::ofstream{dir_ / "tree" / name} << "x";
  }

  ASSERT_EQ(run(), ExitStatus::kDone) << err_.str();

  EXPECT_THAT(err_.str(), HasSubstr(R"("tree/two\nlines" is called "tree/two_lines" where it)"));
  EXPECT_THAT(err_.str(), HasSubstr("tree/bidi"));
  EXPECT_THAT(err_.str(), testing::Not(HasSubstr("plain")));
}

TEST_F(CreateCommand, FailuresNameTheirPathAndLeaveNothingBehind) {
  options_.output = (dir_ / "no/such/out.torrent").string();
  EXPECT_EQ(run(), ExitStatus::kStorage);
  EXPECT_THAT(err_.str(), HasSubstr("no/such/out.torrent: No such file or directory"));

  options_.path = (dir_ / "missing").string();
  EXPECT_EQ(run(), ExitStatus::kStorage);
  EXPECT_THAT(err_.str(), HasSubstr("missing: No such file or directory"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(CreateCommand, TheOutputOfTheLastTimeIsNoPartOfTheNextTorrent) {
  options_.path = dir_.path().string();
  options_.no_date = true;
  options_.force = true;
  ASSERT_EQ(run(), ExitStatus::kDone) << err_.str();
  auto const first = load_metainfo(options_.output);

  ASSERT_EQ(run(), ExitStatus::kDone) << err_.str();

  auto const second = load_metainfo(options_.output);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->info_hash, second->info_hash);
  EXPECT_EQ(second->files.size(), 1u);
}

TEST_F(CreateCommand, WhatItIsMadeOfIsNeverReplacedByTheTorrent) {
  options_.output = options_.path;
  options_.force = true;

  EXPECT_EQ(run(), ExitStatus::kUsage);
  EXPECT_EQ(std::filesystem::file_size(options_.path), 50'000u);
}

TEST_F(CreateCommand, LeavesOutWhatPatternsSayAndCountsIt) {
  std::ofstream{dir_ / "junk.tmp"} << "junk";
  options_.path = dir_.path().string();
  options_.exclude = {"*.tmp"};

  ASSERT_EQ(run(), ExitStatus::kDone) << err_.str();

  EXPECT_THAT(out_.str(), HasSubstr("Excluded:      1\n"));
  EXPECT_EQ(load_metainfo(options_.output)->files.size(), 1u);
}

TEST_F(CreateCommand, AnOddPieceSizeIsAUsageError) {
  options_.piece_length = 20'000;

  EXPECT_EQ(run(), ExitStatus::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("power of two"));
}

}  // namespace
}  // namespace btfast::cli
