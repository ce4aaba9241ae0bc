#include "engine/metainfo/file_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace btfast {
namespace {

std::vector<storage::FileSpec> const kLayout{{.path = "top/sub/a,b", .length = 1},
                                             {.path = "top/sub/c", .length = 1},
                                             {.path = "top/x\x01/d", .length = 1},
                                             {.path = "top/.pad/7", .length = 1, .pad = true}};

std::uint64_t hash(std::string const& name) { return StretchHashes{name}.of(0, name.size()); }

TEST(StretchHashes, AStretchHashesAsItselfAlone) {
  StretchHashes const list{"!a,b, c"};

  EXPECT_EQ(list.of(1, 4), hash("a,b"));
  EXPECT_EQ(list.of(6, 7), hash("c"));
  EXPECT_NE(list.of(1, 4), hash("a;b"));
}

TEST(FileNames, KnowsEachNameOfAFileWithoutALook) {
  FileNames const names{kLayout};

  for (char const* name : {"top/sub/a,b", "sub/a,b", "a,b", "c", "d", "top/x\\x01/d"}) {
    EXPECT_TRUE(names.may_be_file(hash(name))) << name;
    EXPECT_FALSE(names.named(name).empty()) << name;
  }
  for (char const* name : {"a", "b", "sub", "top", "7", ".pad/7"}) {
    EXPECT_FALSE(names.may_be_file(hash(name))) << name;
    EXPECT_TRUE(names.named(name).empty()) << name;
  }
  EXPECT_EQ(names.looks(), 12u);
}

TEST(FileNames, KnowsEachNameOfAFolderWithoutALook) {
  FileNames const names{kLayout};

  for (char const* name : {"top", "top/sub", "sub", "x\\x01", "top/x\x01"}) {
    EXPECT_TRUE(names.may_be_folder(hash(name))) << name;
    EXPECT_FALSE(names.in_folder(name).empty()) << name;
  }
  for (char const* name : {"c", ".pad", "sub/a,b", ""}) {
    EXPECT_FALSE(names.may_be_folder(hash(name))) << name;
    EXPECT_TRUE(names.in_folder(name).empty()) << name;
  }
}

TEST(FileNames, KnowsWhatNamesBeginWithUpToEachPowerOfCommas) {
  std::vector<storage::FileSpec> const layout{{.path = "t,op/a,b,c,d,e/f,g", .length = 1}};
  FileNames const names{layout};

  for (char const* name : {"t", "a", "a,b", "a,b,c,d", "f", "t,op/a"}) {
    EXPECT_TRUE(names.may_begin(hash(name))) << name;
  }
  for (char const* name : {"t,op", "a,b,c", "b", "op/a", "e", "f,g", "1"}) {
    EXPECT_FALSE(names.may_begin(hash(name))) << name;
  }
}

TEST(FileNames, CountsTheCommasOfAName) { EXPECT_EQ(FileNames{kLayout}.commas_max(), 1u); }

}  // namespace
}  // namespace btfast
