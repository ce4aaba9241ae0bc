// Torrents that mean harm or were made badly, each by its number in the fault catalogue.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/torrent_layout.h"
#include "tests/support/torrent_text.h"

namespace btfast {
namespace {

using namespace test;  // NOLINT: the vocabulary of every line below

// Parsed and laid out, as every command does before it touches a disk.
struct Loaded {
  Metainfo metainfo;
  std::vector<std::string> paths;
};

Result<Loaded> load(std::string_view text) {
  auto metainfo = parse_metainfo(as_bytes(text));
  if (!metainfo) return metainfo.error();
  auto const layout = torrent_layout(*metainfo);
  if (!layout) return layout.error();
  Loaded loaded{*std::move(metainfo), {}};
  for (auto const& file : *layout) loaded.paths.push_back(file.pad ? "(pad)" : file.path);
  return loaded;
}

std::string with(DictText info, std::string const& key, std::string const& value) {
  info[key] = value;
  return torrent_text(info);
}
std::string without(DictText info, std::string const& key) {
  info.erase(key);
  return torrent_text(info);
}
std::string single(std::string const& key, std::string const& value) {
  return with(single_info(), key, value);
}
std::string files(std::vector<std::string> const& encoded, std::int64_t total) {
  return torrent_text(multi_info(blist(encoded), total));
}
std::string sized(std::string const& length, std::string const& piece_length,
                  std::string const& pieces = bstr("")) {
  auto info = single_info();
  info["length"] = length;
  info["piece length"] = piece_length;
  info["pieces"] = pieces;
  return torrent_text(info);
}
std::string raw_info(std::string const& info) { return "d4:info" + info + "e"; }

// -- Names: cases 1 to 9.  They load, below the output directory, under names of our own.

struct NameCase {
  char const* number;
  std::vector<std::vector<std::string>> raw;
  std::vector<std::string> safe;
};
void PrintTo(NameCase const& c, std::ostream* out) { *out << "case " << c.number; }

class HostileNames : public testing::TestWithParam<NameCase> {};

TEST_P(HostileNames, AreMadeSafe) {
  std::vector<std::string> encoded;
  for (auto const& path : GetParam().raw) encoded.push_back(bfile(path, 1));

  auto const loaded = load(files(encoded, static_cast<std::int64_t>(encoded.size())));

  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->paths, GetParam().safe);
}

INSTANTIATE_TEST_SUITE_P(
    Catalogue, HostileNames,
    testing::Values(
        NameCase{"1",
                 {{"..", "..", "x"}, {"a/../../x"}, {".."}},
                 {"top/_/_/x", "top/a_.._.._x", "top/_.1"}},
        NameCase{"2",
                 {{"/etc/x"}, {"//"}, {"\\\\srv\\x"}, {"C:\\x"}, {"c:"}},
                 {"top/_etc_x", "top/__", "top/\\\\srv\\x", "top/C:\\x", "top/c:"}},
        NameCase{"3", {{"a\nb\x1b[0m\x7f\u0085"}}, {"top/a_b_[0m__"}},
        NameCase{"4",
                 {{"\xc0\xae\xc0\xae"}, {"\xe0\x80\xae", "y"}, {"z\xf8\x88"}},
                 {"top/\xc0\xae\xc0\xae", "top/\xe0\x80\xae/y", "top/z\xf8\x88"}},
        NameCase{"5", {{"\u202efdp.exe"}, {"\u200b\ufeffn\u2066"}}, {"top/_fdp.exe", "top/__n_"}},
        NameCase{"6",
                 {{std::string(300, 'a') + ".iso"}},
                 {"top/" + std::string(242, 'a') + "~964ec0c4.iso"}},
        NameCase{"7", {{"."}, {""}, {" "}, {"//\\"}}, {"top/_", "top/_.1", "top/ ", "top/__\\"}},
        NameCase{"8",
                 {{"a"}, {"a"}, {"A"}, {"\u00e9"}, {"e\u0301"}},
                 {"top/a", "top/a.1", "top/A", "top/\u00e9", "top/e\u0301"}},
        NameCase{"9", {{"a"}, {"a", "b"}}, {"top/a", "top/a.1/b"}}),
    [](auto const& test) { return std::string{"Case"} + test.param.number; });

TEST(HostileTopName, Cases1To7AreMadeSafeForASingleFile) {
  EXPECT_EQ(load(single("name", bstr("..")))->paths[0], "_");
  EXPECT_EQ(load(single("name", bstr("/etc/passwd")))->paths[0], "_etc_passwd");
  EXPECT_EQ(load(single("name", bstr("")))->paths[0], "_");
  EXPECT_EQ(load(single("name", bstr("\u202e")))->paths[0], "_");
}

// -- What is refused: status 3, and words that name the place.

struct RefusedCase {
  char const* number;
  std::string torrent;
  std::string says;  // a part of the message
};
void PrintTo(RefusedCase const& c, std::ostream* out) { *out << "case " << c.number; }

class Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Refused, WithAReason) {
  auto const loaded = load(GetParam().torrent);

