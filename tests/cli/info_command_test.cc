#include "cli/info_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torrent_text.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace test;  // NOLINT: the vocabulary of every line below

class InfoCommand : public testing::Test {
 protected:
  ExitStatus run(std::string const& torrent, bool json = false, bool verbose = false) {
    std::ofstream{dir_ / "t.torrent"} << torrent;
    return run_info({.torrents = {(dir_ / "t.torrent").string()},
                     .out = {.verbose = verbose ? 1 : 0, .json = json}},
                    out_, err_);
  }
  TempDir dir_;
  std::ostringstream out_;
  std::ostringstream err_;
};

DictText large_info() {
  return {{"length", bint(195'137'002)},
          {"name", bstr("linux.iso")},
          {"piece length", bint(16'777'216)},
          {"pieces", bpieces(195'137'002, 16'777'216)}};
}

TEST_F(InfoCommand, AByteIsOneAndSoIsAKeptWarning) {
  DictText const info{{"length", bint(1)},
                      {"name", bstr("n")},
                      {"piece length", bint(1)},
                      {"pieces", bpieces(1, 1)}};
  run(torrent_text(info) + "x");
  EXPECT_THAT(out_.str(), HasSubstr("Length:        1 byte (1 byte)\nPiece length:  1 byte ("));
  EXPECT_EQ(err_.str(), "btfast: warning: 1 byte after the end was ignored\n");
}

TEST_F(InfoCommand, OfSeveralAWarningNamesItsTorrentAndAFailureLeavesNoLine) {
  std::string const torrent = (dir_ / "t.torrent").string();
  run(torrent_text(large_info()) + "xx");
  std::string const alone = out_.str();
  out_.str("");
  err_.str("");

  run_info({.torrents = {"no/such", torrent, "no/such", torrent}}, out_, err_);

  EXPECT_EQ(out_.str(), alone + "\n" + alone);
  EXPECT_THAT(err_.str(), HasSubstr("btfast: warning: " + torrent + ": 2 bytes after the end"));
}

