// What every Reactor must do about reads: whether one took all there was, and how much must be
// there before it tells.

#include <gtest/gtest.h>

#include <string>

#include "tests/contract/reactor_contract_fixture.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

class ReactorReadsContract : public test::ReactorFixture {};

TEST_P(ReactorReadsContract, AReadThatTookAllSaysSo) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  (void)send(client, "four");
  wait_readable(1);
  std::string text;

  EXPECT_FALSE(receive(server, text, 3).drained);
  EXPECT_TRUE(receive(server, text, 3).drained);
}

TEST_P(ReactorReadsContract, WhatComesAfterAReadThatTookAllIsANewEvent) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  std::string text;
  for (int i = 0; i < 3; ++i) {
    (void)send(client, "more");
    EXPECT_TRUE(wait_readable(1).readable);
    while (!receive(server, text).drained) {
    }
  }
}

TEST_P(ReactorReadsContract, TheEndAfterAReadThatTookAllIsAnEventThatSaysSo) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  (void)send(client, "last");
  wait_readable(1);
  std::string text;
  ASSERT_TRUE(receive(server, text).drained);

  close_now(client);

  auto const event = wait_for(1, [](ReactorEvent const& e) { return e.ended; });
  EXPECT_TRUE(event.readable);
  EXPECT_EQ(receive(server, text).kind, IoResult::Kind::kEnd);
}

// Where marks are not to be had, the event comes early; it must come.
TEST_P(ReactorReadsContract, AReadLowWaterMarkThatFallsLeavesNothingUnannounced) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  reactor_->set_read_low_water(server, 1000);
  (void)send(client, "few");
  (void)wait(50ms);
  unasked_.clear();

  reactor_->set_read_low_water(server, 1);
  (void)send(client, "more");

  EXPECT_TRUE(wait_readable(1).readable);
}

TEST_P(ReactorReadsContract, TheEndComesWhateverTheReadLowWaterMark) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  reactor_->set_read_low_water(server, 1000);
  (void)send(client, "few");

  close_now(client);

  EXPECT_TRUE(wait_for(1, [](ReactorEvent const& e) { return e.ended; }).readable);
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, ReactorReadsContract, testing::ValuesIn(reactor_kinds()),
                         [](auto const& kind) { return std::string{kind.param.name}; });

}  // namespace
}  // namespace btfast::net
