#include "cli/notices.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/pseudo_terminal.h"

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;
using test::PseudoTerminal;

constexpr std::string_view kRefused = "http://t:80: Connection refused";

class NoticesTest : public testing::Test {
 protected:
  NoticesTest() { ::setenv("TERM", "xterm", 1); }

  static bool admit(Notices& notices, std::string_view event, std::string_view key,
                    std::string const& words) {
    std::array<LogField, 3> const fields{
        {{"url", "http://t:80"}, {"announce", "started"}, {key, words}}};
    return notices.admit(LogLevel::kWarn, event, fields);
  }
  static bool failed(Notices& notices, std::string const& reason) {
    return admit(notices, "tracker_failed", "reason", reason);
  }
  static void say(Notices& notices, std::string_view notice) {
    notices.set_source([text = std::string{notice}] { return text; });
  }
  // Of trackers, since the last look.
  std::size_t records_printed() const {
    std::string const shown = pseudo_.shown();
    std::size_t count = 0;
    for (auto at = shown.find("WARN tracker_"); at != std::string::npos;
         at = shown.find("WARN tracker_", at + 1)) {
      ++count;
    }
    return count;
  }

  PseudoTerminal const pseudo_;
  Terminal terminal_{pseudo_.theirs()};
};

TEST_F(NoticesTest, WhatThePanelSaysIsNoRecordAsWell) {
  Notices notices{{}, terminal_};
  EXPECT_EQ(notices.now(), "");
  say(notices, kRefused);

  EXPECT_EQ(notices.now(), kRefused);
  EXPECT_FALSE(failed(notices, "Connection refused"));
  EXPECT_FALSE(notices.recorded(notices.now()));
  notices.on_painted(kRefused, TimePoint{10s});
  notices.on_painted(std::string{kRefused} + "; 2 peers known", TimePoint{11s});
  notices.on_painted(kRefused, TimePoint{12s});
  notices.on_painted("", TimePoint{13s});
  notices.end("");
  EXPECT_EQ(records_printed(), 0U);
}

// It was cut, or something else came first.
TEST_F(NoticesTest, WhatDidNotComeOntoThePanelIsPrinted) {
  for (std::string_view const painted : {"", "http://t:80: Connection refused by", "http://t:8"}) {
    Notices notices{{}, terminal_};
    say(notices, kRefused);

    EXPECT_FALSE(failed(notices, "Connection refused"));
    notices.on_painted(painted, TimePoint{10s});
    EXPECT_EQ(records_printed(), 1U) << painted;
    EXPECT_TRUE(notices.recorded(kRefused));
    notices.on_painted(painted, TimePoint{11s});
    notices.end("");
    EXPECT_EQ(records_printed(), 0U) << painted;
  }
}

TEST_F(NoticesTest, WhatLeftThePanelBeforeItWasReadIsPrinted) {
  Notices notices{{}, terminal_};
  say(notices, kRefused);

  EXPECT_FALSE(failed(notices, "Connection refused"));
  notices.on_painted(kRefused, TimePoint{10s});
  notices.on_painted(kRefused, TimePoint{11s});
  EXPECT_EQ(records_printed(), 0U);
  notices.on_painted("http://t:80 knows no other peer", TimePoint{12s - 1ms});
  EXPECT_EQ(records_printed(), 1U);
}

TEST_F(NoticesTest, AtTheEndIsPrintedWhatTheLastWordDoesNotTell) {
  for (auto const& [last_word, records] : {std::pair{"", 1U},
                                           {"gave up: too late", 1U},
                                           {"gave up; http://t:80: Connection refused by", 1U},
                                           {"gave up; http://t:80: Connection refused", 0U},
                                           {"no peers: http://t:80: Connection refused; x", 0U}}) {
    Notices notices{{}, terminal_};
    say(notices, kRefused);
    EXPECT_FALSE(failed(notices, "Connection refused"));
    notices.on_painted(kRefused, TimePoint{10s});

    notices.end(last_word);

    EXPECT_EQ(records_printed(), records) << last_word;
    EXPECT_TRUE(failed(notices, "Connection refused")) << "nothing is held after the end";
  }
}

TEST_F(NoticesTest, WarningsAndOddRepliesAreHeldAsWell) {
  Notices notices{{}, terminal_};
  say(notices, "http://t:80 warns: on friday");
  EXPECT_FALSE(admit(notices, "tracker_warning", "message", "on friday"));
  say(notices, "http://t:80 sent an odd reply: it is cut");
  EXPECT_FALSE(admit(notices, "tracker_odd_reply", "reason", "it is cut"));
  notices.on_painted(notices.now(), TimePoint{10s});
  EXPECT_EQ(records_printed(), 1U);
}

TEST_F(NoticesTest, SoManyAreHeldAndTheNextOneIsPrinted) {
  Notices notices{{}, terminal_};
  say(notices, kRefused);
  for (std::size_t n = 0; n < Notices::kHeld; ++n) {
    EXPECT_FALSE(failed(notices, "Connection refused"));
  }
  EXPECT_TRUE(failed(notices, "Connection refused"));
}

// With peers there is no notice, and of two trackers it names one.
TEST_F(NoticesTest, WhatThePanelDoesNotSayIsARecord) {
  Notices notices{{}, terminal_};

  EXPECT_TRUE(failed(notices, "Connection refused"));
  say(notices, "http://t:80: timed out");
  EXPECT_TRUE(failed(notices, "Connection refused"));
  EXPECT_TRUE(failed(notices, "timed")) << "it says more";
  EXPECT_TRUE(notices.admit(LogLevel::kWarn, "ban", {}));
}

TEST_F(NoticesTest, WhoWantsMoreHasEveryRecord) {
  for (OutputOptions const options :
       {OutputOptions{.verbose = 1}, OutputOptions{.progress = ProgressMode::kLine}}) {
    Notices notices{options, terminal_};
    say(notices, "http://t:80: timed out");
    EXPECT_TRUE(failed(notices, "timed out"));
  }
}

TEST_F(NoticesTest, AmongRecordsOneOfTheTwoIsEnough) {
  Notices notices{{.progress = ProgressMode::kLog}, terminal_};
  say(notices, "http://t:80: timed out");

  EXPECT_FALSE(notices.recorded(notices.now()));
  EXPECT_TRUE(failed(notices, "timed out"));
  EXPECT_TRUE(notices.recorded(notices.now()));
  EXPECT_FALSE(notices.recorded("http://t:80: it timed out"));
  EXPECT_FALSE(notices.recorded("no answer yet from http://t:80"));
  EXPECT_FALSE(notices.recorded("http://t:80: timed out; 2 peers known: 2 could not be reached"));
}

TEST_F(NoticesTest, TheOldestRecordsAreForgotten) {
  Notices notices{{.progress = ProgressMode::kLog}, terminal_};
  for (std::size_t n = 0; n <= Notices::kRecorded; ++n) failed(notices, std::to_string(1000 + n));

  EXPECT_FALSE(notices.recorded("http://t:80: 1000"));
  EXPECT_TRUE(notices.recorded("http://t:80: 1001"));
}

}  // namespace
}  // namespace btfast::cli
