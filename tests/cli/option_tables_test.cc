#include "cli/option_tables.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace btfast::cli {
namespace {

class OptionTables : public testing::Test {
 protected:
  OptionTables() { describe_commands(app_, parsed_); }
  std::vector<CLI::App*> commands() {
    return app_.get_subcommands([](CLI::App*) { return true; });
  }
  ParsedOptions parsed_;
  CLI::App app_{"", "btfast"};
};

TEST_F(OptionTables, EveryCommandThatDoesSomethingTakesTheOptionsOfOutput) {
  for (CLI::App* const command : commands()) {
    std::set<std::string> const texts = {"completion", "help", "version"};
    if (texts.contains(command->get_name())) continue;
    for (char const* const name :
         {"--quiet", "--verbose", "--progress", "--summary-interval", "--json", "--log-format"}) {
      EXPECT_NE(command->get_option_no_throw(name), nullptr) << command->get_name() << ' ' << name;
    }
  }
}

TEST_F(OptionTables, EveryOptionSaysWhatItDoes) {
  for (CLI::App* const command : commands()) {
    for (CLI::Option* const option : command->get_options()) {
      EXPECT_FALSE(option->get_description().empty())
          << command->get_name() << ' ' << option->get_name();
    }
  }
}

}  // namespace
}  // namespace btfast::cli
