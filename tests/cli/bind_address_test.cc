#include "cli/bind_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/exit_status.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(PeerAddresses, AnAddressAndAPort) {
  for (char const* const text : {"127.0.0.1:6881", "[::1]:65535"}) {
    auto const found = peer_addresses(text);
    ASSERT_TRUE(found) << text;
    EXPECT_THAT(*found, SizeIs(1)) << text;
  }
}

TEST(PeerAddresses, WhatIsNoPlaceIsRefusedAndSaysTheForm) {
  struct Case {
    std::string text;
    std::string says;
  };
  for (auto const& [text, says] :
       {Case{"127.0.0.1:0", "a port from 1 to 65535"}, Case{"[::1]:0", "a port from 1 to 65535"},
        Case{"localhost:0", "a port from 1 to 65535"}, Case{"127.0.0.1:", "a port from 1"},
        Case{"127.0.0.1:70000", "a port from 1 to 65535"}, Case{"::1:5", "[::1]:6881"},
        Case{"nonsense", "HOST:PORT"}, Case{":6881", "HOST:PORT"}}) {
    auto const found = peer_addresses(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(exit_status_of(found.error()), ExitStatus::kUsage) << text;
    EXPECT_THAT(failure_text(found.error()), HasSubstr("--peer: expected"));
    EXPECT_THAT(failure_text(found.error()), HasSubstr(says));
  }
}

// Who prints it escapes it, and JSON has it as it was typed.
TEST(PeerAddresses, WhatWasTypedIsInTheFailureAsItIs) {
  EXPECT_THAT(failure_text(peer_addresses("\x1b[31mx").error()), HasSubstr("\"\x1b[31mx\""));
  EXPECT_THAT(failure_text(bind_target("\x1b[31mx").error()), HasSubstr("\"\x1b[31mx\""));
}

}  // namespace
}  // namespace btfast::cli
