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
           {" ", "_"},
           {"a/../../x", "a_.._.._x"},
           {"/etc/x", "_etc_x"},
           {"//", "__"},
           {"//\\", "___"},
           {"\\\\srv\\x", "__srv_x"},
           {"C:\\x", "C__x"},
           {"c:", "c_"},
           {"\u200b..", "_"},
           {"...", "..."},
       }) {
    EXPECT_EQ(safe_element(raw), safe) << raw;
  }
}

TEST(SafeElement, ControlCharactersBecomeUnderscores) {
  EXPECT_EQ(safe_element(std::string_view{"a\0b", 3}), "a_b");
  EXPECT_EQ(safe_element("a\nb\rc\x1b[31md\x7f"), "a_b_c_[31md_");
  EXPECT_EQ(safe_element("a\u0085b\u009bc\u2028d"), "a_b_c_d");
}

TEST(SafeElement, BytesThatAreNotUtf8BecomeUnderscores) {
  EXPECT_EQ(safe_element("\xc0\xae\xc0\xae"), "____");
  EXPECT_EQ(safe_element("\xe0\x80\xae"), "___");
  EXPECT_EQ(safe_element("x\xe2\x82"), "x__");
  EXPECT_EQ(safe_element("\xf8\x88\x80\x80\xaf"), "_____");
  EXPECT_EQ(safe_element("\xed\xa0\x80"), "___");
  EXPECT_EQ(safe_element("\xf4\x90\x80\x80"), "____");
  EXPECT_EQ(safe_element("gr\u00fc\u00df \u65e5\u672c \U0001f600"),
            "gr\u00fc\u00df \u65e5\u672c \U0001f600");
}

TEST(SafeElement, InvisibleAndBidiCharactersAreDropped) {
  EXPECT_EQ(safe_element("a\u202egpj.exe"), "agpj.exe");
  EXPECT_EQ(safe_element("\ufeffa\u200bb\u2066c\u2069"), "abc");
  EXPECT_EQ(safe_element("\u200b\u200d"), "_");
}

TEST(SafeElement, LongNamesKeepTheirExtension) {
  std::string const cut = safe_element(std::string(300, 'a') + ".tar.gz");
  EXPECT_EQ(cut.size(), limits::kPathElementBytes);
  EXPECT_TRUE(cut.ends_with("a.gz"));

  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20ac";
  std::string const between = safe_element(euros + ".x");
  EXPECT_EQ(between.size(), 79u * 3 + 2);
  EXPECT_TRUE(between.ends_with("\u20ac.x"));

  EXPECT_EQ(safe_element("a." + std::string(300, 'b')).size(), limits::kPathElementBytes);
}

TEST(SafePaths, StandBelowTheTop) {
  EXPECT_EQ(paths_of({{"..", "..", "x"}, {"/", "etc"}, {"a", "", "b"}}),
            (Raw{"top/_/_/x", "top/_/etc", "top/a/_/b"}));
}

TEST(SafePaths, TheFirstKeepsItsNameAndTheRestAreNumbered) {
  EXPECT_EQ(paths_of({{"a.txt"}, {"a.txt"}, {"A.TXT"}, {"a.1.txt"}, {"b"}, {"b"}}),
            (Raw{"top/a.txt", "top/a.1.txt", "top/A.2.TXT", "top/a.1.1.txt", "top/b", "top/b.1"}));
}

TEST(SafePaths, ComposedAndDecomposedNamesCollide) {
  EXPECT_EQ(paths_of({{"\u00e9"}, {"e\u0301"}, {"E\u0301"}, {"e"}}),
            (Raw{"top/\u00e9", "top/e\u0301.1", "top/E\u0301.2", "top/e"}));
  EXPECT_EQ(fold_name("\u1ea4"), fold_name("a\u0302\u0301"));
  EXPECT_EQ(fold_name("\uac01"), fold_name("\u1100\u1161\u11a8"));
  EXPECT_EQ(fold_name("\u0416\u03a3"), fold_name("\u0436\u03c2"));
}

TEST(SafePaths, AFileAndADirectoryOfOneNameAreToldApart) {
  EXPECT_EQ(paths_of({{"a"}, {"a", "b"}, {"a", "c"}}), (Raw{"top/a", "top/a.1/b", "top/a.1/c"}));
  EXPECT_EQ(paths_of({{"a", "b"}, {"a"}, {"A", "b"}}), (Raw{"top/a/b", "top/a.1", "top/a/b.1"}));
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

  EXPECT_TRUE(paths.add(Raw(100, "d")));
  EXPECT_FALSE(paths.add(Raw(101, "d")));
  EXPECT_FALSE(paths.add(Raw(10'000, "d")));
  EXPECT_FALSE(paths.add(Raw(20, std::string(250, 'e'))));
  EXPECT_FALSE(paths.add({}));
}

TEST(SafePaths, NumberedNamesStayWithinTheLimit) {
  std::string const name(240, 'x');
  auto const paths = paths_of({{name}, {name}});

  EXPECT_EQ(paths[1].size(), std::string{"top/"}.size() + 240);
  EXPECT_TRUE(paths[1].ends_with("x.1"));
}

// Whatever the input: relative, no dot elements, no control bytes, all different once
// folded, and a file is never another's directory.
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
      ASSERT_EQ(path->find_first_of("\x01\\"), std::string::npos);
      std::string const folded = fold_name(*path);
      ASSERT_TRUE(files.insert(folded).second) << *path;
      for (auto at = folded.find('/'); at != std::string::npos; at = folded.find('/', at + 1)) {
        directories.insert(folded.substr(0, at));
      }
    }
    for (auto const& file : files) ASSERT_FALSE(directories.contains(file)) << file;
  }
}

}  // namespace
}  // namespace btfast::storage
