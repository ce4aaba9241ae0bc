#include "engine/metainfo/metainfo_fields.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/base/byte_io.h"
#include "engine/base/limits.h"
#include "tests/support/bencode_text.h"

namespace btfast {
namespace {

using test::bint;
using test::bstr;

// A document and its tree.
class Document {
 public:
  explicit Document(std::string text) : text_(std::move(text)) {
    auto tree = bencode::parse(as_bytes(text_));
    BTF_CHECK(tree);
    tree_ = std::move(*tree);
  }
  Document(Document const&) = delete;
  Document& operator=(Document const&) = delete;
  bencode::Node root() const { return tree_.root(); }

 private:
  std::string const text_;
  bencode::Tree tree_;
};

TEST(MetainfoFields, RequiredValuesAreReadByType) {
  Document const document{"d" + bstr("n") + bint(-5) + bstr("s") + bstr("text") + "e"};

  auto const number = required_integer(document.root(), "n");
  auto const text = required_string(document.root(), "s");

  ASSERT_TRUE(number && text);
  EXPECT_EQ(*number, -5);
  EXPECT_EQ(*text, "text");
}

TEST(MetainfoFields, AMissingOrWrongValueIsNamedWithItsByte) {
  Document const document{"d1:n" + bint(1) + "1:s" + bstr("text") + "e"};
  auto const root = document.root();

  EXPECT_EQ(required_integer(root, "x").error().detail, "byte 0: \"x\" is missing");
  EXPECT_EQ(required_integer(root, "s").error().detail, "byte 10: \"s\" is not an integer");
  EXPECT_EQ(required_string(root, "x").error().detail, "byte 0: \"x\" is missing");
  EXPECT_EQ(required_string(root, "n").error().detail, "byte 4: \"n\" is not a string");
  EXPECT_EQ(required_string(root, "n").error().code, Errc::kBadMetainfo);
}

TEST(MetainfoFields, AnotherCodeIsKept) {
  Document const document{"de"};

  EXPECT_EQ(bad_key(document.root(), "k", "is odd", Errc::kUnsupported).code, Errc::kUnsupported);
}

TEST(MetainfoFields, TheUtf8TwinOfATextIsPreferred) {
  Document const document{"d" + bstr("comment") + bstr("old") + bstr("comment.utf-8") +
                          bstr("new") + bstr("name") + bstr("alone") + "e"};
  std::vector<std::string> warnings;

  EXPECT_EQ(optional_text(document.root(), "comment", warnings), "new");
  EXPECT_EQ(optional_text(document.root(), "name", warnings), "alone");
  EXPECT_EQ(optional_text(document.root(), "none", warnings), "");
  EXPECT_TRUE(warnings.empty());
}

TEST(MetainfoFields, AUtf8TwinThatIsNotUtf8IsIgnoredWhereThereIsTheOther) {
  Document const document{"d" + bstr("a") + bstr("good") + bstr("a.utf-8") + bstr("\xff") +
                          bstr("b.utf-8") + bstr("\xff") + "e"};
  std::vector<std::string> warnings;

  EXPECT_EQ(optional_text(document.root(), "a", warnings), "good");
  EXPECT_EQ(optional_text(document.root(), "b", warnings), "\xff");
  EXPECT_EQ(warnings, std::vector<std::string>{"\"a.utf-8\" is not UTF-8 and was ignored"});
}

TEST(MetainfoFields, ATextOfAnotherTypeIsIgnoredWithAWarning) {
  Document const document{"d" + bstr("comment") + bint(3) + "e"};
  std::vector<std::string> warnings;

  EXPECT_EQ(optional_text(document.root(), "comment", warnings), "");
  EXPECT_EQ(warnings, std::vector<std::string>{"\"comment\" is not a string and was ignored"});
}

TEST(MetainfoFields, ATextIsCutAtTheLimitAndNotBefore) {
  Document const document{"d1:a" + bstr(std::string(limits::kCommentBytes, 'a')) + "1:b" +
                          bstr(std::string(limits::kCommentBytes + 1, 'b')) + "e"};
  std::vector<std::string> warnings;

  EXPECT_EQ(optional_text(document.root(), "a", warnings).size(), limits::kCommentBytes);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(optional_text(document.root(), "b", warnings).size(), limits::kCommentBytes);
  EXPECT_EQ(warnings.size(), 1u);
}

TEST(MetainfoFields, AnEmptyUtf8TwinSaysNothing) {
  Document const document{"d" + bstr("comment") + bstr("old") + bstr("comment.utf-8") + bstr("") +
                          "e"};
  std::vector<std::string> warnings;

  EXPECT_EQ(optional_text(document.root(), "comment", warnings), "old");
}

TEST(MetainfoFields, AKeyThatStandsTwiceIsRefusedAtItsByteWhereItDecides) {
  Document const once{"d1:ai1e1:bi1ee"};
  Document const twice{"d1:ai1e1:bi1e1:ai2ee"};

  std::array<std::string_view, 1> const decisive{"a"};
  std::vector<std::string> warnings;

  EXPECT_TRUE(check_repeated_keys(once.root(), "the info dictionary", decisive, warnings));
  auto const refused = check_repeated_keys(twice.root(), "the info dictionary", decisive, warnings);

  EXPECT_TRUE(warnings.empty());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "byte 13: \"a\" stands twice in the info dictionary");
}

TEST(MetainfoFields, OfAKeyThatDecidesNothingTheFirstCountsAndAWarningSaysSo) {
  Document const document{"d1:ai1e1:bi1e1:ai2e1:bi3ee"};
  std::vector<std::string> warnings;

  EXPECT_TRUE(check_repeated_keys(document.root(), "the torrent", {}, warnings));

  EXPECT_EQ(warnings, std::vector<std::string>{"\"a\" stands twice in the torrent (byte 13): the "
                                               "first one counts; 1 more like it"});
}

}  // namespace
}  // namespace btfast
