#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace btfast::cli {

// For gtest's messages and comparisons.
bool operator==(ConfigEntry const& a, ConfigEntry const& b) {
  return a.table == b.table && a.key == b.key && a.value == b.value && a.line == b.line;
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigFileTest : public testing::Test {
 protected:
  std::string write(std::string const& text) {
    std::ofstream{path_} << text;
    return path_;
  }
  test::TempDir dir_;
  std::string const path_ = dir_.path() / "btfast.toml";
};

TEST_F(ConfigFileTest, AKeyIsTheNameOfAnOption) {
  auto const read = read_config_file(write("max-peers = 50\njobs=4\nBIND = \"10.0.0.1\"\na_b = 1"));

  ASSERT_TRUE(read);
  EXPECT_THAT(*read,
              ElementsAre(ConfigEntry{"", "max-peers", "50", 1}, ConfigEntry{"", "jobs", "4", 2},
                          ConfigEntry{"", "bind", "10.0.0.1", 3}, ConfigEntry{"", "a-b", "1", 4}));
}

TEST_F(ConfigFileTest, BelowATableStandsWhatIsForOneCommand) {
  auto const read = read_config_file(write("jobs = 4\n[ tracker ]  # closed\nport = 7000\n"));

  ASSERT_TRUE(read);
  EXPECT_THAT(*read, ElementsAre(ConfigEntry{"", "jobs", "4", 1},
                                 ConfigEntry{"tracker", "port", "7000", 3}));
}

TEST_F(ConfigFileTest, CommentsAndEmptyLinesSayNothing) {
  auto const read =
      read_config_file(write("# all of it\n\n  \njobs = 4  # four\ncache = '64MiB' # small\r\n"));

  ASSERT_TRUE(read);
  EXPECT_THAT(*read,
              ElementsAre(ConfigEntry{"", "jobs", "4", 4}, ConfigEntry{"", "cache", "64MiB", 5}));
}

TEST_F(ConfigFileTest, AHashWithinQuotesIsPartOfTheValue) {
  auto const read = read_config_file(write("bind = \"a#b\"\n"));
  ASSERT_TRUE(read);
  EXPECT_THAT(*read, ElementsAre(ConfigEntry{"", "bind", "a#b", 1}));
}

TEST_F(ConfigFileTest, NoFileIsNoSettings) {
  for (std::string const& path : {(dir_.path() / "not-there.toml").string(), std::string{}}) {
    auto const read = read_config_file(path);
    ASSERT_TRUE(read);
    EXPECT_THAT(*read, IsEmpty());
  }
}

TEST_F(ConfigFileTest, AFileThatCannotBeReadIsSaid) {
  std::filesystem::create_directory(path_);
  auto const read = read_config_file(path_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::kBadArgument);
  EXPECT_THAT(failure_text(read.error()), HasSubstr(path_));
}

TEST_F(ConfigFileTest, WhatIsNoSettingIsNamedWithItsLine) {
  for (char const* const bad :
       {"jobs\n", "= 4\n", "jobs =\n", "jo bs = 4\n", "jobs = \"4\n", "jobs = \"4\" five\n",
        "[engine\n", "[]\n", "[get] jobs = 4\n", "cache = 2MiB\n"}) {
    auto const read = read_config_file(write("cache = 1MiB\n" + std::string{bad}));
    ASSERT_FALSE(read) << bad;
    EXPECT_THAT(read.error().detail, HasSubstr(path_ + ": line 2")) << bad;
  }
}

}  // namespace
}  // namespace btfast::cli
