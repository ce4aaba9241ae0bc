#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() { ::unsetenv("BTFAST_TEST_JOBS"); }
  ~SettingsTest() override { ::unsetenv("BTFAST_TEST_JOBS"); }

  Result<Settings> read(std::string const& text) {
    std::ofstream{path_} << text;
    return Settings::read(path_, commands_);
  }
  std::string refused(std::string const& text) {
    auto const settings = read(text);
    return settings ? "taken" : failure_text(settings.error());
  }

  std::vector<SettingNames> const commands_{{"get", {"test-jobs", "cache"}, {"select"}},
                                            {"tracker", {"port"}, {}}};
  test::TempDir dir_;
  std::string const path_ = dir_.path() / "btfast.toml";
};

TEST_F(SettingsTest, TheEnvironmentComesBeforeTheFile) {
  auto const settings = read("test-jobs = 2\n");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->find("get", "test-jobs")->value, "2");
  EXPECT_EQ(settings->find("get", "test-jobs")->origin, path_ + ": line 1: test-jobs");

  ::setenv("BTFAST_TEST_JOBS", "3", 1);
  EXPECT_EQ(settings->find("get", "test-jobs")->value, "3");
  EXPECT_EQ(settings->find("get", "test-jobs")->origin, "BTFAST_TEST_JOBS");

  ::setenv("BTFAST_TEST_JOBS", "", 1);
  EXPECT_EQ(settings->find("get", "test-jobs")->value, "2");
  EXPECT_FALSE(settings->find("get", "cache"));
}

TEST_F(SettingsTest, ATableIsForItsCommandAndComesFirst) {
  auto const settings = read("test-jobs = 2\nport = 1\n[tracker]\nport = 7000\n");
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->find("tracker", "port")->value, "7000");
  EXPECT_EQ(settings->find("get", "port")->value, "1");
}

TEST_F(SettingsTest, WhatIsNotKnownIsNamedWithItsLine) {
  EXPECT_EQ(refused("cache = 1\ntest-jbos = 2\n"),
            path_ + ": line 2: unknown key test-jbos; did you mean test-jobs?");
  EXPECT_THAT(refused("select = 1"), HasSubstr("for one run"));
  EXPECT_THAT(refused("[traker]\nport = 1"), HasSubstr("did you mean tracker?"));
  EXPECT_THAT(refused("[tracker]\ncache = 1"),
              HasSubstr("line 2: cache is no setting of tracker, but of get"));
  EXPECT_THAT(refused("[tracker]\nnothing = 1"), HasSubstr("unknown key nothing"));
  EXPECT_EQ(refused("port = 1"), "taken");
}

TEST_F(SettingsTest, AVariableThatIsNoSettingIsSaidWhereItIsNearOne) {
  EXPECT_THAT(misspelt_variables(commands_), IsEmpty());
  struct Case {
    char const* variable;
    char const* says;  // "": nothing
  };
  for (auto const& [variable, says] :
       std::vector<Case>{{"BTFAST_TEST_JBOS", "did you mean BTFAST_TEST_JOBS?"},
                         {"BTFAST_test_jobs", "did you mean BTFAST_TEST_JOBS?"},
                         {"BTFAST_SELECT", "select is for one run"},
                         {"BTFAST_TEST_JOBS", ""},
                         {"BTFAST_VERSION", ""},
                         {"BTFAST_SOMEBODY_ELSE", ""},
                         {"TEST_JBOS", ""}}) {
    ::setenv(variable, "1", 1);
    auto const texts = misspelt_variables(commands_);
    ::setenv(variable, "", 1);
    EXPECT_THAT(misspelt_variables(commands_), IsEmpty()) << "an empty one is none";
    ::unsetenv(variable);
    if (*says == '\0') {
      EXPECT_THAT(texts, IsEmpty()) << variable;
    } else {
      EXPECT_THAT(texts, ElementsAre(HasSubstr(says))) << variable;
    }
  }
}

}  // namespace
}  // namespace btfast::cli
