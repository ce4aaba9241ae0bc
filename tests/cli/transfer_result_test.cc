#include "cli/transfer_result.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/hostile_words.h"

namespace btfast::cli {
namespace {

// Every text of it is a stranger's.
TransferResult result_that_says(std::string const& words) {
  TransferResult result{.exit = ExitStatus::kNetwork, .error = words};
  result.path = words;
  result.trackers.push_back({.url = words, .message = words});
  result.peer_ends.push_back({.peers = 1, .detail = words});
  return result;
}

Metainfo metainfo_that_says(std::string const& words) {
  Metainfo metainfo;
  metainfo.name = words;
  metainfo.warnings = {words};
  return metainfo;
}

TEST(TransferResultTest, JsonIsOneDocumentWhateverStrangersSay) {
  for (std::string const& words : test::hostile_words()) {
    SCOPED_TRACE(testing::PrintToString(words));
    auto const metainfo = metainfo_that_says(words);

    std::string const text = result_json(result_that_says(words), &metainfo);

    EXPECT_TRUE(test::is_one_line_of_ascii(text)) << text;
    auto const json = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << text;
    EXPECT_EQ(json["exit"], 4);
    for (auto const* const key : {"name", "error", "path"}) EXPECT_TRUE(json[key].is_string());
    EXPECT_TRUE(json["trackers"][0]["url"].is_string());
    EXPECT_TRUE(json["trackers"][0]["message"].is_string());
    EXPECT_TRUE(json["peer_ends"][0]["detail"].is_string());
    EXPECT_EQ(json["warnings"].size(), 2u);
  }
}

TEST(TransferResultTest, WhatIsTextStaysAsItWas) {
  std::string const words = "caf\u00e9 \U0001f9ff \"quoted\"\ttabbed \\ \x01";

  auto const json = nlohmann::json::parse(result_json(result_that_says(words), nullptr));

  EXPECT_EQ(json["error"], words);
  EXPECT_EQ(json["trackers"][0]["message"], words);
  EXPECT_TRUE(json["name"].is_null());
}

TEST(TransferResultTest, ASeedThatWasStoppedBeforeItsGoalIsToldFromAFinishedOne) {
  TransferResult seeded{.seeded = true};
  for (bool const missed : {false, true}) {
    seeded.goal_missed = missed;
    auto const json = nlohmann::json::parse(result_json(seeded, nullptr));
    EXPECT_EQ(json["goal_missed"], missed);
    EXPECT_EQ(json["status"], "done");
  }
}

TEST(TransferResultTest, ATransferThatDidNotBeginIsTheSameObject) {
  for (std::string const& words : test::hostile_words()) {
    SCOPED_TRACE(testing::PrintToString(words));
    OutputOptions const options{.json = true};
    std::ostringstream out;
    std::ostringstream err;

    auto const status =
        report_not_begun(result_that_says(words), nullptr, CommandOutput{options, out, err});

    EXPECT_EQ(status, ExitStatus::kNetwork);
    EXPECT_TRUE(test::is_one_line_of_ascii(out.str())) << out.str();
    auto const json = nlohmann::json::parse(out.str(), nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << out.str();
    EXPECT_EQ(json["status"], "failed");
  }
}

}  // namespace
}  // namespace btfast::cli
