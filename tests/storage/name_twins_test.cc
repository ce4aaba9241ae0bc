#include "storage/name_twins.h"

#include <gtest/gtest.h>

namespace btfast::storage {
namespace {

// The contested ones among files of these paths.
std::vector<std::string> contested(std::vector<std::string> const& paths) {
  std::vector<FileSpec> files;
  for (auto const& path : paths) files.push_back({path, 1});
  mark_twins(files);
  std::vector<std::string> out;
  for (auto const& file : files) {
    if (file.contested) out.push_back(file.path);
  }
  return out;
}

using Paths = std::vector<std::string>;

TEST(NameTwins, PlainNamesAreNobodysTwins) {
  EXPECT_EQ(contested({"t/a", "t/b", "t/sub/a", "t/sub/b", "t/subs"}), Paths{});
}

TEST(NameTwins, NamesThatDifferInCaseOrCompositionAreTwins) {
  EXPECT_EQ(contested({"t/README", "t/x", "t/readme"}), (Paths{"t/README", "t/readme"}));
  EXPECT_EQ(contested({"t/\u00e9", "t/e\u0301"}), (Paths{"t/\u00e9", "t/e\u0301"}));
  EXPECT_EQ(contested({"t/Net/x", "t/net/x", "t/net/y"}), (Paths{"t/Net/x", "t/net/x"}));
}

TEST(NameTwins, NamesThatDifferInWhatAFileSystemDropsOrMendsAreTwins) {
  EXPECT_EQ(contested({"a.", "a"}), (Paths{"a.", "a"}));
  EXPECT_EQ(contested({"a ", "a"}), (Paths{"a ", "a"}));
  EXPECT_EQ(contested({"a\u200cb", "ab"}), (Paths{"a\u200cb", "ab"}));
  EXPECT_EQ(contested({"a?", "a*", "a_"}), (Paths{"a?", "a*", "a_"}));
}

TEST(NameTwins, AFileAndADirectoryAreTwinsAndSoIsWhatLiesInIt) {
  EXPECT_EQ(contested({"t/Doc/x", "t/Doc/deep/y", "t/z", "t/doc"}),
            (Paths{"t/Doc/x", "t/Doc/deep/y", "t/doc"}));
}

TEST(NameTwins, PadsAreNobody) {
  std::vector<FileSpec> files{{"a", 1}, {"A", 1, true}};
  mark_twins(files);

  EXPECT_FALSE(files[0].contested);
  EXPECT_FALSE(files[1].contested);
}

}  // namespace
}  // namespace btfast::storage
