#include "cli/torrent_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string const kHash = "0123456789abcdef0123456789ABCDEF01234567";
std::array<std::string, 4> const kCommands = {"get", "seed", "verify", "create"};

class TorrentWordsTest : public testing::Test {
 protected:
  std::string write(std::string const& name, std::string const& text) const {
    std::ofstream{dir_ / name, std::ios::binary} << text;
    return (dir_ / name).string();
  }
  TorrentWords sort(std::vector<std::string> const& words, std::vector<std::string> given = {},
                    bool after_command = false) {
    auto sorted =
        sort_words(std::move(given), words, {.all = kCommands, .one_came = after_command});
    EXPECT_TRUE(sorted) << failure_text(sorted.error());
    return sorted ? *std::move(sorted) : TorrentWords{};
  }
  std::string refused(std::vector<std::string> const& words, std::vector<std::string> given = {},
                      bool after_command = false) {
    auto const sorted =
        sort_words(std::move(given), words, {.all = kCommands, .one_came = after_command});
    if (sorted) return "taken";
    EXPECT_EQ(sorted.error().code, Errc::kBadArgument);
    return failure_text(sorted.error());
  }
  test::TempDir dir_;
};

TEST_F(TorrentWordsTest, FormsAreTold) {
  EXPECT_EQ(form_of("x.torrent"), TorrentForm::kFile);
  EXPECT_EQ(form_of("-"), TorrentForm::kStandardInput);
  EXPECT_EQ(form_of("MAGNET:?xt=urn:btih:" + kHash), TorrentForm::kMagnet);
  for (char const* const url : {"HTTPS://x/y.torrent", "ftp://x/y.torrent", "file:///x.torrent"}) {
    EXPECT_EQ(form_of(url), TorrentForm::kUrl) << url;
  }
  EXPECT_EQ(form_of("here/a://b.torrent"), TorrentForm::kFile);
  EXPECT_EQ(form_of(kHash), TorrentForm::kInfoHash);
  EXPECT_EQ(form_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), TorrentForm::kInfoHash);
  EXPECT_EQ(form_of(write(kHash, "a file")), TorrentForm::kFile);
}

TEST_F(TorrentWordsTest, EveryTorrentIsOneWhateverItIsCalled) {
  std::string const plain = write("plain", "d8:announce1:x4:infod6:lengthi1eee");
  ::mkfifo((dir_ / "pipe").c_str(), 0600);

  auto const words = sort({"a.torrent", "b.torrent", plain, (dir_ / "pipe").string(), "-"});

  EXPECT_THAT(words.torrents,
              ElementsAre("a.torrent", "b.torrent", plain, (dir_ / "pipe").string(), "-"));
  EXPECT_EQ(words.name, "");
  EXPECT_THAT(sort({"b.torrent"}, {"a.torrent"}).torrents, ElementsAre("a.torrent", "b.torrent"));
}

TEST_F(TorrentWordsTest, WhatIsNoTorrentIsTheNameOfTheOutput) {
  EXPECT_EQ(sort({"a.torrent", "there.iso"}).name, "there.iso");
  EXPECT_EQ(sort({"Some Folder"}, {"a.torrent"}).name, "Some Folder");
}

TEST_F(TorrentWordsTest, TheFirstWordIsATorrentAsFarAsItCanBe) {
  std::string const page = write("page", "<html>");
  EXPECT_THAT(sort({page}).torrents, ElementsAre(page));
  EXPECT_THAT(sort({"not/there"}).torrents, ElementsAre("not/there"));
  EXPECT_THAT(sort({"not.there"}).torrents, ElementsAre("not.there"));
}

TEST_F(TorrentWordsTest, AMisspeltCommandIsNeitherTorrentNorName) {
  EXPECT_THAT(refused({"verfiy"}), HasSubstr("did you mean verify?"));
  EXPECT_THAT(refused({"verfiy"}, {"x.torrent"}), HasSubstr("did you mean verify?"));
  EXPECT_THAT(refused({"x.torrent", "verfiy"}), HasSubstr("did you mean verify?"));
  EXPECT_THAT(refused({"downlaod", "x.torrent"}), HasSubstr("did you mean get?"));
  EXPECT_THAT(refused({"chekc"}, {"x.torrent"}), HasSubstr("did you mean verify?"));
  EXPECT_THAT(refused({"frobnicate"}), HasSubstr("the commands are get, seed, verify, create"));
  EXPECT_THAT(refused({"verify"}, {"x.torrent"}), HasSubstr("the command comes first"));
}

TEST_F(TorrentWordsTest, BehindACommandAWordIsATorrentThatMayBeMissing) {
  for (char const* const word : {"nothere", "verfiy", "frobnicate", "nothere.torrent"}) {
    EXPECT_THAT(sort({word}, {}, true).torrents, ElementsAre(word));
  }
}

TEST_F(TorrentWordsTest, ACommandInTheWrongPlaceComesFirst) {
  for (bool const after_command : {false, true}) {
    EXPECT_EQ(refused({"verify", "x.torrent"}, {}, after_command),
              "no file is called \"verify\", and the command comes first: btfast verify "
              "[OPTIONS]");
  }
}

TEST_F(TorrentWordsTest, NamesThatSayTooMuchAreRefused) {
  EXPECT_THAT(refused({"x.torrent", "iso/name.iso"}), HasSubstr("-o DIR"));
  EXPECT_THAT(refused({"x.torrent", "a", "b"}), HasSubstr("one name"));
  EXPECT_THAT(refused({"x.torrent", "y.torrent", "a"}), HasSubstr("2 torrents"));
  EXPECT_THAT(refused(std::vector<std::string>(10'001, "x.torrent")), HasSubstr("more than"));
}

TEST_F(TorrentWordsTest, WhatIsNotSupportedIsSaid) {
  struct Case {
    std::string word;
    std::string says;
  };
  for (auto const& [word, says] : std::vector<Case>{
           {"magnet:?xt=urn:btih:" + kHash + "&dn=x", "magnet links are not supported yet"},
           {"magnet:?dn=x", "bad magnet link"},
           {"magnet:?xt=urn:btih:0123", "bad magnet link"},
           {"http://127.0.0.1:9/x.torrent", "curl -LO http://127.0.0.1:9/x.torrent"},
           {"ftp://127.0.0.1/x.torrent", "curl -LO ftp://127.0.0.1/x.torrent"},
           {"file:///x.torrent", "btfast needs the path of the .torrent file"},
           {"", "\"\": No such file or directory"},
           {kHash, "info hash"}}) {
    auto const loaded = load_torrent(word, 1'000'000);
    ASSERT_FALSE(loaded) << word;
    EXPECT_EQ(exit_status_of(loaded.error()), ExitStatus::kBadTorrent) << word;
    EXPECT_THAT(failure_text(loaded.error()), HasSubstr(says));
  }
}

}  // namespace
}  // namespace btfast::cli
