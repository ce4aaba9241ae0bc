#include "cli/option_transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace btfast::cli {
namespace {

std::vector<std::string> names_of(CLI::App& app) {
  std::vector<std::string> names;
  for (CLI::Option const* const option : app.get_options()) names.push_back(option->get_name());
  return names;
}
bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(OptionTransfer, SeedTakesWhatIsNotAboutFetching) {
  GetOptions values;
  TorrentArguments words;
  CLI::App get;
  CLI::App seed;
  add_get_options(get, values, words);
  add_seed_options(seed, values, words);

  for (char const* const name : {"--timeout", "--stall-timeout", "--no-resume", "--first-last"}) {
    EXPECT_TRUE(has(names_of(get), name)) << name;
    EXPECT_FALSE(has(names_of(seed), name)) << name;
  }
  for (char const* const name : {"--seed-ratio", "--up-limit", "--peer", "--json", "--as"}) {
    EXPECT_TRUE(has(names_of(get), name)) << name;
    EXPECT_TRUE(has(names_of(seed), name)) << name;
  }
  EXPECT_TRUE(has(names_of(seed), "--no-verify"));
}

}  // namespace
}  // namespace btfast::cli
