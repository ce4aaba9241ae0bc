#include "cli/option_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/option_errors.h"
#include "cli/option_tables.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;

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

struct Bad {
  std::vector<std::string> words;
  std::string says;
};

TEST(OptionValues, AValueThatIsRefusedNamesItsOptionAndWhatIsTaken) {
  for (auto const& [words, says] : std::vector<Bad>{
           {{"get", "x", "-o", ""}, "--output: expected a path"},
           {{"seed", "x", "-o", ""}, "--output: expected a path"},
           {{"verify", "x", "-o", ""}, "--output: expected a path"},
           {{"create", "x", "-o", ""}, "--output: expected a path"},
           {{"create", ""}, "PATH: expected a path"},
           {{"bench", "hash", "--dir", ""}, "--dir: expected a path"},
           {{"swarm", "--dir", ""}, "--dir: expected a path"},
           {{"create", "x", "--piece-size", "10"}, "--piece-size: expected a power"},
           {{"swarm", "--piece-size", "1GiB"}, "--piece-size: expected a power"},
           {{"create", "x", "-a", "foo"}, "--announce: not a URL: \"foo\""},
           {{"create", "x", "--tier", "foo"}, "--tier: not a URL: \"foo\""},
           {{"create", "x", "--web-seed", "foo"}, "--web-seed: not a URL"},
           {{"create", "x", "--exclude", "[a"}, "--exclude: the [ in \"[a\""},
           {{"get", "x", "--cache", "0"}, "--cache: expected SIZE above 0, such as"},
           {{"get", "x", "--seed-ratio", "nan"}, "R above 0, such as 0.5 or 2"},
           {{"get", "x", "--announce-min", "500ms"}, "1s to 24h, such as 2s, 30s, 5m or 2h"},
           {{"get", "x", "--idle-timeout", "2h"}, "1h, such as 500ms, 2s, 30s or 5m"},
           {{"tracker", "--interval", "1s"}, "at least 10s, such as 30s, 5m or 2h"}}) {
    EXPECT_THAT(said(words), HasSubstr(says));
  }
}

TEST(OptionValues, AnExampleIsTaken) {
  for (std::vector<std::string> const& words :
       {std::vector<std::string>{"get", "x", "--announce-min", "2s"},
        {"get", "x", "--idle-timeout", "500ms"},
        {"get", "x", "--seed-ratio", "0.5"},
        {"get", "x", "--cache", "64KiB"},
        {"create", "x", "--piece-size", "16KiB"},
        {"create", "x", "--exclude", "[a]"},
        {"create", "x", "-a", "http://t.example/a"},
        {"tracker", "--interval", "30s"}}) {
    EXPECT_EQ(said(words), "");
  }
}

}  // namespace
}  // namespace btfast::cli
