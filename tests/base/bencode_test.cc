#include "engine/base/bencode.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "engine/base/rng.h"
#include "tests/support/bencode_text.h"

namespace btfast::bencode {
namespace {

using test::bint;
using test::bstr;
using test::repeat;

// "byte 0: …" of the error; "" where the text parses.
std::string error_of(std::string_view text, Limits limits = {}) {
  auto const tree = parse(as_bytes(text), limits);
  return tree ? "" : parse_error_text(tree.error());
}

TEST(Bencode, DecodesTheFourKindsOfValue) {
  auto const integer = parse(as_bytes("i42e"));
  auto const string = parse(as_bytes("6:foobar"));
  auto const list = parse(as_bytes("l4:spam3:eggi42ee"));
  auto const dict = parse(as_bytes("d3:bar4:spam3:fooi42ee"));

  ASSERT_TRUE(integer && string && list && dict);
  EXPECT_EQ(integer->root().integer(), 42);
  EXPECT_EQ(string->root().string(), "foobar");
  auto const spam = list->root().first();
  EXPECT_EQ(list->root().size(), 3u);
  EXPECT_EQ(spam->string(), "spam");
  EXPECT_EQ(spam->next()->string(), "egg");
  EXPECT_EQ(spam->next()->next()->integer(), 42);
  EXPECT_FALSE(spam->next()->next()->next());
  EXPECT_EQ(dict->root().size(), 2u);
  EXPECT_EQ(dict->root().find_string("bar"), "spam");
  EXPECT_EQ(dict->root().find_integer("foo"), 42);
}

TEST(Bencode, EncodesTheFourKindsOfValue) {
  std::vector<std::byte> out;

  Writer{out}.begin_list().integer(42).string("foobar").begin_dict();
  EXPECT_EQ(as_text(out), "li42e6:foobard");

  out.clear();
  Writer{out}.begin_dict().key("bar").string("spam").key("foo").integer(42).end();
  EXPECT_EQ(as_text(out), "d3:bar4:spam3:fooi42ee");
  out.clear();
  Writer{out}.begin_list().string("spam").string("egg").integer(42).end();
  EXPECT_EQ(as_text(out), "l4:spam3:eggi42ee");
}

TEST(Bencode, FindLooksOnlyAtKeysOfItsOwnDictionary) {
  std::string_view const text = "d1:ad1:b1:xe1:cl1:be1:d1:be";
  auto const tree = parse(as_bytes(text));
  ASSERT_TRUE(tree) << error_of(text);

  EXPECT_FALSE(tree->root().find("b"));
  EXPECT_EQ(tree->root().find_dict("a")->find_string("b"), "x");
  EXPECT_EQ(tree->root().find_list("c")->size(), 1u);
  EXPECT_FALSE(tree->root().find_list("d"));
  EXPECT_FALSE(tree->root().find_integer("d"));
  EXPECT_FALSE(tree->root().find("d")->find("b"));
}

TEST(Bencode, RawIsTheValueAsItStood) {
  auto const tree = parse(as_bytes("d4:infod1:bi1e1:ai2eee"));
  ASSERT_TRUE(tree);

  auto const info = tree->root().find("info");

  EXPECT_EQ(as_text(info->raw()), "d1:bi1e1:ai2ee");
  EXPECT_EQ(info->offset(), 7u);
  EXPECT_EQ(info->find("a")->offset(), 17u);
}

TEST(Bencode, EmptyValuesAreValues) {
  for (std::string_view const text : {"0:", "le", "de", "d0:0:e", "i0e", "llee"}) {
    EXPECT_EQ(error_of(text), "") << text;
  }
  auto const empty = parse(as_bytes("le"));

  EXPECT_FALSE(empty->root().first());
  EXPECT_EQ(empty->root().size(), 0u);
}

TEST(Bencode, IntegersReachBothEndsOf64Bits) {
  EXPECT_EQ(parse(as_bytes("i9223372036854775807e"))->root().integer(), INT64_MAX);
  EXPECT_EQ(parse(as_bytes("i-9223372036854775808e"))->root().integer(), INT64_MIN);
}

struct BadCase {
  std::string text;
  std::string error;
};

TEST(Bencode, EveryErrorOfAStrictParseNamesItsByte) {
  std::vector<BadCase> const cases{
      {"", "byte 0: data ends within a value"},
      {"x", "byte 0: not the start of a value"},
      {"e", "byte 0: not the start of a value"},
      {"i-0e", "byte 0: negative zero"},
      {"i03e", "byte 0: leading zero in integer"},
      {"i-03e", "byte 0: leading zero in integer"},
      {"i--1e", "byte 2: not a digit in an integer"},
      {"i+1e", "byte 1: not a digit in an integer"},
      {"i1.5e", "byte 2: not a digit in an integer"},
      {"ie", "byte 0: integer without digits"},
      {"i-e", "byte 0: integer without digits"},
      {"i12", "byte 3: data ends within an integer"},
      {"i9223372036854775808e", "byte 0: integer does not fit 64 bits"},
      {"i-9223372036854775809e", "byte 0: integer does not fit 64 bits"},
      {"li1ei02ee", "byte 4: leading zero in integer"},
      {"99999999999:", "byte 0: string runs past the end of the data"},
      {"18446744073709551616:", "byte 0: string runs past the end of the data"},
      {"-1:", "byte 0: not the start of a value"},
      {"00:", "byte 0: leading zero in string length"},
      {"01:a", "byte 0: leading zero in string length"},
      {"4:", "byte 0: string runs past the end of the data"},
      {"4:abc", "byte 0: string runs past the end of the data"},
      {"1", "byte 1: data ends within a string length"},
      {"1a", "byte 1: no ':' after a string length"},
      {"di1ei2ee", "byte 1: dictionary key is not a string"},
      {"dlee", "byte 1: dictionary key is not a string"},
      {"d1:ae", "byte 4: dictionary key without a value"},
      {"d1:a", "byte 4: data ends within a value"},
      {"l", "byte 1: data ends within a value"},
      {"i1ei2e", "byte 3: bytes after the end of the value"},
  };

  for (auto const& [text, error] : cases) {
    EXPECT_EQ(error_of(text, {.strict = true}), error) << text;
  }
}

std::string tolerated_in(std::string_view text) {
  auto const tree = parse(as_bytes(text));
  if (!tree) return "refused: " + parse_error_text(tree.error());
  return tree->tolerated() ? parse_error_text(*tree->tolerated()) : "";
}

TEST(Bencode, WhatHasOneMeaningOnlyIsTakenAndTheFirstOfItNamed) {
  EXPECT_EQ(tolerated_in("li1ei02ei-0ee"), "byte 4: leading zero in integer");
  EXPECT_EQ(tolerated_in("i-0e"), "byte 0: negative zero");
  EXPECT_EQ(tolerated_in("i9223372036854775808e"), "byte 0: integer does not fit 64 bits");
  EXPECT_EQ(tolerated_in("d01:ai1ee"), "byte 1: leading zero in string length");
  EXPECT_EQ(tolerated_in("d1:ai1ee"), "");
  EXPECT_EQ(tolerated_in("ie"), "refused: byte 0: integer without digits");
  EXPECT_EQ(tolerated_in("i+1e"), "refused: byte 1: not a digit in an integer");
}

TEST(Bencode, OddNumbersAreReadAsWhatTheyMean) {
  auto const integer = [](std::string_view text) {
    return parse(as_bytes(text))->root().integer();
  };

  EXPECT_EQ(integer("i007e"), 7);
  EXPECT_EQ(integer("i-007e"), -7);
  EXPECT_EQ(integer("i-0e"), 0);
  EXPECT_EQ(integer("i99999999999999999999e"), INT64_MAX);
  EXPECT_EQ(integer("i-99999999999999999999e"), INT64_MIN);
  EXPECT_EQ(parse(as_bytes("0004:spam"))->root().string(), "spam");
  EXPECT_EQ(parse(as_bytes("00:"))->root().string(), "");
}

// The kind of file that is written by hand: lengths do not match, keys are unsorted,
// one 'e' too many.
TEST(Bencode, AHandWrittenExampleWithWrongLengthsIsRejectedWithItsByte) {
  std::string_view const text =
      "d6:announce18:http://tracker.a.b:80"
      "4:infod4:name4:file.txt5:lengthi12345e12:piece lengthi262144eee";

  EXPECT_EQ(error_of(text), "byte 9: not the start of a value");
}

TEST(Bencode, DepthBombsStopAtTheLimit) {
  EXPECT_EQ(error_of(repeat("l", 1'000'000)), "byte 100: nested too deeply");
  EXPECT_EQ(error_of(repeat("d1:a", 1'000'000)), "byte 400: nested too deeply");
  EXPECT_EQ(error_of(repeat("l", 100) + repeat("e", 100)), "");
  EXPECT_EQ(error_of("llee", {.depth = 1}), "byte 1: nested too deeply");
}

TEST(Bencode, TokenBombsStopAtTheLimit) {
  EXPECT_EQ(error_of("l" + repeat("i0e", limits::kMetainfoTokens) + "e"),
            "byte 23999998: too many values");
  EXPECT_EQ(error_of("li0ee", {.tokens = 2}), "");
  EXPECT_EQ(error_of("li0e0:e", {.tokens = 2}), "byte 4: too many values");
}

TEST(Bencode, TrailingBytesAreToleratedOnlyWhenAsked) {
  auto const tree = parse(as_bytes("i1egarbage"), {.allow_trailing = true});

  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->consumed(), 3u);
  EXPECT_EQ(error_of("i1egarbage"), "byte 3: bytes after the end of the value");
}

TEST(Bencode, UnsortedKeysParseAndRepeatedKeysAreFoundWhereTheyStandAgain) {
  auto const unsorted = parse(as_bytes("d1:bi1e1:ai2ee"));
  auto const repeated = parse(as_bytes("d1:bi1e1:ai2e1:bi1e1:ai1e1:bi3e1:ci0ee"));
  ASSERT_TRUE(unsorted && repeated);

  EXPECT_TRUE(unsorted->root().repeated_keys().empty());
  std::vector<std::size_t> offsets;
  for (auto const& key : repeated->root().repeated_keys()) offsets.push_back(key.offset());
  EXPECT_EQ(offsets, (std::vector<std::size_t>{13, 19, 25}));
  EXPECT_TRUE(parse(as_bytes("l1:a1:ae"))->root().repeated_keys().empty());
}

TEST(Bencode, EveryTruncationIsAnError) {
  std::string_view const text = "d3:bar4:spam3:fool1:xi-42eee";
  ASSERT_EQ(error_of(text), "");

  for (std::size_t n = 0; n < text.size(); ++n) {
    EXPECT_NE(error_of(text.substr(0, n)), "") << n;
  }
}

#ifndef NDEBUG
TEST(BencodeDeathTest, WriterRefusesUnsortedKeys) {
  std::vector<std::byte> out;
  Writer writer{out};
  writer.begin_dict().key("b").integer(1);

  EXPECT_DEATH(writer.key("a"), "invariant");
  EXPECT_DEATH(writer.key("b"), "invariant");
}
#endif

// Random well-formed text, dictionaries with sorted keys.
std::string random_value(Rng& rng, int depth) {
  switch (rng.below(depth == 0 ? 2 : 4)) {
    case 0:
      return bint(static_cast<std::int64_t>(rng.next() >> rng.below(64)) *
                  (rng.one_in(2) ? 1 : -1));
    case 1:
      return bstr(std::string(rng.below(12), static_cast<char>(rng.below(256))));
    case 2: {
      std::string list = "l";
      for (auto n = rng.below(5); n > 0; --n) list += random_value(rng, depth - 1);
      return list + "e";
    }
    default: {
      std::string dict = "d";
      for (char key = 'a'; key < 'a' + static_cast<char>(rng.below(5)); ++key) {
        dict += bstr(std::string(1, key)) + random_value(rng, depth - 1);
      }
      return dict + "e";
    }
  }
}

void write(Writer& writer, Node node) {
  switch (node.type()) {
    case Type::kInteger:
      writer.integer(node.integer());
      return;
    case Type::kString:
      writer.string(node.string());
      return;
    case Type::kList:
      writer.begin_list();
      for (auto at = node.first(); at; at = at->next()) write(writer, *at);
      writer.end();
      return;
    case Type::kDict:
      writer.begin_dict();
      for (auto at = node.first(); at; at = at->next()->next()) {
        writer.key(at->string());
        write(writer, *at->next());
      }
      writer.end();
      return;
  }
}

TEST(Bencode, WritingAParsedValueGivesItsBytesBack) {
  Rng rng{20261120};
  for (int round = 0; round < 2'000; ++round) {
    std::string const text = random_value(rng, 4);
    auto const tree = parse(as_bytes(text));
    ASSERT_TRUE(tree) << text;

    std::vector<std::byte> out;
    Writer writer{out};
    write(writer, tree->root());

    ASSERT_EQ(as_text(out), text);
  }
}

TEST(Bencode, ChangedBytesNeverBreakTheParser) {
  Rng rng{7};
  for (int round = 0; round < 5'000; ++round) {
    std::string text = random_value(rng, 3);
    text[rng.below(static_cast<std::uint32_t>(text.size()))] = static_cast<char>(rng.below(256));

    auto const tree = parse(as_bytes(text));
    if (!tree) {
      EXPECT_LE(tree.error().offset, text.size());
      continue;
    }
    EXPECT_EQ(as_text(tree->root().raw()), text);
  }
}

}  // namespace
}  // namespace btfast::bencode
