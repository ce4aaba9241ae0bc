#include "engine/metainfo/metainfo_v2.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"
#include "engine/base/sha256.h"
#include "tests/support/torrent_text.h"

namespace btfast {
namespace {

using namespace test;  // NOLINT: the vocabulary of every line below

constexpr std::int64_t kPieceLength = 32'768;
std::string const kRoot(32, 'r');

std::string hash(std::string const& text) {
  auto const digest = sha256(as_bytes(text));
  return std::string{as_text(digest)};
}
std::string leaf(std::int64_t length, std::string const& root) {
  DictText keys{{"length", bint(length)}};
  if (length > 0) keys.emplace("pieces root", bstr(root));
  return bdict({{"", bdict(keys)}});
}

DictText info_of(std::string const& files, std::string const& tree) {
  return {{"file tree", tree},
          {"files", files},
          {"meta version", bint(2)},
          {"name", bstr("top")},
          {"piece length", bint(kPieceLength)},
          {"pieces", bstr("")}};
}

// Empty where both halves agree.
std::string disagreement(DictText const& info, DictText outer = {}) {
  std::string const text = torrent_text(info, std::move(outer));
  auto const tree = bencode::parse(as_bytes(text));
  BTF_CHECK(tree);
  auto const node = *tree->root().find("info");
  std::vector<std::string> warnings;
  auto const list = read_files(node, warnings);
  BTF_CHECK(list);
  auto const ok = check_hybrid(tree->root(), node, *list);
  return ok ? "" : ok.error().detail;
}
// One file of `length` whose root is that of `layer`, unless another is given.
std::string layer_fault(std::int64_t length, std::string const& root, std::string const& layer) {
  return disagreement(info_of(blist({bfile({"a"}, length)}), bdict({{"a", leaf(length, root)}})),
                      {{"piece layers", bdict({{root, bstr(layer)}})}});
}

Result<MetaVersion> version_of(DictText const& info) {
  std::string const text = bdict(info);
  auto const tree = bencode::parse(as_bytes(text));
  BTF_CHECK(tree);
  std::vector<std::string> warnings;
  return meta_version(tree->root(), warnings);
}

TEST(MetaVersion, IsOneWithoutTheKeyAndHybridOnlyBesideAVersion1Half) {
  auto const plain = version_of({{"pieces", bstr("")}});
  auto const said = version_of({{"meta version", bint(1)}});
  auto const hybrid = version_of({{"meta version", bint(2)}, {"pieces", bstr("")}});

  ASSERT_TRUE(plain && said && hybrid);
  EXPECT_EQ(*plain, MetaVersion::kV1);
  EXPECT_EQ(*said, MetaVersion::kV1);
  EXPECT_EQ(*hybrid, MetaVersion::kHybrid);
}

TEST(MetaVersion, WhatWeCannotDownloadIsUnsupportedAndNonsenseIsNoVersion) {
  auto const only_v2 = version_of({{"meta version", bint(2)}});
  auto const later = version_of({{"meta version", bint(3)}, {"pieces", bstr("")}});
  auto const text = version_of({{"meta version", bstr("2")}});

  EXPECT_EQ(only_v2.error().code, Errc::kUnsupported);
  EXPECT_EQ(later.error().code, Errc::kUnsupported);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, MetaVersion::kV1);
  EXPECT_EQ(*version_of({{"meta version", bint(0)}}), MetaVersion::kV1);
}

TEST(Hybrid, HalvesThatNameTheSameFilesAgreeAndPadsAreVersion1Only) {
  std::string const pad =
      bdict({{"attr", bstr("p")}, {"length", bint(7)}, {"path", bpath({".pad"})}});
  std::string const tree =
      bdict({{"a", bdict({{"x", leaf(10, kRoot)}, {"y", leaf(0, "")}})}, {"b", leaf(20, kRoot)}});

  EXPECT_EQ(disagreement(info_of(
                blist({bfile({"a", "x"}, 10), pad, bfile({"a", "y"}, 0), bfile({"b"}, 20)}), tree)),
            "");
}

TEST(Hybrid, OtherNamesLengthsOrCountsAreRefused) {
  auto const with_tree = [](std::string const& tree) {
    return disagreement(info_of(blist({bfile({"a"}, 10), bfile({"b"}, 20)}), tree));
  };
  std::string const a = leaf(10, kRoot);
  std::string const b = leaf(20, kRoot);
  ASSERT_EQ(with_tree(bdict({{"a", a}, {"b", b}})), "");

  auto const says = [&](std::string const& tree, std::string const& what) {
    return with_tree(tree).find(what) != std::string::npos;
  };
  EXPECT_TRUE(says(bdict({{"a", a}, {"c", b}}), "name different files"));
  EXPECT_TRUE(says(bdict({{"a", bdict({{"a", a}})}, {"b", b}}), "name different files"));
  EXPECT_TRUE(says(bdict({{"a", a}, {"b", leaf(21, kRoot)}}), "differs from that of version 1"));
  EXPECT_TRUE(says(bdict({{"a", a}}), "fewer files"));
  EXPECT_TRUE(says(bdict({{"a", a}, {"b", b}, {"c", b}}), "more files"));
  EXPECT_TRUE(says(bdict({{"a", bint(1)}}), "not a dictionary"));
  EXPECT_TRUE(says("d1:ad0:de1:xdeee", "also a directory"));
  EXPECT_TRUE(says(bdict({{"a", leaf(10, "short")}}), "not 32 bytes"));
  EXPECT_TRUE(says(bdict({{"a", leaf(10, std::string(32, '\0'))}}), "is zero"));
}

TEST(Hybrid, ThePieceLengthMustBeOneOfVersion2) {
  auto info = info_of(blist({bfile({"a"}, 10)}), bdict({{"a", leaf(10, kRoot)}}));
  for (std::int64_t const length : {8'192, 49'152}) {
    info["piece length"] = bint(length);

    EXPECT_NE(disagreement(info).find("power of two"), std::string::npos) << length;
  }
}

// BEP 52: a layer is filled up with roots of subtrees of zero leaves, here of two blocks.
TEST(Hybrid, APieceLayerMustHashToTheRootOfItsFile) {
  std::string const a(32, 'a'), b(32, 'b'), c(32, 'c');
  std::string const pad = hash(std::string(64, '\0'));
  std::string const two = hash(a + b);
  std::string const three = hash(hash(a + b) + hash(c + pad));

  EXPECT_EQ(layer_fault(2 * kPieceLength, two, a + b), "");
  EXPECT_EQ(layer_fault(2 * kPieceLength + 1, three, a + b + c), "");
  EXPECT_NE(layer_fault(2 * kPieceLength, two, b + a).find("does not hash"), std::string::npos);
  EXPECT_NE(layer_fault(2 * kPieceLength + 1, two, a + b).find("wrong size"), std::string::npos);
}

TEST(Hybrid, AFileOfSeveralPiecesNeedsALayerAndOneOfASinglePieceDoesNot) {
  auto const without_layers = [](std::int64_t length) {
    return disagreement(
        info_of(blist({bfile({"a"}, length)}), bdict({{"a", leaf(length, kRoot)}})));
  };

  EXPECT_EQ(without_layers(kPieceLength), "");
  EXPECT_NE(without_layers(kPieceLength + 1).find("lacks this file"), std::string::npos);
}

}  // namespace
}  // namespace btfast
