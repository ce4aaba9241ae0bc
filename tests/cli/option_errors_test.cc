#include "cli/option_errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/option_tables.h"

namespace btfast::cli {
namespace {

// What is said of these words; "" when there is nothing wrong.
std::string said(std::vector<std::string> words) {
  ParsedOptions parsed;
  CLI::App app{"", "btfast"};
  describe_commands(app, parsed);
  std::string const command = words.front();
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
    return {};
  } catch (CLI::ParseError const& error) {
    return usage_text(app, *app.get_subcommand(command), error);
  }
}

TEST(OptionErrors, AMisspeltOptionIsAskedAbout) {
  EXPECT_EQ(said({"get", "--job", "4", "x"}),
            "unknown option --job; did you mean --jobs? (btfast help get)");
  EXPECT_EQ(said({"get", "--jbos=4", "x"}),
            "unknown option --jbos; did you mean --jobs? (btfast help get)");
  EXPECT_EQ(said({"get", "--frobnicate"}), "unknown option --frobnicate (btfast help get)");
}

TEST(OptionErrors, AnOptionOfOtherCommandsIsSaidToBe) {
  EXPECT_EQ(said({"verify", "--stall-timeout", "5s"}),
            "--stall-timeout is no option of btfast verify, but of get");
}

TEST(OptionErrors, AMissingValueIsCalledThat) {
  EXPECT_EQ(said({"get", "x", "-j"}), "--jobs: its value is missing: --jobs N");
  EXPECT_EQ(said({"get", "-j", "1", "-j", "2"}), "--jobs may be given once");
  EXPECT_EQ(said({"create"}), "PATH is missing (btfast help create)");
  EXPECT_EQ(said({"bench"}), "STAGE is missing (btfast help bench)");
}

TEST(OptionErrors, AWrongValueGetsAnExample) {
  EXPECT_EQ(said({"get", "x", "--timeout", "5x"}),
            "--timeout: expected DUR, such as 500ms, 30s, 5m or 2h, not \"5x\"");
  EXPECT_EQ(said({"get", "x", "-j", "0"}), "--jobs: expected a number from 1 to 1024, not \"0\"");
}

TEST(OptionErrors, WhatTakesNoValueSaysSo) {
  EXPECT_EQ(said({"get", "x", "--json=maybe"}), "--json takes no value, not \"maybe\"");
  EXPECT_EQ(said({"info", "x", "-v=3"}), "\"=3\": no short option takes a \"=\"");
}

TEST(OptionErrors, AValueThatIsRightAndOfNoUseNowIsNoUsageError) {
  auto const network = static_cast<int>(ExitStatus::kNetwork);
  EXPECT_EQ(usage_status(CLI::ValidationError("--bind: no list", network)), ExitStatus::kNetwork);
  EXPECT_EQ(usage_status(CLI::ValidationError("--bind", "no such device")), ExitStatus::kUsage);
  EXPECT_EQ(usage_status(CLI::ExtrasError({"--nonsense"})), ExitStatus::kUsage);
}

}  // namespace
}  // namespace btfast::cli