  ASSERT_FALSE(loaded);
  auto const& failure = loaded.error();
  EXPECT_NE(failure.detail.find(GetParam().says), std::string::npos) << failure.detail;
  bool const bad_torrent = failure.code == Errc::kBadBencode ||
                           failure.code == Errc::kBadMetainfo || failure.code == Errc::kTooLarge ||
                           failure.code == Errc::kUnsupported;
  EXPECT_TRUE(bad_torrent) << static_cast<int>(failure.code);
}

std::string name_of(testing::TestParamInfo<RefusedCase> const& info) {
  return std::string{"Case"} + info.param.number + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(
    Paths, Refused,
    testing::Values(
        RefusedCase{"6", files({bfile(std::vector<std::string>(101, "d"), 1)}, 1),
                    "\"path\" is too deep"},
        RefusedCase{"6", files({bfile(std::vector<std::string>(10'000, "d"), 1)}, 1),
                    "\"path\" is too deep"},
        RefusedCase{"6", files({bfile(std::vector<std::string>(20, std::string(240, 'e')), 1)}, 1),
                    "is too long"},
        RefusedCase{"8", files(std::vector<std::string>(118, bfile({"same"}, 1)), 118),
                    "too many others have"}),
    name_of);

std::string reason_of(std::string_view torrent) {
  auto const loaded = load(torrent);
  return loaded ? "" : loaded.error().detail;
}

TEST(Bombs, Case15DepthIsRefusedAtItsLimit) {
  EXPECT_EQ(reason_of(repeat("l", 1'000'000)), "byte 100: nested too deeply");
  EXPECT_EQ(reason_of(repeat("d1:a", 1'000'000)), "byte 400: nested too deeply");
}

TEST(Bombs, Case16TokensAreRefusedAtTheirLimit) {
  EXPECT_EQ(reason_of("l" + repeat("i0e", 3'300'000) + "e"), "byte 0: not a dictionary");
  EXPECT_EQ(reason_of("d1:al" + repeat("le", 8'100'000) + "ee"), "byte 15999999: too many values");
}

INSTANTIATE_TEST_SUITE_P(
    Bencode, Refused,
    testing::Values(
        RefusedCase{"15", raw_info("d4:name" + repeat("l", 200)), "nested too deeply"},
        RefusedCase{"17", raw_info("d4:name99999999999:"), "byte 14: string runs past the end"},
        RefusedCase{"17", raw_info("18446744073709551616:"), "byte 7: string runs past the end"},
        RefusedCase{"17", raw_info("-1:"), "byte 7: not the start of a value"},
        RefusedCase{"17", raw_info("00:"), "\"info\" is not a dictionary"},
        RefusedCase{"17", "d4:info4:", "byte 7: string runs past the end"},
        RefusedCase{"18", single("length", "i-0e"), "\"length\" adds up to 0 bytes"},
        RefusedCase{"18", single("length", "i--1e"), "byte 18: not a digit"},
        RefusedCase{"18", single("length", "ie"), "byte 16: integer without digits"},
        RefusedCase{"18", single("length", "i9223372036854775808e"), "too large"},
        RefusedCase{"18", single("length", "i-9223372036854775809e"), "\"length\" is negative"},
        RefusedCase{"20", raw_info("d6:lengthi1e6:lengthi2ee"), "byte 19: \"length\" stands twice"},
        RefusedCase{"20", raw_info("d6:pieces0:6:pieces0:e"), "byte 18: \"pieces\" stands twice"},
        RefusedCase{"20", raw_info("d7:privatei0e7:privatei1ee"), "\"private\" stands twice"},
        RefusedCase{"20", "d4:infode4:infodee", "byte 9: \"info\" stands twice"},
        RefusedCase{"20", files({"d6:lengthi1e6:lengthi2e4:pathl1:aee"}, 1),
                    "\"length\" stands twice in a file"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    MissingOrMistyped, Refused,
    testing::Values(
        RefusedCase{"22", "de", "\"info\" is missing"},
        RefusedCase{"22", "d4:info1:xe", "byte 7: \"info\" is not a dictionary"},
        RefusedCase{"22", without(single_info(), "name"), "byte 7: \"name\" is missing"},
        RefusedCase{"22", single("name", bint(1)), "\"name\" is not a string"},
        RefusedCase{"22", without(single_info(), "piece length"), "\"piece length\" is missing"},
        RefusedCase{"22", single("piece length", bstr("x")), "\"piece length\" is not an integer"},
        RefusedCase{"22", without(single_info(), "pieces"), "\"pieces\" is missing"},
        RefusedCase{"22", single("pieces", "le"), "\"pieces\" is not a string"},
        RefusedCase{"22", single("length", "le"), "byte 16: \"length\" is not an integer"},
        RefusedCase{"22", with(multi_info("", 1), "files", "de"), "\"files\" is not a list"},
        RefusedCase{"22", files({"le"}, 1), "\"files\" holds what is not a dictionary"},
        RefusedCase{"22", files({"d4:pathl1:aee"}, 1), "\"length\" is missing"},
        RefusedCase{"22", files({"d6:lengthi1ee"}, 1), "\"path\" is missing"},
        RefusedCase{"22", files({"d6:lengthi1e4:path1:ae"}, 1), "\"path\" is not a list"},
        RefusedCase{"22", files({"d6:lengthi1e4:pathli1eee"}, 1), "\"path\" holds what is not"},
        RefusedCase{"23", without(single_info(), "length"), "are both missing"},
        RefusedCase{"23", files({}, 1), "\"files\" is empty"},
        RefusedCase{"23", files({bfile({}, 1)}, 1), "\"path\" is empty"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sizes, Refused,
    testing::Values(
        RefusedCase{"24", sized(bint(-1), bint(16'384)), "\"length\" is negative"},
        RefusedCase{"24", sized(bint(INT64_MAX), bint(1 << 29)), "too large"},
        RefusedCase{"24", files({bfile({"a"}, 1ll << 62), bfile({"b"}, 1ll << 62)}, 1),
                    "makes the torrent too large"},
        RefusedCase{"24", files({bfile({"a"}, INT64_MAX), bfile({"b"}, INT64_MAX)}, 1),
                    "makes the torrent too large"},
        RefusedCase{"25", sized(bint(0), bint(16'384)), "\"length\" adds up to 0 bytes"},
        RefusedCase{"25", files({bfile({"a"}, 0), bfile({"b"}, 0)}, 1), "adds up to 0 bytes"},
        RefusedCase{"26", sized(bint(5), bint(0)), "\"piece length\" is not positive"},
        RefusedCase{"26", sized(bint(5), bint(-1)), "\"piece length\" is not positive"},
        RefusedCase{"26", sized(bint(1ll << 40), bint(1)), "makes more than 2097152 pieces"},
        RefusedCase{"26", sized(bint(5), bint(INT32_MAX)), "\"piece length\" is above 512 MiB"},
        RefusedCase{"26", sized(bint(5), bint(1ll << 40)), "\"piece length\" is above 512 MiB"},
        RefusedCase{"27", single("pieces", bstr(std::string(41, 'x'))),
                    "has 41 bytes, not a multiple of 20"},
        RefusedCase{"27", single("pieces", bstr(std::string(120, 'x'))),
                    "has 6 hashes where 7 pieces"},
        RefusedCase{"27", single("pieces", bstr(std::string(160, 'x'))),
                    "has 8 hashes where 7 pieces"},
        RefusedCase{"28", sized(bint(2'097'153ll * 16'384), bint(16'384)),
                    "makes more than 2097152 pieces"},
        RefusedCase{"28", sized(bint(107'000'000ll * 16'384), bint(16'384)),
                    "makes more than 2097152 pieces"}),
    name_of);

// -- Version 2 and hybrids: case 33.

// One file of one piece, said the same way twice.
DictText hybrid_info() {
  std::string const leaf =
      bdict({{"length", bint(10)}, {"pieces root", bstr(std::string(32, 'r'))}});
  return {{"file tree", bdict({{"f", bdict({{"", leaf}})}})},
          {"length", bint(10)},
          {"meta version", bint(2)},
          {"name", bstr("f")},
          {"piece length", bint(16'384)},
          {"pieces", bstr(std::string(20, 'h'))}};
}
std::string hybrid(std::string const& key, std::string const& value) {
  return with(hybrid_info(), key, value);
}
std::string tree_of(std::string const& name, std::int64_t length, std::string const& root) {
  std::string const leaf = bdict({{"length", bint(length)}, {"pieces root", bstr(root)}});
  return bdict({{name, bdict({{"", leaf}})}});
}
std::string long_hybrid(std::string const& layer) {
  auto info = hybrid_info();
  info["length"] = bint(20'000);
  info["pieces"] = bpieces(20'000, 16'384);
  info["file tree"] = tree_of("f", 20'000, std::string(32, 'r'));
  return torrent_text(info, {{"piece layers", bdict({{std::string(32, 'r'), bstr(layer)}})}});
}

TEST(Hybrid, Case33LoadsAsVersion1WhereBothHalvesAgree) {
  auto const loaded = load(torrent_text(hybrid_info()));

  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_TRUE(loaded->metainfo.info_hash_v2);
  EXPECT_EQ(loaded->paths, (std::vector<std::string>{"f"}));
}

INSTANTIATE_TEST_SUITE_P(
    Version2, Refused,
    testing::Values(
        RefusedCase{"33", without(hybrid_info(), "pieces"), "BitTorrent v2"},
        RefusedCase{"33", hybrid("meta version", bint(3)), "\"meta version\" is unknown"},
        RefusedCase{"33", without(hybrid_info(), "file tree"), "\"file tree\" is missing"},
        RefusedCase{"33", hybrid("piece length", bint(20'000)), "not a power of two"},
        RefusedCase{"33", hybrid("piece length", bint(8'192)), "not a power of two"},
        RefusedCase{"33", hybrid("file tree", tree_of("g", 10, std::string(32, 'r'))),
                    "name different files"},
        RefusedCase{"33", hybrid("file tree", tree_of("f", 11, std::string(32, 'r'))),
                    "\"length\" differs"},
        RefusedCase{"33", hybrid("file tree", tree_of("f", 10, std::string(32, '\0'))),
                    "\"pieces root\" is zero"},
        RefusedCase{"33", hybrid("file tree", tree_of("f", 10, "short")), "is not 32 bytes"},
        RefusedCase{"33", hybrid("file tree", "de"), "has fewer files"},
        RefusedCase{
            "33",
            hybrid("file tree",
                   bdict({{"f",
                           bdict({{"", bdict({{"length", bint(10)},
                                              {"pieces root", bstr(std::string(32, 'r'))}})}})},
                          {"g", bdict({{"", bdict({{"length", bint(0)}})}})}})),
            "has more files"},
        RefusedCase{"33", long_hybrid(std::string(32, 'a')), "has the wrong size"},
        RefusedCase{"33", long_hybrid(std::string(64, 'a')), "does not hash to its root"}),
    name_of);

// -- What is tolerated.

TEST(Tolerated, Case19UnsortedKeysOfInfo) {
  auto const loaded =
      load(raw_info("d6:pieces20:hhhhhhhhhhhhhhhhhhhh4:name1:x"
                    "12:piece lengthi16384e6:lengthi5ee"));

  EXPECT_TRUE(loaded);
}

// What has one meaning only loads with a warning, as in other clients; the info hash is that of
// the bytes as they stand.
TEST(Tolerated, OddFormsOfOneMeaningLoadWithAWarning) {
  std::string const tail = "12:piece lengthi16384e6:pieces20:hhhhhhhhhhhhhhhhhhhh";
  std::vector<std::string> const infos{
      "d6:lengthi005e4:name1:x" + tail + "e",
      "d6:lengthi5e04:name01:x" + tail + "e",
      "d6:lengthi5e4:name1:x" + tail + "7:unknowni-0ee",
      "d6:lengthi5e4:name1:x" + tail + "7:unknowni99999999999999999999ee",
      "d6:lengthi5e4:name1:x" + tail + "7:unknown1:a7:unknown1:be",
      "d6:lengthi5e4:name1:x10:name.utf-80:" + tail + "e",
      "d6:lengthi5e4:name1:x10:name.utf-8i3e" + tail + "e",
      "d6:lengthi5e12:meta version1:24:name1:x" + tail + "e",
      "d5:filesde6:lengthi5e4:name1:x" + tail + "e"};

  for (auto const& info : infos) {
    auto const loaded = load(raw_info(info));
    ASSERT_TRUE(loaded) << info << ": " << loaded.error().detail;
    EXPECT_EQ(loaded->paths, std::vector<std::string>{"x"});
    EXPECT_EQ(loaded->metainfo.warnings.size(), 1u) << info;
    EXPECT_EQ(loaded->metainfo.info_hash, sha1(as_bytes(info))) << info;
  }
}

TEST(Tolerated, KeysAroundInfoThatAreOddLoadWithAWarning) {
  for (std::string_view const outer :
       {"8:announce10:http://x/a8:announce10:http://y/a", "8:announcei1e", "8:announceli1ee",
        "13:announce-list10:http://x/a", "7:comment1:a7:comment1:b", "7:commentl1:ae",
        "13:creation date4:2020", "8:url-listde"}) {
    auto const loaded = load("d" + std::string{outer} + "4:info" + bdict(single_info()) + "e");
    ASSERT_TRUE(loaded) << outer << ": " << loaded.error().detail;
    EXPECT_EQ(loaded->metainfo.warnings.size(), 1u) << outer;
  }
}

TEST(Tolerated, Case21TrailingGarbage) {
  auto const loaded = load(torrent_text(single_info()) + "garbage");

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->metainfo.warnings.size(), 1u);
}

TEST(Tolerated, Case10LinksAreNeverMade) {
  std::string const link = bdict({{"attr", bstr("l")},
                                  {"length", bint(0)},
                                  {"path", bpath({"link"})},
                                  {"symlink path", bpath({"..", "..", "etc"})}});

  auto const loaded = load(files({bfile({"a"}, 5), link}, 5));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->paths, (std::vector<std::string>{"top/a", "(pad)"}));
}

TEST(Tolerated, Case25EmptyFilesAmongOthers) {
  auto const loaded = load(files({bfile({"a"}, 0), bfile({"b"}, 5), bfile({"c"}, 0)}, 5));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->paths.size(), 3u);
}

TEST(Tolerated, Case26OddPieceLengths) {
  for (std::int64_t const length : {1, 16'383}) {
    EXPECT_TRUE(load(sized(bint(50'000), bint(length), bpieces(50'000, length)))) << length;
  }
}

TEST(Tolerated, Case29FilesThatLieDeep) {
  std::vector<std::string> encoded;
  std::vector<std::string> path(50, "d");
  for (int i = 0; i < 3'000; ++i) {
    path.front() = std::to_string(i);
    encoded.push_back(bfile(path, 1));
  }

  auto const loaded = load(files(encoded, 3'000));

  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->paths.size(), 3'000u);
}

TEST(Tolerated, Case31HugeTextsAndManyTrackersAreCapped) {
  std::string const huge(1'000'000, 'c');
  std::vector<std::string> tiers;
  for (int i = 0; i < 100'000; ++i) tiers.push_back(bpath({"http://t" + std::to_string(i) + "/"}));

  auto const loaded = load(torrent_text(single_info(), {{"announce", bstr("http://a/" + huge)},
                                                        {"announce-list", blist(tiers)},
                                                        {"comment", bstr(huge)},
                                                        {"created by", bstr(huge)}}));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->metainfo.tracker_tiers.size(), limits::kTrackers);
  EXPECT_EQ(loaded->metainfo.comment.size(), limits::kCommentBytes);
  EXPECT_EQ(loaded->metainfo.created_by.size(), limits::kCommentBytes);
  EXPECT_LT(loaded->metainfo.warnings.size(), 10u);
}

TEST(Tolerated, Case32TrackersThatWeDoNotSpeakAreDropped) {
  auto const loaded = load(torrent_text(
      single_info(),
      {{"announce-list", blist({bpath({"file:///etc/passwd", "gopher://x/", "ftp://x/", "data:,x",
                                       "ws://x/", "invalid url", "http://ex\u0430mple.com/a",
                                       "http:///x", "http://a/?info_hash=1", "http://ok/a"})})}}));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->metainfo.tracker_tiers,
            (std::vector<std::vector<std::string>>{{"http://ok/a"}}));
  EXPECT_EQ(loaded->metainfo.warnings.size(), 9u);
}

TEST(Tolerated, Case34PadFilesAreNeverWritten) {
  std::string const pad =
      bdict({{"attr", bstr("p")}, {"length", bint(1 << 20)}, {"path", bpath({"a"})}});

  auto const loaded = load(files({bfile({"a"}, 5), pad, pad}, (2 << 20) + 5));

  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->paths, (std::vector<std::string>{"top/a", "(pad)", "(pad)"}));
}

// Case 36: whatever single byte is changed, dropped or doubled in a good torrent, the
// answer is a torrent or a reason.
TEST(Mutated, Case36EveryByteOfAGoodTorrentMayBeWrong) {
  std::string const good =
      files({bfile({"a", "b"}, 5), bfile({"c"}, 7), "d4:attr1:p6:lengthi4e4:pathl1:pee"}, 16);
  ASSERT_TRUE(load(good));
  std::size_t refused = 0;

  for (std::size_t at = 0; at < good.size(); ++at) {
    for (char const c : {'0', '9', 'e', 'i', 'l', 'd', ':', '-', '\0', '\xff'}) {
      std::string bad = good;
      bad[at] = c;
      auto const loaded = load(bad);
      if (loaded) continue;
      ++refused;
      EXPECT_FALSE(loaded.error().detail.empty());
    }
    EXPECT_FALSE(load(good.substr(0, at)));
  }
  EXPECT_GT(refused, good.size());
}

}  // namespace
}  // namespace btfast
