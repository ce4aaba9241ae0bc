#include "storage/name_choice.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

constexpr std::size_t kMax = 255;

FileSpec spec_of(std::string path, bool contested = false) {
  FileSpec spec{std::move(path), 1};
  spec.contested = contested;
  return spec;
}

TEST(NameChoice, BeginsWithTheNameItself) {
  auto const spec = spec_of("t/a b?/c");
  NameChoice const choice{spec, spec.path, kMax};

  EXPECT_EQ(choice.name(), "t/a b?/c");
  EXPECT_EQ(choice.depth(), 3u);
  EXPECT_EQ(choice.prefix(2), "t/a b?");
}

TEST(NameChoice, AFileThatMeetsAnotherIsMarkedOnce) {
  auto const spec = spec_of("t/readme.txt");
  NameChoice choice{spec, spec.path, kMax};

  EXPECT_TRUE(choice.another_file_has_it());
  EXPECT_TRUE(choice.name().starts_with("t/readme~")) << choice.name();
  EXPECT_TRUE(choice.name().ends_with(".txt"));
  EXPECT_EQ(choice.name().size(), spec.path.size() + 9);
  EXPECT_FALSE(choice.another_file_has_it());
}

TEST(NameChoice, WhatLiesInOneFolderStaysTogether) {
  auto const one = spec_of("t/Doc/x");
  auto const two = spec_of("t/Doc/y");
  NameChoice first{one, one.path, kMax};
  NameChoice second{two, two.path, kMax};

  EXPECT_TRUE(first.a_file_is_on_the_way(2));
  EXPECT_TRUE(second.a_file_is_on_the_way(2));
  EXPECT_EQ(first.prefix(2), second.prefix(2));
  EXPECT_NE(first.prefix(2), "t/Doc");
}

TEST(NameChoice, WhatCannotBeHeldBecomesPortable) {
  auto const spec = spec_of("t/what?/a:b*c\xff./end ");
  NameChoice choice{spec, spec.path, kMax};

  EXPECT_TRUE(choice.cannot_be_held());
  EXPECT_EQ(choice.name(), "t/what_/a_b_c__/end_");
  EXPECT_FALSE(choice.cannot_be_held());
}

TEST(NameChoice, WhatCannotBeHeldAsPortableEitherBecomesAscii) {
  auto const spec = spec_of("t/\u65e5\u672c?.txt");
  NameChoice choice{spec, spec.path, kMax};

  EXPECT_TRUE(choice.cannot_be_held());
  EXPECT_EQ(choice.name(), "t/\u65e5\u672c_.txt");
  EXPECT_TRUE(choice.cannot_be_held());
  EXPECT_EQ(choice.name(), "t/" + marked_element("___.txt", spec.path));
  EXPECT_FALSE(choice.cannot_be_held());
}

TEST(NameChoice, APortableNameHasNoOtherForm) {
  auto const spec = spec_of("t/plain");
  NameChoice choice{spec, spec.path, kMax};

  EXPECT_FALSE(choice.cannot_be_held());
}

TEST(NameChoice, NamesThatBecomeOneAreToldApart) {
  auto const one = spec_of("t/a?", true);
  auto const two = spec_of("t/a*", true);
  NameChoice first{one, one.path, kMax};
  NameChoice second{two, two.path, kMax};

  EXPECT_TRUE(first.cannot_be_held());
  EXPECT_TRUE(second.cannot_be_held());
  EXPECT_TRUE(first.name().starts_with("t/a_~"));
  EXPECT_NE(first.name(), second.name());
}

TEST(NameChoice, WhatIsTooLongIsCutAndMarked) {
  auto const spec = spec_of("t/" + std::string(200, 'n') + ".mkv");
  NameChoice choice{spec, spec.path, 143};

  EXPECT_TRUE(choice.cannot_be_held());
  EXPECT_EQ(choice.name().size(), 2u + 143);
  EXPECT_TRUE(choice.name().ends_with(".mkv"));
}

TEST(NameChoice, ThePersonsOwnWordIsNeverChanged) {
  auto spec = spec_of("my:name/a:b");
  spec.top_chosen = true;
  NameChoice choice{spec, spec.path, kMax};

  EXPECT_FALSE(choice.a_file_is_on_the_way(1));
  EXPECT_TRUE(choice.cannot_be_held());
  EXPECT_EQ(choice.name(), "my:name/a_b");
}

TEST(NameChoice, TheFileSystemSaysWhichNamesItRefuses) {
  for (int const refused : {EINVAL, EILSEQ, ENAMETOOLONG}) {
    EXPECT_TRUE(refuses_name({Errc::kInternal, refused})) << refused;
  }
  for (int const other : {0, EACCES, ENOSPC, EEXIST}) {
    EXPECT_FALSE(refuses_name({Errc::kInternal, other})) << other;
  }
}

}  // namespace
}  // namespace btfast::storage
