#include "storage/path_safety.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/rng.h"
#include "storage/name_fold.h"

namespace btfast::storage {
namespace {

using Raw = std::vector<std::string>;

std::vector<std::string> paths_of(std::vector<Raw> const& raws) {
  SafePaths paths{"top"};
  std::vector<std::string> out;
  for (auto const& raw : raws) {
    auto const path = paths.add(raw);
    out.push_back(path ? *path : "error: " + path.error().detail);
  }
  return out;
}

struct ElementCase {
  std::string raw;
  std::string safe;
};

TEST(SafeElement, NeverLeavesItsDirectory) {
  for (auto const& [raw, safe] : std::vector<ElementCase>{
           {"..", "_"},
           {".", "_"},
           {"", "_"},
           {"a/../../x", "a_.._.._x"},
           {"/etc/x", "_etc_x"},
           {"//", "__"},
           {"...", "..."},
       }) {
    EXPECT_EQ(safe_element(raw), safe) << raw;
  }
  EXPECT_EQ(safe_element(std::string_view{"a\0b", 3}), "a_b");
}

TEST(SafeElement, WhatLinuxHoldsStaysByteForByte) {
  for (std::string const raw : {
           " ",
           "tab\there",
           "back\\slash",
           "C:\\x",
           "what? <\"a|b\"> *",
           "dot.",
           "Stra\xdf"
           "e",                               // Latin-1
           "\xc0\xae\xc0\xae",                // no UTF-8 of anything
           "\u0645\u06cc\u200c\u062e\u0648",  // ZWNJ
           "\u0dc1\u0dca\u200d\u0dbb",        // ZWJ
           "\U0001f468\u200d\U0001f469",      // ZWJ in an emoji
           "\U0001f3f4\U000e0067\U000e007f",  // tag characters
           "\u2764\ufe0f",                    // a variation selector
           "\u200fmarks\u200e",
           "soft\u00adhyphen",
           "line\u2028separator",
       }) {
    EXPECT_EQ(safe_element(raw), raw);
  }
}

TEST(SafeElement, WhatActsOnATerminalOrEndsALineIsMended) {
  EXPECT_EQ(safe_element("a\nb\rc\x1b[31md\x7f"), "a_b_c_[31md_");
  EXPECT_EQ(safe_element("a\u0085b\u009bc"), "a_b_c");
}

TEST(SafeElement, WhatLetsANameReadAsAnotherIsMended) {
  EXPECT_EQ(safe_element("photo\u202egnp.exe"), "photo_gnp.exe");
  EXPECT_EQ(safe_element("\u202aa\u202bb\u202cc\u202dd"), "_a_b_c_d");
  EXPECT_EQ(safe_element("\u2066a\u2067b\u2068c\u2069"), "_a_b_c_");
  EXPECT_EQ(safe_element("a\u200bb\ufeff"), "a_b_");
}

TEST(SafeElement, EveryByteIsANameOrIsMended) {
  for (int byte = 0; byte < 256; ++byte) {
    std::string const raw(1, static_cast<char>(byte));
    bool const mended = (byte < 0x20 && byte != '\t') || byte == 0x7f || byte == '/' || byte == '.';
    EXPECT_EQ(safe_element(raw), mended ? "_" : raw) << byte;
  }
}

TEST(SafeElement, ANameMayBe255BytesLong) {
  std::string const longest = std::string(251, 'a') + ".mkv";
  EXPECT_EQ(safe_element(longest), longest);
}

TEST(SafeElement, LongerNamesAreCutAndTheCutTellsThemApart) {
  std::string const one = safe_element(std::string(300, 'a') + "1.gz");
  std::string const two = safe_element(std::string(300, 'a') + "2.gz");
  EXPECT_EQ(one.size(), limits::kPathElementBytes);
  EXPECT_TRUE(one.ends_with(".gz"));
  EXPECT_NE(one, two);

  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20ac";
  std::string const between = safe_element(euros + ".x");
  EXPECT_EQ(between.size(), 81u * 3 + 9 + 2);
  EXPECT_TRUE(between.starts_with(euros.substr(0, 81 * 3) + "~"));

  EXPECT_EQ(safe_element("a." + std::string(300, 'b')).size(), limits::kPathElementBytes);
  EXPECT_EQ(safe_element(std::string(300, '\x80')).size(), limits::kPathElementBytes);
}

TEST(PortableElement, IsWhatEveryFileSystemHolds) {
  EXPECT_EQ(portable_element("a<b>c:d\"e|f?g*h\\i\tj"), "a_b_c_d_e_f_g_h_i_j");
  EXPECT_EQ(portable_element("Stra\xdf"
                             "e"),
            "Stra_e");
  EXPECT_EQ(portable_element("end. ."), "end___");
  EXPECT_EQ(portable_element("CON"), "CON_");
  EXPECT_EQ(portable_element("aux.tar.gz"), "aux_.tar.gz");
  EXPECT_EQ(portable_element("lpt9 .txt"), "lpt9 _.txt");
  EXPECT_EQ(portable_element("Com\u00b9"), "Com\u00b9_");
  for (std::string const own : {"CONE", "com", "com10", "auxiliary.txt", "x.aux", "nul_"}) {
    EXPECT_EQ(portable_element(own), own);
  }
  EXPECT_EQ(portable_element("\u65e5\u672c.txt"), "\u65e5\u672c.txt");
  EXPECT_EQ(portable_element(std::string(200, 'a') + ".mkv", 143).size(), 143u);
}

TEST(BesideName, IsNameAndSuffixWhereTheyFit) {
  EXPECT_EQ(beside_name("name", ".btfast"), "name.btfast");
  EXPECT_EQ(beside_name(std::string(248, 'n'), ".btfast"), std::string(248, 'n') + ".btfast");
}

TEST(BesideName, LongNamesAreCutAndStayApart) {
  std::string const one = beside_name(std::string(254, 'n') + "1", ".btfast");
  std::string const two = beside_name(std::string(254, 'n') + "2", ".btfast");

  EXPECT_EQ(one.size(), 255u);
  EXPECT_TRUE(one.ends_with(".btfast"));
  EXPECT_NE(one, two);
  EXPECT_EQ(beside_name(std::string(150, 'n'), ".btfast", 143).size(), 143u);
}

TEST(SafePaths, StandBelowTheTop) {
  EXPECT_EQ(paths_of({{"..", "..", "x"}, {"/", "etc"}, {"a", "", "b"}}),
            (Raw{"top/_/_/x", "top/_/etc", "top/a/_/b"}));
}

TEST(SafePaths, TheFirstKeepsItsNameAndTheRestAreNumbered) {
  EXPECT_EQ(paths_of({{"a.txt"}, {"a.txt"}, {"A.TXT"}, {"a.1.txt"}, {"b"}, {"b"}}),
            (Raw{"top/a.txt", "top/a.1.txt", "top/A.TXT", "top/a.1.1.txt", "top/b", "top/b.1"}));
}

TEST(SafePaths, NamesThatLinuxTellsApartStayApart) {
  EXPECT_EQ(paths_of({{"\u00e9"}, {"e\u0301"}, {"E\u0301"}, {"Net", "a"}, {"net", "a"}}),
            (Raw{"top/\u00e9", "top/e\u0301", "top/E\u0301", "top/Net/a", "top/net/a"}));
}

TEST(SafePaths, ByTheFormerRuleNamesThatFoldToOneAreNumbered) {
  SafePaths paths{"top", NameRule::kFormer};
  Raw out;
  for (auto const& raw :
       std::vector<Raw>{{"a.txt"}, {"A.TXT"}, {"\u00e9"}, {"e\u0301"}, {"A", "b"}, {"a", "B"}}) {
    out.push_back(*paths.add(raw));
  }

  EXPECT_EQ(out, (Raw{"top/a.txt", "top/A.1.TXT", "top/\u00e9", "top/e\u0301.1", "top/A/b",
                      "top/A/B.1"}));
  EXPECT_EQ(fold_name("\u1ea4"), fold_name("a\u0302\u0301"));
  EXPECT_EQ(fold_name("\uac01"), fold_name("\u1100\u1161\u11a8"));
  EXPECT_EQ(fold_name("\u0416\u03a3"), fold_name("\u0436\u03c2"));
}

TEST(SafePaths, AFileAndADirectoryOfOneNameAreToldApart) {
  EXPECT_EQ(paths_of({{"a"}, {"a", "b"}, {"a", "c"}}), (Raw{"top/a", "top/a.1/b", "top/a.1/c"}));
  EXPECT_EQ(paths_of({{"a", "b"}, {"a"}, {"A", "b"}}), (Raw{"top/a/b", "top/a.1", "top/A/b"}));
}

TEST(SafePaths, TooManyOnOneNameIsAnError) {
  SafePaths paths{"top"};
  Raw const raw{"same"};
  for (std::size_t i = 0; i < limits::kSamePath; ++i) ASSERT_TRUE(paths.add(raw)) << i;

  auto const refused = paths.add(raw);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kBadMetainfo);
}

TEST(SafePaths, DepthAndLengthHaveLimits) {
  SafePaths paths{""};

  EXPECT_TRUE(paths.add(Raw(limits::kPathDepth, "d")));
  EXPECT_FALSE(paths.add(Raw(limits::kPathDepth + 1, "d")));
  EXPECT_FALSE(paths.add(Raw(10'000, "d")));
  EXPECT_FALSE(paths.add(Raw(20, std::string(250, 'e'))));
  EXPECT_FALSE(paths.add({}));
}

TEST(SafePaths, NumberedNamesStayWithinTheLimit) {
  std::string const name(255, 'x');
  auto const paths = paths_of({{name}, {name}});

  EXPECT_EQ(paths[1].size(), std::string{"top/"}.size() + 255);
  EXPECT_TRUE(paths[1].ends_with("x.1"));
}

// Whatever the input: relative, no dot elements, no control bytes, all different, and a file
// is never another's directory.
TEST(SafePaths, HoldTheirPromisesForRandomInput) {
  Rng rng{99};
  std::string const alphabet = std::string{"aAb.:/\\ \x01\xc3\xa9\x80", 12} + "\u202e\u0301";
  for (int round = 0; round < 300; ++round) {
    SafePaths paths{"t"};
    std::set<std::string> files;
    std::set<std::string> directories;
    for (int i = 0; i < 60; ++i) {
      Raw raw(1 + rng.below(3));
      for (auto& element : raw) {
        for (auto n = rng.below(4); n > 0; --n) {
          element += alphabet[rng.below(static_cast<std::uint32_t>(alphabet.size()))];
        }
      }
      auto const path = paths.add(raw);
      ASSERT_TRUE(path);
      ASSERT_TRUE(path->starts_with("t/"));
      ASSERT_EQ(path->find("/../"), std::string::npos);
      ASSERT_FALSE(path->ends_with("/..") || path->ends_with("/"));
      ASSERT_EQ(path->find('\x01'), std::string::npos);
      ASSERT_TRUE(files.insert(*path).second) << *path;
      for (auto at = path->find('/'); at != std::string::npos; at = path->find('/', at + 1)) {
        directories.insert(path->substr(0, at));
      }
    }
    for (auto const& file : files) ASSERT_FALSE(directories.contains(file)) << file;
  }
}

}  // namespace
}  // namespace btfast::storage
