#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace btfast::cli {

// For gtest's messages and comparisons.
bool operator==(ConfigEntry const& a, ConfigEntry const& b) {
  return a.variable == b.variable && a.value == b.value;
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

TEST_F(ConfigFileTest, AKeyIsTheVariableOfItsFlag) {
  auto const read = read_config_file(write("max-peers = 50\njobs=4\nbind = \"10.0.0.1\"\n"));

  ASSERT_TRUE(read);
  EXPECT_THAT(*read,
              ElementsAre(ConfigEntry{"BTFAST_MAX_PEERS", "50"}, ConfigEntry{"BTFAST_JOBS", "4"},
                          ConfigEntry{"BTFAST_BIND", "10.0.0.1"}));
}

TEST_F(ConfigFileTest, CommentsAndEmptyLinesSayNothing) {
  auto const read =
      read_config_file(write("# all of it\n\n  \njobs = 4  # four\ncache = '64MiB' # small\r\n"));

  ASSERT_TRUE(read);
  EXPECT_THAT(*read,
              ElementsAre(ConfigEntry{"BTFAST_JOBS", "4"}, ConfigEntry{"BTFAST_CACHE", "64MiB"}));
}

TEST_F(ConfigFileTest, AHashWithinQuotesIsPartOfTheValue) {
  auto const read = read_config_file(write("bind = \"a#b\"\n"));
  ASSERT_TRUE(read);
  EXPECT_THAT(*read, ElementsAre(ConfigEntry{"BTFAST_BIND", "a#b"}));
}

TEST_F(ConfigFileTest, NoFileIsNoSettings) {
  auto const read = read_config_file(dir_.path() / "not-there.toml");
  ASSERT_TRUE(read);
  EXPECT_THAT(*read, IsEmpty());
}

TEST_F(ConfigFileTest, WhatIsNoSettingIsNamedWithItsLine) {
  for (char const* const bad : {"jobs\n", "= 4\n", "jobs =\n", "jo bs = 4\n", "jobs = \"4\n",
                                "jobs = \"4\" five\n", "[engine]\n"}) {
    auto const read = read_config_file(write("cache = 1MiB\n" + std::string{bad}));
    ASSERT_FALSE(read) << bad;
    EXPECT_THAT(read.error().detail, HasSubstr(path_ + ": line 2")) << bad;
  }
}

TEST_F(ConfigFileTest, TheEnvironmentComesFirst) {
  ::setenv("BTFAST_TEST_A", "theirs", 1);
  ::unsetenv("BTFAST_TEST_B");

  apply_config({{"BTFAST_TEST_A", "file"}, {"BTFAST_TEST_B", "file"}});

  EXPECT_STREQ(std::getenv("BTFAST_TEST_A"), "theirs");
  EXPECT_STREQ(std::getenv("BTFAST_TEST_B"), "file");
  ::unsetenv("BTFAST_TEST_A");
  ::unsetenv("BTFAST_TEST_B");
}

}  // namespace
}  // namespace btfast::cli
