#include "engine/torrent/noted_names.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/base/byte_io.h"
#include "engine/torrent/resume_file.h"
#include "storage/path_safety.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

constexpr InfoHash kHash{std::byte{7}};

class NotedNamesTest : public testing::Test {
 protected:
  static std::vector<storage::FileSpec> layout() {
    std::vector<storage::FileSpec> files{{"t_p/a", 10}, {".pad", 6, true}, {"t_p/b_c", 10}};
    files[0].other_names = {{"t\np/a"}, {"t-p/a", true}};
    files[2].other_names = {{"t\np/b\nc"}, {"t-p/bc", true}};
    return files;
  }
  void note(std::string const& control, std::vector<std::string> const& names,
            InfoHash const& hash = kHash) const {
    ResumeClaim claim{.info_hash = hash, .verified = Bitfield{2}, .files = {}};
    for (auto const& name : names) claim.files.push_back({name, {10, 1}});
    std::ofstream{dir_.path() / control, std::ios::binary} << as_text(encode_resume(claim));
  }
  std::vector<std::string> names() const {
    auto files = files_;
    use_noted_names(files, dir_.path().string(), kHash);
    std::vector<std::string> out;
    for (auto const& file : files) out.push_back((file.noted ? "noted " : "") + file.path);
    return out;
  }
  using Names = std::vector<std::string>;
  std::vector<storage::FileSpec> files_ = layout();
  Names const plain_{"t_p/a", ".pad", "t_p/b_c"};
  test::TempDir dir_;
};

TEST_F(NotedNamesTest, WithoutAControlFileNamesStay) { EXPECT_EQ(names(), plain_); }

TEST_F(NotedNamesTest, TheNamesOfADownloadThatBeganAreKept) {
  note("t_p.btfast", {"t_p/a", "t_p/b_c"});

  EXPECT_EQ(names(), (Names{"noted t_p/a", ".pad", "noted t_p/b_c"}));
}

TEST_F(NotedNamesTest, SoAreThoseOfTheVersionBefore) {
  note("t-p.btfast", {"t-p/a", "t-p/bc"});

  EXPECT_EQ(names(), (Names{"noted t-p/a", ".pad", "noted t-p/bc"}));
}

TEST_F(NotedNamesTest, TheTorrentsOwnNamesMayStandThere) {
  note("t\np.btfast", {"t\np/a", "t\np/b_c"});

  EXPECT_EQ(names(), (Names{"noted t\np/a", ".pad", "noted t\np/b_c"}));
}

TEST_F(NotedNamesTest, AFileSystemMayHaveRefusedThem) {
  files_[2].other_names = {{"t_p/b?c"}};
  note("t_p.btfast", {storage::marked_element("t_p", "t_p") + "/a", "t_p/b_c"});
  EXPECT_EQ(names(), plain_) << "no control file stands beside such a top";

  note("t_p.btfast", {"t_p/" + storage::marked_element("a", "t_p/a"),
                      "t_p/" + storage::marked_element("b_c", "t_p/b?c")});
  EXPECT_EQ(names(), (Names{"noted t_p/" + storage::marked_element("a", "t_p/a"), ".pad",
                            "noted t_p/" + storage::marked_element("b_c", "t_p/b?c")}));
}

TEST_F(NotedNamesTest, AFileMayLieInAFolderOfAnotherOfItsNames) {
  note("t\np.btfast", {"t\np/a", "t\np/bc"});

  EXPECT_EQ(names(), (Names{"noted t\np/a", ".pad", "noted t\np/bc"}));
}

// By now its name may lead to another file of the torrent.
TEST_F(NotedNamesTest, WhatWasNotThereHasNoNameButBelongsWhereTheOthersAre) {
  ResumeClaim claim{.info_hash = kHash, .verified = Bitfield{2}, .files = {}};
  claim.files = {{"t\np/a", {10, 1}, {5, 1}}, {"t\np/b\nc", {}, {}}};
  std::ofstream{dir_.path() / "t\np.btfast", std::ios::binary} << as_text(encode_resume(claim));

  EXPECT_EQ(names(), (Names{"noted t\np/a", ".pad", "t\np/b_c"}));

  claim.files[1].identity.inode = 6;  // empty
  std::ofstream{dir_.path() / "t\np.btfast", std::ios::binary} << as_text(encode_resume(claim));
  EXPECT_EQ(names(), (Names{"noted t\np/a", ".pad", "noted t\np/b\nc"}));
}

TEST_F(NotedNamesTest, AnotherTorrentsControlFileSaysNothing) {
  note("t_p.btfast", {"t_p/x", "t_p/y"}, InfoHash{std::byte{8}});

  EXPECT_EQ(names(), plain_);
}

TEST_F(NotedNamesTest, NamesThatNobodyGaveAreNotBelieved) {
  for (Names const& forged : std::vector<Names>{
           {"elsewhere/a", "t_p/b_c"},
           {"t_p/b_c", "t_p/a"},
           {"t_p/.hidden", "t_p/b_c"},
           {"t_p/t_p", "t_p/b_c"},
           {"t_p/a/a", "t_p/b_c"},
           {"t_p", "t_p/b_c"},
           {"t_p/" + storage::marked_element("a", "t_p/b_c"), "t_p/b_c"},
           {"t_p/../a", "t_p/b_c"},
           {"t_p//a", "t_p/b_c"},
           {"t_p/a\x1b[2J", "t_p/b_c"},
           {"t_p/a", "t_p/a"},
           {"t_p/a"},
           {"t_p/a", "t_p/b_c", "t_p/d"},
       }) {
    note("t_p.btfast", forged);
    EXPECT_EQ(names(), plain_) << forged.front();
  }
}

TEST_F(NotedNamesTest, WhatIsDamagedIsNotBelieved) {
  std::ofstream{dir_ / "t_p.btfast"} << "btfast resume 1\nnothing like it";

  EXPECT_EQ(names(), plain_);
}

}  // namespace
}  // namespace btfast