TEST_F(InfoCommand, PrintsWhatATorrentSays) {
  DictText const info = large_info();
  auto const status = run(torrent_text(
      info,
      {{"announce-list", blist({bpath({"udp://a:1/x", "http://b/x"}), bpath({"https://c/x"})})},
       {"comment", bstr("hi")},
       {"creation date", bint(0)}}));

  EXPECT_EQ(status, ExitStatus::kDone);
  EXPECT_EQ(out_.str(),
            "Name:          linux.iso\n"
            "Info hash:     " +
                to_hex(sha1(as_bytes(bdict(info)))) +
                "\n"
                "Mode:          single-file\n"
                "Length:        195137002 bytes (186.10 MiB)\n"
                "Piece length:  16777216 bytes (16.00 MiB)\n"
                "Pieces:        12\n"
                "Private:       no\n"
                "Created:       1970-01-01T00:00:00Z\n"
                "Comment:       hi\n"
                "\n"
                "Trackers: 3\n"
                "    1  tier 1   [udp]   udp://a:1/x\n"
                "    2  tier 1   [http]  http://b/x\n"
                "    3  tier 2   [https] https://c/x\n"
                "\n"
                "Files: 1\n"
                "    1    186.10 MiB  linux.iso\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(InfoCommand, VerboseListsTheKeysOfTheInfoDictionaryUnknownOnesToo) {
  auto info = single_info();
  info["x_unknown"] = bint(1);

  run(torrent_text(info), false, true);

  EXPECT_THAT(out_.str(), HasSubstr("Info dictionary keys: 5\n       length\n       name\n"
                                    "       piece length\n       pieces\n       x_unknown\n"));
}

TEST_F(InfoCommand, JsonHasTheKeysThatScriptsRelyOn) {
  auto const status =
      run(torrent_text(multi_info(blist({bfile({"a", "b"}, 20'000), bfile({"c"}, 0)}), 20'000),
                       {{"announce", bstr("http://t/a")}, {"url-list", bstr("http://w/")}}),
          true);
  ASSERT_EQ(status, ExitStatus::kDone);

  auto const json = nlohmann::json::parse(out_.str());

  EXPECT_EQ(json.at("status"), "done");
  EXPECT_EQ(json.at("exit"), 0);
  EXPECT_TRUE(json.at("error").is_null());
  EXPECT_EQ(json.at("name"), "top");
  EXPECT_EQ(json.at("info_hash").get<std::string>().size(), 40u);
  EXPECT_TRUE(json.at("info_hash_v2").is_null());
  EXPECT_EQ(json.at("mode"), "multi");
  EXPECT_EQ(json.at("length"), 20'000);
  EXPECT_EQ(json.at("piece_length"), 16'384);
  EXPECT_EQ(json.at("pieces"), 2);
  EXPECT_EQ(json.at("private"), false);
  EXPECT_TRUE(json.at("created").is_null());
  EXPECT_EQ(json.at("created_by"), "");
  EXPECT_EQ(json.at("comment"), "");
  EXPECT_EQ(json.at("trackers"), nlohmann::json::parse(R"([["http://t/a"]])"));
  EXPECT_EQ(json.at("web_seeds"), nlohmann::json::parse(R"(["http://w/"])"));
  EXPECT_EQ(json.at("files").at(0).at("path"), "top/a/b");
  EXPECT_EQ(json.at("files").at(0).at("length"), 20'000);
  EXPECT_EQ(json.at("files").size(), 2u);
}

TEST_F(InfoCommand, NothingFromATorrentMovesTheCursor) {
  auto info = single_info();
  info["name"] = bstr("a\x1b[2J\u202ecod.exe");
  info["source"] = bstr("\x07");
  std::string const torrent = torrent_text(info, {{"comment", bstr("\x1b]0;x\x07\xff\u202e")}});

  run(torrent);
  run(torrent, true, true);

  EXPECT_THAT(out_.str(), HasSubstr("Name:          a_[2J_cod.exe\n"));
  EXPECT_THAT(out_.str(), HasSubstr("Comment:       \\x1b]0;x\\x07\\xff\\u202e\n"));
  for (std::string const raw : {"\x1b", "\x07", "\xff", "\u202e"}) {
    EXPECT_THAT(out_.str(), Not(HasSubstr(raw)));
  }
}

TEST_F(InfoCommand, ANameThatADownloadMendsIsSaid) {
  auto const info =
      multi_info(blist({bfile({"plain"}, 10'000), bfile({"photo\u202egnp.exe"}, 10'000)}), 20'000);

  ASSERT_EQ(run(torrent_text(info), true), ExitStatus::kDone);

  EXPECT_EQ(
      err_.str(),
      "btfast: warning: \"top/photo\\u202egnp.exe\" is called \"top/photo_gnp.exe\" on disk\n");
  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json.at("renamed").at("count"), 1);
  EXPECT_EQ(json.at("renamed").at("files").at(0).at("name"), "top/photo\u202egnp.exe");
  EXPECT_EQ(json.at("renamed").at("files").at(0).at("path"), "top/photo_gnp.exe");
}

TEST_F(InfoCommand, NamesThatAreNoTextAreToldApartInJson) {
  auto const info = multi_info(blist({bfile({"\xe9"}, 10'000), bfile({"\xe8"}, 10'000)}), 20'000);

  ASSERT_EQ(run(torrent_text(info), true), ExitStatus::kDone);

  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json.at("files").at(0).at("path"), json.at("files").at(1).at("path"));
  EXPECT_EQ(json.at("files").at(0).at("path_encoded"), "top/%E9");
  EXPECT_EQ(json.at("files").at(1).at("path_encoded"), "top/%E8");
  EXPECT_FALSE(json.contains("name_encoded"));
  EXPECT_EQ(json.at("renamed").at("count"), 0);
}

TEST_F(InfoCommand, ABadTorrentIsStatus3WithTheByte) {
  auto const status = run("d4:infod4:name1:xee");

  EXPECT_EQ(status, ExitStatus::kBadTorrent);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(),
              HasSubstr("t.torrent: byte 7: \"length\" and \"files\" are both missing\n"));
}

TEST_F(InfoCommand, AMissingFileNamesItself) {
  auto const status = run_info({.torrents = {"/nonexistent/x.torrent"}}, out_, err_);

  EXPECT_EQ(status, ExitStatus::kBadTorrent);
  EXPECT_EQ(err_.str(), "btfast: /nonexistent/x.torrent: No such file or directory\n");
}

TEST_F(InfoCommand, WarningsGoToTheErrorStream) {
  run(torrent_text(single_info(), {{"announce", bstr("gopher://x/")}}));

  EXPECT_EQ(err_.str(), "btfast: warning: tracker dropped, unknown scheme: gopher://x/\n");
  EXPECT_THAT(out_.str(), HasSubstr("Trackers: 0\n"));
}

TEST_F(InfoCommand, ATorrentLargerThanAllowedIsRefusedUnread) {
  std::string const torrent = torrent_text(large_info(), {});
  std::ofstream{dir_ / "t.torrent"} << torrent;
  InfoOptions options{.torrents = {(dir_ / "t.torrent").string()}};
  options.torrent_bytes_max = torrent.size() - 1;

  EXPECT_EQ(run_info(options, out_, err_), ExitStatus::kBadTorrent);
  EXPECT_THAT(err_.str(), HasSubstr("larger than"));

  options.torrent_bytes_max = torrent.size();
  EXPECT_EQ(run_info(options, out_, err_), ExitStatus::kDone);
}

}  // namespace
}  // namespace btfast::cli
