// How PeerConnection reads from a fast peer: many blocks at a time, and none left behind.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "net/peer_connection.h"
#include "tests/net/peer_connection_fixture.h"

namespace btfast::net {
namespace {

using test::block_frame;

// A peer that owes 128 blocks and sends 16 of them every millisecond.
class PeerConnectionBatches : public test::PeerConnectionFixture {
 protected:
  static constexpr std::uint32_t kBlock = limits::kBlockSize;

  void owe(std::uint32_t blocks) {
    memory_.resize(std::size_t{blocks} * kBlock);
    for (std::uint32_t b = 0; b < blocks; ++b) {
      peer_->expect_block({0, b * kBlock, kBlock, memory_.data() + std::size_t{b} * kBlock});
    }
  }
  void send_blocks(std::uint32_t blocks) {
    test::Bytes bytes;
    test::Bytes const payload(kBlock);
    for (; blocks > 0; --blocks) test::append(bytes, block_frame(0, sent_++ * kBlock, payload));
    clock_.advance(std::chrono::milliseconds{1});
    feed(bytes);
  }
  std::size_t blocks_seen() const { return observer_.events.size(); }

  std::vector<std::byte> memory_;
  std::uint32_t sent_ = 0;
};

TEST_F(PeerConnectionBatches, AShortReadIsNotFollowedByAnother) {
  open();
  owe(4);
  int const before = reactor_.reads();

  send_blocks(1);

  EXPECT_EQ(blocks_seen(), 1u);
  EXPECT_EQ(reactor_.reads(), before + 1);
}

TEST_F(PeerConnectionBatches, TheEndThatCameWithTheLastBytesIsSeen) {
  open();
  owe(4);
  auto const frame = test::frame_of(net::Have{.piece = 1});
  socket().input.insert(socket().input.end(), frame.begin(), frame.end());
  reactor_.feed_end(fd_);

  turns();

  EXPECT_EQ(observer_.events, std::vector<std::string>{"have"});
  EXPECT_EQ(observer_.closed, CloseReason::kPeerClosed);
}

TEST_F(PeerConnectionBatches, AFastPeerWakesUsForManyBlocksAtOnce) {
  open();
  owe(160);
  for (int i = 0; i < 4; ++i) send_blocks(16);
  ASSERT_EQ(socket().low_water, ReadBatching::kLowWater);

  send_blocks(1);
  EXPECT_EQ(blocks_seen(), 64u);
  send_blocks(15);

  EXPECT_EQ(blocks_seen(), 80u);
}

TEST_F(PeerConnectionBatches, WhatAFastPeerSentLastIsReadAfterAMoment) {
  open();
  owe(160);
  for (int i = 0; i < 4; ++i) send_blocks(16);
  ASSERT_GT(socket().low_water, 1u);
  send_blocks(1);
  ASSERT_EQ(blocks_seen(), 64u);

  clock_.advance(ReadBatching::kPatience);
  turns();

  EXPECT_EQ(blocks_seen(), 65u);
  EXPECT_EQ(socket().low_water, 1u);
}

TEST_F(PeerConnectionBatches, APeerThatOwesLittleIsReadAtOnce) {
  open();
  owe(68);
  for (int i = 0; i < 4; ++i) send_blocks(16);
  ASSERT_EQ(socket().low_water, 1u);

  send_blocks(1);

  EXPECT_EQ(blocks_seen(), 65u);
}

TEST_F(PeerConnectionBatches, BlocksForgottenWhileWeWaitLeaveNothingUnread) {
  open();
  owe(160);
  for (int i = 0; i < 4; ++i) send_blocks(16);
  ASSERT_GT(socket().low_water, 1u);
  peer_->forget_all_blocks();
  feed(net::Choke{});
  ASSERT_EQ(blocks_seen(), 64u);

  clock_.advance(ReadBatching::kPatience);
  turns();

  EXPECT_EQ(observer_.events.back(), "choke");
}

}  // namespace
}  // namespace btfast::net
