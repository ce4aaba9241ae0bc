#include "engine/metainfo/file_pattern.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(FilePattern, AFileAnswersToItsPathItsPathBelowTheTopAndItsLastElement) {
  for (std::string_view const name : {"top/a/b", "a/b", "b"}) {
    EXPECT_TRUE(path_is("top/a/b", name)) << name;
    EXPECT_TRUE(path_matches("top/a/b", name)) << name;
  }
  for (std::string_view const name : {"top", "a", "top/a", "/b", "c"}) {
    EXPECT_FALSE(path_is("top/a/b", name)) << name;
    EXPECT_FALSE(path_matches("top/a/b", name)) << name;
  }
  EXPECT_TRUE(path_is("alone", "alone"));
  EXPECT_TRUE(path_matches("top/a/b.txt", "*.t?t"));
  EXPECT_FALSE(path_is("top/[a]", "a"));
  EXPECT_FALSE(path_matches("top/[a]", "[a]"));
}

TEST(FilePattern, AFileLiesInEachFolderOnItsWay) {
  for (std::string_view const folder : {"top", "top/a", "a", "top/a/b", "a/b", "b"}) {
    EXPECT_TRUE(lies_in("top/a/b/file", folder)) << folder;
  }
  EXPECT_FALSE(lies_in("top/a/b/file", "file"));
  EXPECT_FALSE(lies_in("alone", "alone"));
  EXPECT_TRUE(lies_in_match("top/season 1/x", "season*"));
  EXPECT_FALSE(lies_in_match("top/x", "x"));
}

}  // namespace
}  // namespace btfast
