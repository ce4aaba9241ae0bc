#include "storage/name_fold.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace btfast::storage {
namespace {

TEST(NameFold, NamesThatDifferInCaseAloneAreOne) {
  EXPECT_EQ(fold_name("ReadMe.TXT"), "readme.txt");
  EXPECT_EQ(fold_name("\u00C9T\u00C9"), fold_name("\u00E9t\u00E9"));            // Latin
  EXPECT_EQ(fold_name("\u0416\u0423\u041A"), fold_name("\u0436\u0443\u043A"));  // Cyrillic
  EXPECT_EQ(fold_name("\u03A3"), fold_name("\u03C2"));  // sigma, and its final form
}

TEST(NameFold, ComposedAndDecomposedAccentsAreOne) {
  EXPECT_EQ(fold_name("caf\u00E9"), fold_name("cafe\u0301"));
  EXPECT_EQ(fold_name("\u00C9"), "e\u0301");
  EXPECT_EQ(fold_name("\u1EC7"), "e\u0323\u0302");      // nested: e, dot below, circumflex
  EXPECT_EQ(fold_name("\u212B"), fold_name("\u00E5"));  // the angstrom sign
}

TEST(NameFold, HangulSyllablesComeApartIntoTheirLetters) {
  EXPECT_EQ(fold_name("\uAC00"), "\u1100\u1161");
  EXPECT_EQ(fold_name("\uD55C"), "\u1112\u1161\u11AB");
  EXPECT_EQ(fold_name("\uD7A3"), "\u1112\u1175\u11C2");
}

TEST(NameFold, DifferentNamesStayDifferent) {
  std::vector<std::string> const names{"e",  "\u00E9", "\u00E8", "f",
                                       "e.", " e",     "\u4E00", "\u0131"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(fold_name(names[i]), fold_name(names[j]));
  }
}

TEST(NameFold, AFoldedNameFoldsToItself) {
  for (std::string const name : {"Stra\u00DFe", "\u1E9E", "\uD55C\uAE00", "\u01C4", "\u1FFC"}) {
    std::string const once = fold_name(name);

    EXPECT_EQ(fold_name(once), once) << name;
  }
}

TEST(NameFold, BytesThatAreNotUtf8AreKept) {
  EXPECT_EQ(fold_name("A\xff\xc3"), "a\xff\xc3");
  EXPECT_EQ(fold_name(""), "");
}

}  // namespace
}  // namespace btfast::storage
