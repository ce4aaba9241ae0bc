#include "engine/metainfo/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

#include "engine/base/byte_io.h"
#include "tests/support/file_text.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

class OutputFileTest : public ::testing::Test {
 protected:
  Outcome write(std::string_view text, IfExists if_exists) const {
    return write_output_file(path_, as_bytes(text), if_exists);
  }
  std::string content() const { return test::file_text(path_); }
  // Left-overs would be more than the one file.
  auto files() const {
    using std::filesystem::directory_iterator;
    return std::distance(directory_iterator{temp_.path()}, directory_iterator{});
  }

  test::TempDir temp_;
  std::string const path_ = (temp_ / "out.torrent").string();
};

TEST_F(OutputFileTest, WritesANewFileAndLeavesNothingElse) {
  auto const written = write("content", IfExists::kRefuse);

  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_EQ(content(), "content");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, WhatExistsIsKeptWhereItMustNotBeReplaced) {
  ASSERT_TRUE(write("first", IfExists::kRefuse));

  auto const written = write("second", IfExists::kRefuse);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().sys_errno, EEXIST);
  EXPECT_NE(written.error().detail.find(path_), std::string::npos);
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, ReplacesALongerFileWhole) {
  ASSERT_TRUE(write("a much longer first content", IfExists::kRefuse));

  ASSERT_TRUE(write("short", IfExists::kReplace));

  EXPECT_EQ(content(), "short");
  EXPECT_EQ(files(), 1);
}

// The rename fails: the one step after which the temporary file could be forgotten.
TEST_F(OutputFileTest, AFailureTakesTheTemporaryFileAway) {
  std::filesystem::create_directory(path_);

  auto const written = write("content", IfExists::kReplace);

  ASSERT_FALSE(written);
  EXPECT_TRUE(std::filesystem::is_directory(path_));
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, ANameOf255BytesLeavesRoomForTheTemporaryOne) {
  std::string const name = torrent_file_name(std::string(255, 'n'));
  EXPECT_EQ(name.size(), 255u);
  EXPECT_TRUE(name.ends_with(".torrent"));
  EXPECT_EQ(torrent_file_name("plain"), "plain.torrent");

  EXPECT_TRUE(write_output_file((temp_ / name).string(), as_bytes("content"), IfExists::kRefuse));
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, AMissingDirectoryIsNotFound) {
  auto const written = write_output_file((temp_ / "none/out").string(), {}, IfExists::kReplace);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kNotFound);
}

TEST_F(OutputFileTest, OnlyWhatMayBeATorrentMayMakeRoomForOne) {
  EXPECT_FALSE(may_be_torrent(path_)) << "nothing is there";
  EXPECT_FALSE(may_be_torrent(temp_.path().string())) << "a folder";
  for (auto const& [text, may] : {std::pair{"", true},
                                  {"d4:infodee", true},
                                  {"d4:infode", false},
                                  {"d4:infodee and more", true},
                                  {"d4:info0:e", false},
                                  {"dear diary", false},
                                  {"notes", false}}) {
    ASSERT_TRUE(write(text, IfExists::kReplace));
    EXPECT_EQ(may_be_torrent(path_), may) << text;
  }
}

}  // namespace
}  // namespace btfast
