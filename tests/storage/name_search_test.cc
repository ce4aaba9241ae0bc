#include "storage/name_search.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/name_twins.h"
#include "storage/path_safety.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

// Files are ten bytes long where a test says nothing else.
class NameSearchTest : public testing::Test {
 protected:
  NameSearchTest() : root_(*io::open_directory(dir_.path().string())) {}

  void put(std::string const& path, std::size_t size = 10) const {
    fs::create_directories((dir_.path() / path).parent_path());
    std::ofstream{dir_.path() / path} << std::string(size, 'x');
  }
  static FileSpec named(std::string path, std::vector<OtherName> others = {}) {
    FileSpec spec{std::move(path), 10};
    spec.other_names = std::move(others);
    return spec;
  }
  Paths found(std::vector<FileSpec> files) const {
    mark_twins(files);
    FileMap map{std::move(files)};
    NameSearch{root_.get(), map}.run();
    Paths out;
    for (auto const& file : map.files()) out.push_back(file.path);
    return out;
  }
  test::TempDir dir_;
  Fd root_;
};

TEST_F(NameSearchTest, ThatNothingIsThereLeavesTheNamesAsTheyAre) {
  EXPECT_EQ(found({named("t/a"), named("t/b_c", {{"t/b\nc"}, {"t/bc", true}}), named("t/A")}),
            (Paths{"t/a", "t/b_c", "t/A"}));
}

TEST_F(NameSearchTest, TheTorrentsOwnNameWinsOverTheMendedOne) {
  put("t/b\nc");
  put("t/b_c");

  EXPECT_EQ(found({named("t/b_c", {{"t/b\nc"}})}), Paths{"t/b\nc"});
}

TEST_F(NameSearchTest, AWholeFileWinsOverOneOfAnotherSize) {
  put("t/b\nc", 3);
  put("t/b_c");

  EXPECT_EQ(found({named("t/b_c", {{"t/b\nc"}})}), Paths{"t/b_c"});
}

TEST_F(NameSearchTest, AFileOfAnotherSizeIsTheTorrentsWhereNoOtherIs) {
  put("t/b\nc", 3);

  EXPECT_EQ(found({named("t/b_c", {{"t/b\nc"}})}), Paths{"t/b\nc"});
}

TEST_F(NameSearchTest, WhatAControlFileNotesWinsOverAll) {
  put("t/b\nc");
  put("t/b_c", 3);
  auto spec = named("t/b_c", {{"t/b\nc"}});
  spec.noted = true;

  EXPECT_EQ(found({spec}), Paths{"t/b_c"});
}

TEST_F(NameSearchTest, ANoteAboutAFileThatIsGoneIsForgotten) {
  put("t/b\nc");
  auto spec = named("t/b_c", {{"t/b\nc"}});
  spec.noted = true;

  EXPECT_EQ(found({spec}), Paths{"t/b\nc"});
}

TEST_F(NameSearchTest, AFormerNameCountsForWholeFilesOnly) {
  put("t/whole");
  put("t/half", 3);

  EXPECT_EQ(found({named("t/w\u200chole", {{"t/whole", true}}),
                   named("t/h\u200calf", {{"t/half", true}})}),
            (Paths{"t/whole", "t/h\u200calf"}));
}

TEST_F(NameSearchTest, AFileIsFoundOnce) {
  put("t/ab");

  EXPECT_EQ(found({named("t/a\u200cb", {{"t/ab", true}}), named("t/ab", {{"t/ab.1", true}})}),
            (Paths{"t/a\u200cb", "t/ab"}));
}

TEST_F(NameSearchTest, WhatTheFileSystemRefusedIsFoundUnderItsPortableName) {
  put("t/a_b");

  EXPECT_EQ(found({named("t/a:b")}), Paths{"t/a_b"});
}

TEST_F(NameSearchTest, SoIsADeviceAndWhatIsNotAscii) {
  std::string const ascii = "t/" + marked_element("__", "t/\u65e5\u672c");
  put("t/aux_.txt");
  put(ascii);

  EXPECT_EQ(found({named("t/aux.txt"), named("t/\u65e5\u672c")}), (Paths{"t/aux_.txt", ascii}));
}

TEST_F(NameSearchTest, APortableNameOfAnotherSizeIsSomebodyElses) {
  put("t/a_b", 3);

  EXPECT_EQ(found({named("t/a:b")}), Paths{"t/a:b"});
}

TEST_F(NameSearchTest, TwinsStandSideBySideWhereTheFileSystemTellsThemApart) {
  put("t/readme");
  put("t/README");
  put("t/Doc/x");
  put("t/doc");

  EXPECT_EQ(found({named("t/README"), named("t/readme"), named("t/Doc/x"), named("t/doc")}),
            (Paths{"t/README", "t/readme", "t/Doc/x", "t/doc"}));
}

TEST_F(NameSearchTest, AMissingFileGoesWhereItsFolderStands) {
  put("t\n/sub/a");

  EXPECT_EQ(found({named("t_/sub/a", {{"t\n/sub/a"}}), named("t_/sub/b", {{"t\n/sub/b"}}),
                   named("t_/other/c", {{"t\n/other/c"}})}),
            (Paths{"t\n/sub/a", "t\n/sub/b", "t\n/other/c"}));
}

TEST_F(NameSearchTest, AMissingFileOfAFormerDownloadGoesWhereItsFolderStands) {
  put("t_/a");

  EXPECT_EQ(found({named("t\\/a", {{"t_/a", true}}), named("t\\/b", {{"t_/b", true}})}),
            (Paths{"t_/a", "t_/b"}));
}

