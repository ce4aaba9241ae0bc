#include "engine/metainfo/renamed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/metainfo/torrent_layout.h"

namespace btfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Metainfo torrent_of(std::string name, std::vector<std::vector<std::string>> const& paths) {
  Metainfo metainfo;
  metainfo.name = std::move(name);
  metainfo.multi_file = true;
  for (auto const& path : paths) metainfo.files.push_back({path, 1});
  return metainfo;
}

bool all(FileIndex) { return true; }

TEST(RenamedFiles, ThoseWithTheirOwnNamesAreNotNamed) {
  auto const metainfo = torrent_of("top", {{"a", "b"}, {"\xff.bin"}, {"日本.mkv"}});

  auto const renamed = renamed_files(metainfo, *torrent_layout(metainfo), {}, all);

  EXPECT_EQ(renamed.count, 0u);
  EXPECT_THAT(renamed.named, IsEmpty());
}

TEST(RenamedFiles, AMendedNameIsNamedAsTheTorrentHasIt) {
  auto const metainfo = torrent_of("top", {{"plain"}, {"photo\u202egnp.exe"}, {"a/b", ".."}});

  auto const renamed = renamed_files(metainfo, *torrent_layout(metainfo), {}, all);

  EXPECT_EQ(renamed.count, 2u);
  EXPECT_THAT(renamed.named, ElementsAre(RenamedFile{"top/photo\u202egnp.exe", "top/photo_gnp.exe"},
                                         RenamedFile{"top/a/b/..", "top/a_b/_"}));
}

TEST(RenamedFiles, TheFileSystemsWordCounts) {
  auto const metainfo = torrent_of("top", {{"Readme"}, {"readme"}});
  auto files = *torrent_layout(metainfo);
  files[1].path = "top/readme~12345678";

  auto const renamed = renamed_files(metainfo, files, {}, all);

  EXPECT_THAT(renamed.named, ElementsAre(RenamedFile{"top/readme", "top/readme~12345678"}));
}

TEST(RenamedFiles, ThePersonsOwnWordIsNoOtherName) {
  auto const metainfo = torrent_of("to\tp\x01", {{"a"}, {"b\x01"}});
  std::optional<std::string> const target = "mine";

  auto const renamed = renamed_files(metainfo, *torrent_layout(metainfo, target), target, all);

  EXPECT_THAT(renamed.named, ElementsAre(RenamedFile{"mine/b\x01", "mine/b_"}));
}

TEST(RenamedFiles, PadsAndWhatNobodyAskedForAreLeftOut) {
  auto metainfo = torrent_of("top", {{"a\x01"}, {"b\x01"}, {"c\x01"}});
  metainfo.files[0].pad = true;

  auto const renamed = renamed_files(metainfo, *torrent_layout(metainfo), {},
                                     [](FileIndex file) { return file.value == 2; });

  EXPECT_THAT(renamed.named, ElementsAre(RenamedFile{"top/c\x01", "top/c_"}));
}

TEST(RenamedFiles, BeyondABoundTheyAreCounted) {
  std::vector<std::vector<std::string>> paths;
  for (int i = 0; i < 150; ++i) paths.push_back({"f\x01" + std::to_string(i)});
  auto const metainfo = torrent_of("top", paths);

  auto const renamed = renamed_files(metainfo, *torrent_layout(metainfo), {}, all);

  EXPECT_EQ(renamed.count, 150u);
  EXPECT_EQ(renamed.named.size(), RenamedFiles::kNamed);
}

}  // namespace
}  // namespace btfast
