#include "storage/former_names.h"

#include <gtest/gtest.h>

#include "engine/base/rng.h"
#include "engine/base/unicode.h"

namespace btfast::storage {
namespace {

TEST(FormerElement, NeverLeavesItsDirectory) {
  struct Case {
    std::string raw;
    std::string former;
  };
  for (auto const& [raw, former] : std::vector<Case>{
           {"..", "_"},
           {".", "_"},
           {"", "_"},
           {" ", "_"},
           {"a/../../x", "a_.._.._x"},
           {"//\\", "___"},
           {"C:\\x", "C__x"},
           {"c:", "c_"},
           {"\u200b..", "_"},
           {"...", "..."},
       }) {
    EXPECT_EQ(former_element(raw), former) << raw;
  }
}

TEST(FormerElement, MendsControlCharactersAndBytesThatAreNotUtf8) {
  EXPECT_EQ(former_element(std::string_view{"a\0b", 3}), "a_b");
  EXPECT_EQ(former_element("a\nb\rc\x1b[31md\x7f"), "a_b_c_[31md_");
  EXPECT_EQ(former_element("a\u0085b\u009bc\u2028d"), "a_b_c_d");
  EXPECT_EQ(former_element("\xc0\xae\xc0\xae"), "____");
  EXPECT_EQ(former_element("x\xe2\x82"), "x__");
}

TEST(FormerElement, DropsInvisibleCharacters) {
  EXPECT_EQ(former_element("a\u202egpj.exe"), "agpj.exe");
  EXPECT_EQ(former_element("\ufeffa\u200bb\u2066c\u2069"), "abc");
}

TEST(FormerElement, CutsTo240Bytes) {
  std::string const cut = former_element(std::string(300, 'a') + ".tar.gz");
  EXPECT_EQ(cut, std::string(237, 'a') + ".gz");

  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\u20ac";
  EXPECT_EQ(former_element(euros + ".x").size(), 79u * 3 + 2);
  EXPECT_EQ(former_element("a." + std::string(300, 'b')).size(), kFormerElementBytes);
}

TEST(FormerElement, IsAlwaysAName) {
  Rng rng{3};
  for (int round = 0; round < 2000; ++round) {
    std::string raw;
    for (auto n = rng.below(260); n > 0; --n) raw += static_cast<char>(rng.below(256));
    std::string const former = former_element(raw);
    ASSERT_FALSE(former.empty());
    ASSERT_LE(former.size(), kFormerElementBytes);
    for (std::string_view rest = former; !rest.empty();) {
      auto const c = take_code_point(rest);
      ASSERT_TRUE(c && !is_control(*c) && *c != '/' && *c != '\\');
    }
  }
}

}  // namespace
}  // namespace btfast::storage
