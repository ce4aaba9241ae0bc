#include "cli/option_completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace btfast::cli {
namespace {

using testing::HasSubstr;

class OptionCompletion : public testing::Test {
 protected:
  OptionCompletion() { describe_commands(app_, parsed_); }
  ParsedOptions parsed_;
  CLI::App app_{"", "btfast"};
};

// That shells load them and complete is tests/e2e/completions.py.
TEST_F(OptionCompletion, EveryOptionOfEveryCommandIsInEveryScript) {
  for (Shell const shell : {Shell::kBash, Shell::kZsh, Shell::kFish}) {
    std::string const script = completion_script(shell, app_);
    for (auto const& name : command_names(app_)) {
      for (CLI::Option const* const option : find_command(app_, name)->get_options()) {
        std::string const flag = long_name(*option);
        if (flag.empty()) continue;
        EXPECT_THAT(script, HasSubstr((shell == Shell::kFish ? "-l " : "--") + flag)) << name;
      }
    }
  }
}

TEST_F(OptionCompletion, ValuesAreThoseOfTheTable) {
  EXPECT_THAT(completion_script(Shell::kBash, app_),
              HasSubstr("--alloc) _btfast_words 'sparse full auto'; return ;;"));
  EXPECT_THAT(completion_script(Shell::kBash, app_), HasSubstr("-o|--output) _btfast_files -d"));
  EXPECT_THAT(completion_script(Shell::kZsh, app_), HasSubstr(":(sparse full auto)'"));
  EXPECT_THAT(completion_script(Shell::kFish, app_), HasSubstr("-l piece-size -x -a 'auto'"));
}

TEST_F(OptionCompletion, AHelpOfTwoLinesIsOneInAScript) {
  for (Shell const shell : {Shell::kZsh, Shell::kFish}) {
    EXPECT_THAT(completion_script(shell, app_), HasSubstr("-vv trackers and pieces too"));
  }
}

// Else it completes no value behind "=".
TEST_F(OptionCompletion, ZshIsToldThatAValueMayStandInTheSameWord) {
  std::string const script = completion_script(Shell::kZsh, app_);
  EXPECT_THAT(script, HasSubstr("'*--progress=[how progress is shown"));
  EXPECT_THAT(script, HasSubstr("'*-j+[worker threads"));
  EXPECT_THAT(script, HasSubstr("'*--quiet[print"));
}

}  // namespace
}  // namespace btfast::cli
