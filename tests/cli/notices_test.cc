#include "cli/notices.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <string>

#include "tests/support/pseudo_terminal.h"

namespace btfast::cli {
namespace {

using test::PseudoTerminal;

class NoticesTest : public testing::Test {
 protected:
  NoticesTest() { ::setenv("TERM", "xterm", 1); }

  static bool failed(Notices& notices, std::string const& reason) {
    std::array<LogField, 3> const fields{
        {{"url", "http://t:80"}, {"event", "started"}, {"reason", reason}}};
    return notices.admit("tracker_failed", fields);
  }
};

TEST_F(NoticesTest, WhatThePanelSaysIsNoRecordAsWell) {
  PseudoTerminal const pseudo;
  Terminal const terminal{pseudo.theirs()};
  Notices notices{{}, terminal};
  EXPECT_EQ(notices.now(), "");
  notices.set_source([] { return std::string{"http://t:80: Connection refused"}; });

  EXPECT_EQ(notices.now(), "http://t:80: Connection refused");
  EXPECT_FALSE(failed(notices, "Connection refused"));
  EXPECT_FALSE(notices.recorded(notices.now()));
}

// With peers there is no notice, and of two trackers it names one.
TEST_F(NoticesTest, WhatThePanelDoesNotSayIsARecord) {
  PseudoTerminal const pseudo;
  Terminal const terminal{pseudo.theirs()};
  Notices notices{{}, terminal};

  EXPECT_TRUE(failed(notices, "Connection refused"));
  notices.set_source([] { return std::string{"http://t:80: timed out"}; });
  EXPECT_TRUE(failed(notices, "Connection refused"));
  EXPECT_TRUE(notices.admit("ban", {}));
  pseudo.resize(80, 7);  // too low for the panel
  EXPECT_TRUE(failed(notices, "timed out"));
}

TEST_F(NoticesTest, WhoWantsMoreHasEveryRecord) {
  PseudoTerminal const pseudo;
  Terminal const terminal{pseudo.theirs()};
  for (OutputOptions const options :
       {OutputOptions{.verbose = 1}, OutputOptions{.progress = ProgressMode::kLine}}) {
    Notices notices{options, terminal};
    notices.set_source([] { return std::string{"http://t:80: timed out"}; });
    EXPECT_TRUE(failed(notices, "timed out"));
  }
}

TEST_F(NoticesTest, AmongRecordsOneOfTheTwoIsEnough) {
  PseudoTerminal const pseudo;
  Terminal const terminal{pseudo.theirs()};
  Notices notices{{.progress = ProgressMode::kLog}, terminal};
  notices.set_source([] { return std::string{"http://t:80: timed out"}; });

  EXPECT_FALSE(notices.recorded(notices.now()));
  EXPECT_TRUE(failed(notices, "timed out"));
  EXPECT_TRUE(notices.recorded(notices.now()));
  EXPECT_FALSE(notices.recorded("no answer yet from http://t:80"));
  EXPECT_FALSE(notices.recorded("http://t:80: timed out; 2 peers known: 2 could not be reached"));
}

TEST_F(NoticesTest, TheOldestRecordsAreForgotten) {
  PseudoTerminal const pseudo;
  Terminal const terminal{pseudo.theirs()};
  Notices notices{{.progress = ProgressMode::kLog}, terminal};
  for (std::size_t n = 0; n <= Notices::kRecorded; ++n) failed(notices, std::to_string(1000 + n));

  EXPECT_FALSE(notices.recorded("http://t:80: 1000"));
  EXPECT_TRUE(notices.recorded("http://t:80: 1001"));
}

}  // namespace
}  // namespace btfast::cli