TEST_F(NameSearchTest, WhoseNameItIsLetterByLetterHasIt) {
  put("t/A_");
  put("t/A_.1");
  std::vector<FileSpec> const files{named("t/A_.1", {{"t/A\x01"}, {"t/A_", true}}),
                                    named("t/A_", {{"t/A_.1", true}})};

  EXPECT_EQ(found(files), (Paths{"t/A_.1", "t/A_"}));
  EXPECT_EQ(found({files[1], files[0]}), (Paths{"t/A_", "t/A_.1"}));
}

TEST_F(NameSearchTest, WhatIsMissingDoesNotTakeItsTwinsFile) {
  put("t/A_");
  std::vector<FileSpec> const files{named("t/A_.1", {{"t/A\x01"}, {"t/A_", true}}),
                                    named("t/A_", {{"t/A_.1", true}})};

  EXPECT_EQ(found(files), (Paths{"t/A_.1", "t/A_"}));
  fs::rename(dir_ / "t" / "A_", dir_ / "t" / "A_.1");
  EXPECT_EQ(found(files), (Paths{"t/A_.1", "t/A_"}));
}

// A tree that was made before names were kept as they are.
TEST_F(NameSearchTest, FormerNamesThatAreOthersNowAreKnownByTheirLengths) {
  put("t/a_b", 11);
  put("t/a_b.1", 12);
  auto first = named("t/a\\b", {{"t/a_b", true}});
  auto second = named("t/a_b", {{"t/a_b.1", true}});
  first.length = 11;
  second.length = 12;

  EXPECT_EQ(found({first, second}), (Paths{"t/a_b", "t/a_b.1"}));

  fs::remove(dir_ / "t" / "a_b.1");
  auto const names = found({first, second});
  EXPECT_EQ(names[0], "t/a_b");
  EXPECT_TRUE(names[1].starts_with("t/a_b~")) << names[1] << ": it never is the first one's";
}

TEST_F(NameSearchTest, TheFolderOfATwinIsNotTheOwn) {
  put("t/Disc/cover");

  EXPECT_EQ(found({named("t/Disc/cover"), named("t/disc/cover", {{"t/Disc/cover.1", true}}),
                   named("t/disc/z", {{"t/Disc/z", true}})}),
            (Paths{"t/Disc/cover", "t/disc/cover", "t/disc/z"}));
}

TEST_F(NameSearchTest, AMissingFileNeverGetsAnothersName) {
  put("t/D/x");
  put("t/D/y.1");
  auto const twin = [](std::string path, std::string former) {
    return named(std::move(path), {{std::move(former), true}});
  };

  EXPECT_EQ(found({named("t/D/x"), twin("t/d/x", "t/D/x.1"), twin("t/d/y", "t/D/y.1"),
                   twin("t/d/z", "t/D/z")}),
            (Paths{"t/D/x", "t/d/x", "t/D/y.1", "t/D/z"}));
}

TEST_F(NameSearchTest, AMissingFileDoesNotGoWhereSomethingElseStands) {
  put("t_/a");
  put("t_/b", 3);

  EXPECT_EQ(found({named("t\\/a", {{"t_/a", true}}), named("t\\/b", {{"t_/b", true}})}),
            (Paths{"t_/a", "t\\/b"}));
}

TEST_F(NameSearchTest, AFolderOfTheUsersIsNotTheTorrents) {
  put("t_/mine", 3);

  EXPECT_EQ(found({named("t\\/a", {{"t_/a", true}}), named("t\\/b", {{"t_/b", true}})}),
            (Paths{"t\\/a", "t\\/b"}));
}

TEST_F(NameSearchTest, WhatWentWhereItsFolderStandsIsFoundThere) {
  put("t\n/a");
  put("t\n/s_/b");

  EXPECT_EQ(found({named("t_/a", {{"t\n/a"}}), named("t_/s_/b", {{"t\n/s\n/b"}})}),
            (Paths{"t\n/a", "t\n/s_/b"}));
}

TEST_F(NameSearchTest, AFileAndAFolderOfOneNameMakeRoomForEachOther) {
  std::vector<FileSpec> const files{named("t/doc"), named("t/doc/x")};
  put("t/doc/x");

  auto names = found(files);
  EXPECT_TRUE(names[0].starts_with("t/doc~")) << names[0];
  EXPECT_EQ(names[1], "t/doc/x");

  fs::remove_all(dir_ / "t" / "doc");
  put("t/doc");
  names = found(files);
  EXPECT_EQ(names[0], "t/doc");
  EXPECT_TRUE(names[1].starts_with("t/doc~") && names[1].ends_with("/x")) << names[1];
}

// It met a file that is gone since.
TEST_F(NameSearchTest, AMarkedFolderIsFoundWhetherOrNotItsTwinIsThere) {
  std::vector<FileSpec> const files{named("t/doc"), named("t/doc/x"), named("t/doc/y")};
  put("t/doc");
  std::string const x = found(files)[1];
  put(x);
  fs::remove(dir_ / "t" / "doc");

  auto const names = found(files);

  EXPECT_EQ(names[0], "t/doc");
  EXPECT_EQ(names[1], x);
}

TEST_F(NameSearchTest, HardLinksAreTheUsersDoing) {
  put("t/a");
  fs::create_hard_link(dir_ / "t" / "a", dir_ / "t" / "A");

  EXPECT_EQ(found({named("t/a"), named("t/A")}), (Paths{"t/a", "t/A"}));
}

}  // namespace
}  // namespace btfast::storage
