#include "engine/metainfo/torrent_layout.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

MetainfoFile file(std::vector<std::string> path, std::uint64_t length) {
  MetainfoFile out;
  out.path = std::move(path);
  out.length = length;
  return out;
}

Metainfo single(std::string name) {
  Metainfo metainfo;
  metainfo.name = std::move(name);
  metainfo.files = {file({}, 10)};
  return metainfo;
}

Metainfo multi(std::vector<MetainfoFile> files) {
  Metainfo metainfo;
  metainfo.name = "top";
  metainfo.multi_file = true;
  metainfo.files = std::move(files);
  return metainfo;
}

TEST(TorrentLayout, ASingleFileStandsUnderItsName) {
  auto const specs = torrent_layout(single("a/b"));

  ASSERT_TRUE(specs);
  ASSERT_EQ(specs->size(), 1u);
  EXPECT_EQ(specs->front().path, "a_b");
  EXPECT_EQ(specs->front().length, 10u);
}

TEST(TorrentLayout, ManyFilesStandInTheirFolder) {
  auto const specs = torrent_layout(multi({file({"a", "b"}, 1), file({"c"}, 2)}));

  ASSERT_TRUE(specs);
  EXPECT_EQ(specs->at(0).path, "top/a/b");
  EXPECT_EQ(specs->at(1).path, "top/c");
}

TEST(TorrentLayout, ATargetReplacesTheFirstName) {
  EXPECT_EQ(torrent_layout(single("x"), "mine.iso")->front().path, "mine.iso");
  EXPECT_EQ(torrent_layout(multi({file({"c"}, 2)}), "mine")->front().path, "mine/c");
}

TEST(TorrentLayout, ATargetIsOnePlainName) {
  for (std::string const target : {"", ".", "..", "a/b", "/x"}) {
    auto const specs = torrent_layout(single("x"), target);

    ASSERT_FALSE(specs) << target;
    EXPECT_EQ(specs.error().code, Errc::kBadArgument);
  }
}

TEST(TorrentLayout, PadsAndLinksKeepTheirIndexAndAreNeverMade) {
  auto pad = file({".pad", "7"}, 7);
  pad.pad = true;
  auto link = file({"link"}, 0);
  link.symlink = true;

  auto const specs = torrent_layout(multi({file({"a"}, 9), pad, link, pad, file({"b"}, 1)}));

  ASSERT_TRUE(specs);
  ASSERT_EQ(specs->size(), 5u);
  EXPECT_TRUE(specs->at(1).pad);
  EXPECT_EQ(specs->at(1).length, 7u);
  EXPECT_TRUE(specs->at(2).pad);
  EXPECT_EQ(specs->at(2).length, 0u);
  EXPECT_EQ(specs->at(4).path, "top/b");
}

TEST(TorrentLayout, ExecutableStaysExecutable) {
  auto tool = file({"tool"}, 1);
  tool.executable = true;

  EXPECT_TRUE(torrent_layout(multi({tool}))->front().executable);
}

using Paths = std::vector<std::string>;

Paths others_of(storage::FileSpec const& spec, bool former) {
  Paths out;
  for (auto const& other : spec.other_names) {
    if (other.former == former) out.push_back(other.path);
  }
  return out;
}

TEST(TorrentLayout, WhatLinuxHoldsKeepsItsName) {
  auto const specs =
      torrent_layout(multi({file({"xt_MARK.h"}, 1), file({"xt_mark.h"}, 1), file({"a\u200db"}, 1),
                            file({std::string(255, 'n')}, 1), file({"\xff\t\\"}, 1)}));

  ASSERT_TRUE(specs);
  EXPECT_EQ(specs->at(0).path, "top/xt_MARK.h");
  EXPECT_EQ(specs->at(1).path, "top/xt_mark.h");
  EXPECT_EQ(specs->at(2).path, "top/a\u200db");
  EXPECT_EQ(specs->at(3).path, "top/" + std::string(255, 'n'));
  EXPECT_EQ(specs->at(4).path, "top/\xff\t\\");
  EXPECT_TRUE(specs->at(0).contested && specs->at(1).contested);
  EXPECT_FALSE(specs->at(2).contested);
}

TEST(TorrentLayout, WhatIsMendedIsKnownByItsOwnNameToo) {
  auto const specs = torrent_layout(multi({file({"photo\u202egnp.exe"}, 1)}));

  EXPECT_EQ(specs->at(0).path, "top/photo_gnp.exe");
  EXPECT_EQ(others_of(specs->at(0), false), Paths{"top/photo\u202egnp.exe"});
}

TEST(TorrentLayout, NoTorrentBringsAControlFile) {
  auto const specs = torrent_layout(single("film.btfast"));

  EXPECT_EQ(specs->at(0).path, "film.btfast_");
  EXPECT_EQ(others_of(specs->at(0), false), Paths{"film.btfast"}) << "what is there is found";
  EXPECT_EQ(torrent_layout(single("film.btfast"), "own.btfast")->at(0).path, "own.btfast");
  EXPECT_EQ(torrent_layout(multi({file({"x.btfast"}, 1)}))->at(0).path, "top/x.btfast");
}

TEST(TorrentLayout, ANameThatNeedsNoMendingIsNobodyElses) {
  auto const specs = torrent_layout(multi({file({"a\nb"}, 1), file({"a_b"}, 1)}));

  EXPECT_EQ(specs->at(0).path, "top/a_b.1");
  EXPECT_EQ(specs->at(1).path, "top/a_b");
}

TEST(TorrentLayout, NamesOfTheFormerRuleAreRemembered) {
  auto const specs =
      torrent_layout(multi({file({"Read"}, 1), file({"read"}, 1), file({"c\\d"}, 1)}));

  EXPECT_EQ(others_of(specs->at(0), true), Paths{});
  EXPECT_EQ(others_of(specs->at(1), true), Paths{"top/read.1"});
  EXPECT_EQ(others_of(specs->at(2), true), Paths{"top/c_d"});
}

TEST(TorrentLayout, OrdinaryNamesHaveNoOthers) {
  auto const specs = torrent_layout(multi({file({"a", "b.txt"}, 1), file({"a", "c"}, 1)}));

  for (auto const& spec : *specs) {
    EXPECT_TRUE(spec.other_names.empty());
    EXPECT_FALSE(spec.contested);
  }
}

TEST(TorrentLayout, ATargetStaysWhatItIsWhateverItHolds) {
  auto const specs = torrent_layout(multi({file({"c"}, 2)}), "my\n:\u202e");

  EXPECT_EQ(specs->front().path, "my\n:\u202e/c");
  EXPECT_TRUE(specs->front().top_chosen);
  EXPECT_TRUE(specs->front().other_names.empty());
}

}  // namespace
}  // namespace btfast
