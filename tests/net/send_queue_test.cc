#include "net/send_queue.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "engine/base/rng.h"
#include "tests/support/pattern.h"
#include "tests/support/scripted_reactor.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::append;
using test::block_frame;
using test::Bytes;
using test::frame_of;
using Kind = SendQueue::Result::Kind;

SendBytes shared(Bytes const& bytes) {
  auto const owner = std::make_shared<Bytes>(bytes);
  return {owner, owner->data()};
}

class SendQueueTest : public ::testing::Test {
 protected:
  void add_block(std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
    auto const payload = test::pattern(begin, length);
    queue_.add_block({piece, begin, length}, shared(payload));
    append(expected_, block_frame(piece, begin, payload));
  }
  void add(Message const& message) {
    queue_.add_message(message);
    append(expected_, frame_of(message));
  }
  Bytes const& output() { return reactor_.socket(fd_).output; }

  test::ScriptedReactor reactor_;
  int fd_ = reactor_.open();
  SendQueue queue_;
  Bytes expected_;
};

TEST_F(SendQueueTest, WritesEverythingInTheOrderAdded) {
  add(Unchoke{});
  add_block(1, 0, 16384);
  add_block(1, 16384, 100);
  add(Have{3});
  add(Have{4});
  add_block(2, 0, 128 * 1024);
  EXPECT_EQ(queue_.bytes(), expected_.size());

  auto const result = queue_.write(reactor_, fd_);

  EXPECT_EQ(result.kind, Kind::kEmpty);
  EXPECT_EQ(result.bytes, expected_.size());
  EXPECT_EQ(result.payload_bytes, 16384u + 100 + 128 * 1024);
  EXPECT_EQ(output(), expected_);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(SendQueueTest, GoesOnWhereTheSocketStoppedTaking) {
  Rng rng{7};
  std::size_t payload = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    if (rng.one_in(3)) add(Have{i});
    if (rng.one_in(3)) add_block(i, 16384, 1 + rng.below(20'000));
    reactor_.socket(fd_).takes = rng.below(30'000);
    auto const result = queue_.write(reactor_, fd_);
    payload += result.payload_bytes;
    ASSERT_EQ(queue_.bytes(), expected_.size() - output().size());
  }
  reactor_.socket(fd_).takes = expected_.size();
  while (!queue_.empty()) payload += queue_.write(reactor_, fd_).payload_bytes;

  EXPECT_EQ(output(), expected_);
  EXPECT_LT(payload, expected_.size());
  EXPECT_GT(payload, expected_.size() * 9 / 10);
}

TEST_F(SendQueueTest, TakesBackABlockThatIsNotBegun) {
  add(Unchoke{});
  queue_.add_block({1, 0, 100}, shared(Bytes(100)));
  add(Have{3});

  EXPECT_FALSE(queue_.remove_block({1, 0, 99}));
  EXPECT_TRUE(queue_.remove_block({1, 0, 100}));
  EXPECT_FALSE(queue_.remove_block({1, 0, 100}));
  queue_.write(reactor_, fd_);

  EXPECT_EQ(output(), expected_);
}

TEST_F(SendQueueTest, DoesNotTakeBackABlockThatIsBegun) {
  add_block(1, 0, 100);
  reactor_.socket(fd_).takes = 1;
  EXPECT_EQ(queue_.write(reactor_, fd_).kind, Kind::kWouldBlock);

  EXPECT_FALSE(queue_.remove_block({1, 0, 100}));
}

TEST_F(SendQueueTest, LetsGoOfPayloadOnceItIsWritten) {
  auto const payload = std::make_shared<Bytes>(Bytes(100));
  queue_.add_block({1, 0, 100}, SendBytes{payload, payload->data()});
  EXPECT_EQ(payload.use_count(), 2);

  queue_.write(reactor_, fd_);

  EXPECT_EQ(payload.use_count(), 1);
}

TEST_F(SendQueueTest, TellsOnceThatItDrained) {
  add_block(1, 0, SendQueue::kLowWater);
  EXPECT_FALSE(queue_.take_drained());
  reactor_.socket(fd_).takes = 13;
  queue_.write(reactor_, fd_);

  EXPECT_TRUE(queue_.take_drained());
  EXPECT_FALSE(queue_.take_drained());
}

TEST_F(SendQueueTest, TellsOnceThatTheLastOfItsBlocksLeft) {
  add_block(1, 0, 16384);
  reactor_.socket(fd_).takes = 16384;
  queue_.write(reactor_, fd_);
  EXPECT_FALSE(queue_.take_drained());
  reactor_.socket(fd_).takes = 13;
  queue_.write(reactor_, fd_);

  EXPECT_TRUE(queue_.take_drained());
  EXPECT_FALSE(queue_.take_drained());
}

TEST_F(SendQueueTest, IsNotDrainedWhenItHeldMessagesOnly) {
  queue_.add_message(Have{1});
  queue_.write(reactor_, fd_);

  EXPECT_FALSE(queue_.take_drained());
}

TEST_F(SendQueueTest, StopsAtItsBudget) {
  for (std::uint32_t i = 0; i < 200; ++i) add_block(1, i * 16384, 16384);

  auto const result = queue_.write(reactor_, fd_);

  EXPECT_EQ(result.kind, Kind::kBudgetSpent);
  EXPECT_GE(result.bytes, SendQueue::kWriteBudget);
  EXPECT_LT(result.bytes, 3 * SendQueue::kWriteBudget);
}

TEST_F(SendQueueTest, ReportsTheErrorOfTheSocket) {
  add(Choke{});
  reactor_.socket(fd_).write_error = EPIPE;

  auto const result = queue_.write(reactor_, fd_);

  EXPECT_EQ(result.kind, Kind::kError);
  EXPECT_EQ(result.sys_errno, EPIPE);
}

}  // namespace
}  // namespace btfast::net
