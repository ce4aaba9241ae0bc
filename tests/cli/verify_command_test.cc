#include "cli/verify_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "engine/base/sha1.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torrent_text.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;

// Two files of 30,000 bytes in pieces of 16 KiB: piece 1 holds the end of the first.
class VerifyCommand : public testing::Test {
 protected:
  VerifyCommand() {
    auto const bytes = test::pattern(0, 60'000);
    std::string digests;
    for (std::size_t at = 0; at < bytes.size(); at += 16'384) {
      auto const length = std::min<std::size_t>(16'384, bytes.size() - at);
      auto const digest = sha1(std::span{bytes}.subspan(at, length));
      digests.append(reinterpret_cast<char const*>(digest.data()), digest.size());
    }
    digests_ = std::move(digests);
    write_torrent("two");
    fs::create_directory(dir_ / "top");
    auto const* const text = reinterpret_cast<char const*>(bytes.data());
    std::ofstream{dir_ / "top/one", std::ios::binary}.write(text, 30'000);
    std::ofstream{dir_ / "top/two", std::ios::binary}.write(text + 30'000, 30'000);
  }
  void write_torrent(std::string const& second) const {
    auto info = test::multi_info(
        test::blist({test::bfile({"one"}, 30'000), test::bfile({second}, 30'000)}), 60'000);
    info["pieces"] = test::bstr(digests_);
    std::ofstream{dir_ / "t.torrent", std::ios::binary} << test::torrent_text(info);
  }
  void spoil() const {
    std::fstream file{dir_ / "top/two", std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(29'999);
    file.put('x');
  }
  ExitStatus run(bool json = false) {
    out_.str("");
    err_.str("");
    return run_verify({.torrents = {(dir_ / "t.torrent").string()},
                       .output = dir_.path().string(),
                       .jobs = 2,
                       .out = {.json = json}},
                      out_, err_);
  }

  std::string digests_;
  test::TempDir dir_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(VerifyCommand, GoodFilesExitWithZeroAndOneLine) {
  EXPECT_EQ(run(), ExitStatus::kDone);

  EXPECT_EQ(out_.str(), "top: 4 of 4 pieces good\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(VerifyCommand, BadPieceIsNamedWithItsFile) {
  spoil();

  EXPECT_EQ(run(), ExitStatus::kVerifyFailed);

  EXPECT_EQ(out_.str(),
            "bad        piece 3              top/two\n"
            "top: 3 of 4 pieces good, 1 bad\n");
}

TEST_F(VerifyCommand, MissingFileIsNamedAndNotMade) {
  fs::remove(dir_ / "top/two");

  EXPECT_EQ(run(), ExitStatus::kVerifyFailed);

  EXPECT_EQ(out_.str(),
            "missing    pieces 1-3           top/one, top/two\n"
            "file       not there            top/two\n"
            "top: 1 of 4 pieces good, 3 missing\n");
  EXPECT_FALSE(fs::exists(dir_ / "top/two"));
}

TEST_F(VerifyCommand, JsonSaysTheSame) {
  spoil();

  EXPECT_EQ(run(/*json=*/true), ExitStatus::kVerifyFailed);

  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["status"], "bad");
  EXPECT_EQ(json["exit"], 8);
  EXPECT_EQ(json["pieces"], 4);
  EXPECT_EQ(json["good_pieces"], 3);
  EXPECT_EQ(json["bad_pieces"], 1);
  ASSERT_EQ(json["faults"].size(), 1u);
  EXPECT_EQ(json["faults"][0]["first"], 3);
  EXPECT_EQ(json["faults"][0]["files"], nlohmann::json::array({"top/two"}));
  EXPECT_EQ(json["files"][0]["good"], true);
  EXPECT_EQ(json["files"][1]["good"], false);
  EXPECT_TRUE(json["error"].is_null());
}

TEST_F(VerifyCommand, AFileWithAnotherNameThanTheTorrentsIsSaid) {
  write_torrent("t\x01o");
  fs::rename(dir_ / "top/two", dir_ / "top/t_o");

  EXPECT_EQ(run(/*json=*/true), ExitStatus::kDone);

  EXPECT_EQ(err_.str(), "btfast: warning: \"top/t\\x01o\" is called \"top/t_o\" on disk\n");
  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["renamed"]["count"], 1);
  EXPECT_EQ(json["renamed"]["files"][0]["name"], "top/t\x01o");
  EXPECT_EQ(json["renamed"]["files"][0]["path"], "top/t_o");
}

TEST_F(VerifyCommand, AFileThatStandsUnderItsRawNameHasNoOther) {
  write_torrent("t\x01o");
  fs::rename(dir_ / "top/two", dir_ / "top/t\x01o");

  EXPECT_EQ(run(/*json=*/true), ExitStatus::kDone);

  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(nlohmann::json::parse(out_.str())["renamed"]["count"], 0);
}

TEST_F(VerifyCommand, NamesThatAreNoTextAreToldApartInJson) {
  write_torrent("t\xffo");
  spoil();
  fs::rename(dir_ / "top/two", dir_ / "top/t\xffo");

  EXPECT_EQ(run(/*json=*/true), ExitStatus::kVerifyFailed);

  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["files"][1]["path_encoded"], "top/t%FFo");
  EXPECT_EQ(json["faults"][0]["files_encoded"], nlohmann::json::array({"top/t%FFo"}));
  EXPECT_FALSE(json["files"][0].contains("path_encoded"));
}

TEST_F(VerifyCommand, TheUsersOwnLinksAreFollowed) {
  fs::rename(dir_ / "top/two", dir_ / "elsewhere");
  fs::create_symlink("../elsewhere", dir_ / "top/two");

  EXPECT_EQ(run(/*json=*/true), ExitStatus::kDone);

  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["good_pieces"], 4);
  EXPECT_EQ(json["exit"], 0);
  EXPECT_TRUE(fs::is_symlink(dir_ / "top/two"));
}

TEST_F(VerifyCommand, BadTorrentIsStatusThree) {
  std::ofstream{dir_ / "t.torrent"} << "d4:info";

  EXPECT_EQ(run(), ExitStatus::kBadTorrent);
  EXPECT_FALSE(err_.str().empty());
}

}  // namespace
}  // namespace btfast::cli
