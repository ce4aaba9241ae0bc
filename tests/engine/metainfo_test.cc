#include "engine/metainfo/metainfo.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torrent_text.h"

namespace btfast {
namespace {

using namespace test;  // NOLINT: the vocabulary of every line below

Result<Metainfo> parse(std::string_view text) { return parse_metainfo(as_bytes(text)); }

std::string error_of(std::string_view text) {
  auto const metainfo = parse(text);
  return metainfo ? "" : metainfo.error().detail;
}

TEST(Metainfo, ReadsASingleFileTorrent) {
  auto const metainfo =
      parse(torrent_text(single_info(), {{"announce", bstr("udp://t.example:80/announce")},
                                         {"comment", bstr("hello")},
                                         {"created by", bstr("us")},
                                         {"creation date", bint(1'700'000'000)}}));
  ASSERT_TRUE(metainfo) << metainfo.error().detail;

  EXPECT_EQ(metainfo->name, "file.bin");
  EXPECT_FALSE(metainfo->multi_file);
  ASSERT_EQ(metainfo->files.size(), 1u);
  EXPECT_EQ(metainfo->files[0].length, 100'000u);
  EXPECT_TRUE(metainfo->files[0].path.empty());
  EXPECT_EQ(metainfo->geometry.piece_count(), 7u);
  EXPECT_EQ(metainfo->geometry.piece_length(), 16'384u);
  EXPECT_EQ(metainfo->piece_hashes.size(), 7u);
  EXPECT_EQ(metainfo->tracker_tiers.at(0).at(0), "udp://t.example:80/announce");
  EXPECT_EQ(metainfo->comment, "hello");
  EXPECT_EQ(metainfo->created_by, "us");
  EXPECT_EQ(metainfo->creation_date, 1'700'000'000);
  EXPECT_FALSE(metainfo->is_private);
  EXPECT_FALSE(metainfo->info_hash_v2);
  EXPECT_EQ(metainfo->info_keys,
            (std::vector<std::string>{"length", "name", "piece length", "pieces"}));
  EXPECT_TRUE(metainfo->warnings.empty());
}

TEST(Metainfo, ReadsAMultiFileTorrent) {
  auto const metainfo =
      parse(torrent_text(multi_info(blist({bfile({"a", "b"}, 20'000), bfile({"c"}, 0)}), 20'000)));
  ASSERT_TRUE(metainfo) << metainfo.error().detail;

  EXPECT_TRUE(metainfo->multi_file);
  ASSERT_EQ(metainfo->files.size(), 2u);
  EXPECT_EQ(metainfo->files[0].path, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(metainfo->files[1].length, 0u);
  EXPECT_EQ(metainfo->geometry.total_size(), 20'000u);
}

TEST(Metainfo, InfoHashIsOfTheRawBytesEvenWhereKeysAreUnsorted) {
  std::string const info =
      "d4:name1:x12:piece lengthi16384e6:lengthi5e6:pieces20:hhhhhhhhhhhhhhhhhhhhe";

  auto const metainfo = parse(torrent_text(info));

  ASSERT_TRUE(metainfo) << metainfo.error().detail;
  EXPECT_EQ(metainfo->info_hash, sha1(as_bytes(info)));
  EXPECT_EQ(as_text(metainfo->info_bytes), info);
}

TEST(Metainfo, TrailingBytesWarnAndLeaveTheInfoHashAlone) {
  auto const clean = parse(torrent_text(single_info()));
  auto const trailed = parse(torrent_text(single_info()) + "\r\n");

  ASSERT_TRUE(clean && trailed);
  EXPECT_EQ(clean->info_hash, trailed->info_hash);
  EXPECT_EQ(trailed->warnings, (std::vector<std::string>{"2 bytes after the end were ignored"}));
}

TEST(Metainfo, TiersReplaceAnnounceAndEachTrackerStandsOnce) {
  auto const metainfo = parse(torrent_text(
      single_info(), {{"announce", bstr("http://old/announce")},
                      {"announce-list", blist({bpath({"http://a/x", " UDP://b:1\n", "http://a/x"}),
                                               blist({}), bpath({"https://c/x", "udp://b:1"})})}}));
  ASSERT_TRUE(metainfo);

  EXPECT_EQ(metainfo->tracker_tiers,
            (std::vector<std::vector<std::string>>{{"http://a/x", "udp://b:1"}, {"https://c/x"}}));
}

TEST(Metainfo, AnnounceServesWhereTheTiersAreUseless) {
  auto const metainfo = parse(torrent_text(
      single_info(), {{"announce", bstr("http://a/x")}, {"announce-list", "lle4:oopse"}}));
  ASSERT_TRUE(metainfo);

  EXPECT_EQ(metainfo->tracker_tiers, (std::vector<std::vector<std::string>>{{"http://a/x"}}));
}

TEST(Metainfo, WebSeedsAreAStringOrAList) {
  auto const one = parse(torrent_text(single_info(), {{"url-list", bstr("http://w/f")}}));
  auto const two = parse(torrent_text(
      single_info(), {{"url-list", bpath({"http://w/f", "https://v/f", "ftp://u/f"})}}));
  ASSERT_TRUE(one && two);

  EXPECT_EQ(one->web_seeds, (std::vector<std::string>{"http://w/f"}));
  EXPECT_EQ(two->web_seeds, (std::vector<std::string>{"http://w/f", "https://v/f"}));
  EXPECT_EQ(two->warnings.size(), 1u);
}

TEST(Metainfo, PrivateIsAnyNumberButZero) {
  auto info = single_info();
  EXPECT_FALSE(parse(torrent_text(info))->is_private);
  info["private"] = bint(0);
  EXPECT_FALSE(parse(torrent_text(info))->is_private);
  info["private"] = bint(1);
  EXPECT_TRUE(parse(torrent_text(info))->is_private);
  info["private"] = bstr("1");
  EXPECT_TRUE(parse(torrent_text(info))->is_private);
}

TEST(Metainfo, AttributesMarkPadExecutableHiddenAndLink) {
  std::string const pad =
      bdict({{"attr", bstr("p")}, {"length", bint(10)}, {"path", bpath({".pad", "10"})}});
  std::string const tool =
      bdict({{"attr", bstr("xh")}, {"length", bint(10)}, {"path", bpath({"tool"})}});
  std::string const link =
      bdict({{"attr", bstr("l")}, {"path", bpath({"link"})}, {"symlink path", bpath({"..", "x"})}});

  auto const metainfo = parse(torrent_text(multi_info(blist({pad, tool, link}), 20)));

  ASSERT_TRUE(metainfo) << metainfo.error().detail;
  EXPECT_TRUE(metainfo->files[0].pad);
  EXPECT_TRUE(metainfo->files[1].executable);
  EXPECT_TRUE(metainfo->files[1].hidden);
  EXPECT_TRUE(metainfo->files[2].symlink);
  EXPECT_EQ(metainfo->files[2].length, 0u);
}

TEST(Metainfo, Utf8NamesWinOverTheirOldTwins) {
  auto info = multi_info(blist({bdict({{"length", bint(5)},
                                       {"path", bpath({"\xb0\xa1"})},
                                       {"path.utf-8", bpath({"\u00e9"})}})}),
                         5);
  info["name.utf-8"] = bstr("\u00fc");

  auto const metainfo = parse(torrent_text(info));

  ASSERT_TRUE(metainfo);
  EXPECT_EQ(metainfo->name, "\u00fc");
  EXPECT_EQ(metainfo->files[0].path[0], "\u00e9");
}

TEST(Metainfo, AUtf8NameThatIsNotUtf8LosesToItsTwinAndIsTold) {
  auto info = multi_info(
      blist({bdict(
          {{"length", bint(5)}, {"path", bpath({"a"})}, {"path.utf-8", bpath({"b", "\xff"})}})}),
      5);
  info["name"] = bstr("good");
  info["name.utf-8"] = bstr("\xff\xfe");

  auto const metainfo = parse(torrent_text(info));

  ASSERT_TRUE(metainfo);
  EXPECT_EQ(metainfo->name, "good");
  EXPECT_EQ(metainfo->files[0].path, std::vector<std::string>{"a"});
  EXPECT_EQ(metainfo->warnings,
            (std::vector<std::string>{"\"name.utf-8\" is not UTF-8 and was ignored",
                                      "\"path.utf-8\" is not UTF-8 in a file and was ignored"}));

  info.erase("name");
  auto const alone = parse(torrent_text(info));
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->name, "\xff\xfe");
}

TEST(Metainfo, ErrorsNameTheKeyAndItsByte) {
  auto info = single_info();
  info["piece length"] = bint(0);
  EXPECT_EQ(error_of(torrent_text(info)), "byte 55: \"piece length\" is not positive");

  info = single_info();
  info["pieces"] = bstr(std::string(6 * 20, 'h'));
  EXPECT_EQ(error_of(torrent_text(info)),
            "byte 70: \"pieces\" has 6 hashes where 7 pieces need one each");

  EXPECT_EQ(error_of("d4:infoi1ee"), "byte 7: \"info\" is not a dictionary");
  EXPECT_EQ(error_of("de"), "byte 0: \"info\" is missing");
  EXPECT_EQ(error_of("li1ee"), "byte 0: not a dictionary");
  EXPECT_EQ(error_of("d4:infod"), "byte 8: data ends within a value");
}

TEST(Metainfo, HundredsOfThousandsOfSmallFilesLoad) {
  std::string files = "l";
  for (int i = 0; i < 300'000; ++i) files += bfile({std::to_string(i)}, 1);

  auto const metainfo = parse(torrent_text(multi_info(files + "e", 300'000)));

  ASSERT_TRUE(metainfo) << metainfo.error().detail;
  EXPECT_EQ(metainfo->files.size(), 300'000u);
  EXPECT_EQ(metainfo->files.back().path[0], "299999");
}

class LoadMetainfo : public testing::Test {
 protected:
  std::string error_of(std::string const& path) {
    auto const metainfo = load_metainfo(path);
    return metainfo ? "" : failure_text(metainfo.error());
  }
  TempDir dir_;
};

TEST_F(LoadMetainfo, ReadsAFileAndNamesItInErrors) {
  std::string const good = (dir_ / "good").string();
  std::string const bad = (dir_ / "bad").string();
  std::ofstream{good} << torrent_text(single_info());
  std::ofstream{bad} << "d4:infoi1xee";

  auto const metainfo = load_metainfo(good);

  ASSERT_TRUE(metainfo);
  EXPECT_EQ(metainfo->name, "file.bin");
  EXPECT_EQ(error_of(bad), bad + ": byte 9: not a digit in an integer");
}

TEST_F(LoadMetainfo, RefusesWhatCannotBeATorrentWithoutReadingIt) {
  std::string const fifo = (dir_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);

  EXPECT_EQ(error_of(fifo), fifo + ": is a pipe that nobody writes to");
  EXPECT_EQ(error_of("/dev/zero"), "/dev/zero: is a device, not a file");
  EXPECT_EQ(error_of(dir_.path().string()), dir_.path().string() + ": is a directory");
  std::string const missing = (dir_ / "missing").string();
  EXPECT_EQ(error_of(missing), missing + ": No such file or directory");
}

TEST_F(LoadMetainfo, RefusesALargeFileByItsSize) {
  std::string const sparse = (dir_ / "sparse").string();
  std::ofstream{sparse} << "d";
  std::filesystem::resize_file(sparse, kGiB);

  EXPECT_EQ(error_of(sparse),
            sparse + ": larger than 67108864 bytes, the limit for a torrent file (--max-torrent)");
}

TEST_F(LoadMetainfo, SaysWhatLiesUnderATorrentsName) {
  std::string const page = (dir_ / "page").string();
  std::ofstream{page} << "\n<!DOCTYPE HTML><html>Log in</html>";

  EXPECT_EQ(error_of(page),
            page + ": this is an HTML page, not a torrent: byte 0: not the start of a value");
}

}  // namespace
}  // namespace btfast
