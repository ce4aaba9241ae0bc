#include "cli/renamed_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/log_capture.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;

RenamedFiles renamed(std::size_t count) {
  RenamedFiles out;
  out.count = count;
  for (std::size_t i = 0; i < std::min(count, RenamedFiles::kNamed); ++i) {
    out.named.push_back({"t/\x1b" + std::to_string(i), "t/_" + std::to_string(i)});
  }
  return out;
}

std::string warned(RenamedFiles const& files, OutputOptions const& options = {}) {
  std::ostringstream out;
  std::ostringstream err;
  warn_renamed(files, CommandOutput{options, out, err});
  return err.str();
}

TEST(RenamedWords, NothingIsSaidWhereNamesStay) {
  test::LogCapture const log{LogLevel::kTrace};

  log_renamed({});

  EXPECT_TRUE(log.lines().empty());
  EXPECT_EQ(warned({}), "");
  EXPECT_EQ(renamed_json({}).dump(), R"({"count":0,"files":[]})");
}

TEST(RenamedWords, EachOfAFewIsLogged) {
  test::LogCapture const log{LogLevel::kWarn};

  log_renamed(renamed(10));

  EXPECT_EQ(log.count("file_renamed"), 10u);
  EXPECT_EQ(log.lines().front(),
            "file_renamed name=t/\x1b"
            "0 path=t/_0");
  EXPECT_EQ(log.count("files_renamed"), 0u);
}

TEST(RenamedWords, OfManyTheFirstAreLoggedAndTheOthersCounted) {
  test::LogCapture const log{LogLevel::kWarn};

  log_renamed(renamed(5'000));

  EXPECT_EQ(log.count("file_renamed"), kRenamedSaid);
  EXPECT_EQ(log.lines().back(), "files_renamed more=4990");
}

TEST(RenamedWords, WarningsAreHarmlessOnATerminalAndBounded) {
  std::string const text = warned(renamed(12));

  EXPECT_THAT(text, HasSubstr(R"(btfast: warning: "t/\x1b0" is called "t/_0" on disk)"));
  EXPECT_THAT(text, HasSubstr("warning: 2 more files are called otherwise on disk"));
  EXPECT_THAT(warned(renamed(11)), HasSubstr("warning: 1 more file is called otherwise on disk"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
  EXPECT_EQ(warned(renamed(12), {.quiet = true}), "");
}

TEST(RenamedWords, JsonNamesMoreAndCountsAll) {
  auto const json = renamed_json(renamed(5'000));

  EXPECT_EQ(json["count"], 5'000);
  EXPECT_EQ(json["files"].size(), RenamedFiles::kNamed);
  EXPECT_EQ(json["files"][0]["name"],
            "t/\x1b"
            "0");
  EXPECT_EQ(json["files"][0]["path"], "t/_0");
}

TEST(RenamedWords, BytesThatAreNoTextHaveASecondForm) {
  auto const json = renamed_json({.named = {{"t/\xff\x01", "t/\xff_"}}, .count = 1});

  EXPECT_EQ(json["files"][0]["name_encoded"], "t/%FF%01");
  EXPECT_EQ(json["files"][0]["path_encoded"], "t/%FF_");
}

}  // namespace
}  // namespace btfast::cli
