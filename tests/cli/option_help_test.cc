#include "cli/option_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "cli/option_tables.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(OptionHelp, NoLineIsLongerThanATerminalIsWide) {
  ParsedOptions parsed;
  CLI::App app{"", "btfast"};
  describe_commands(app, parsed);
  std::string all = app.help();
  for (auto const& name : command_names(app)) all += app.get_subcommand(name)->help();

  std::istringstream lines{all};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(all, HasSubstr("-j,--jobs N"));
  EXPECT_THAT(all, Not(HasSubstr("INT in")));
}

TEST(OptionHelp, LongTextsAreWrappedBelowThemselves) {
  HelpFormatter const formatter;
  CLI::App app;
  std::string const text =
      "a text of several words that is longer than the rest of a line has room";
  auto const* const option = app.add_flag("--x")->description(text);
  EXPECT_EQ(formatter.make_option_desc(option),
            "a text of several words that is longer than the rest\nof a line has room");
}

}  // namespace
}  // namespace btfast::cli
