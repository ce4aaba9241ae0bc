#include "net/receive_path.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/support/allocation_count.h"
#include "tests/support/receive_recorder.h"
#include "tests/support/scripted_reactor.h"

namespace btfast::net {
namespace {

using test::append;
using test::block_frame;
using test::Bytes;
using test::content_of;
using test::describe;
using test::frame_of;
using Kind = ReceivePath::Result::Kind;

constexpr std::uint32_t kBlock = limits::kBlockSize;

class ReceivePathTest : public ::testing::Test {
 protected:
  ReceivePathTest() { path_.start(FrameRules{100, true, true}); }

  void expect(std::uint32_t piece, std::uint32_t begin, std::uint32_t length = kBlock) {
    path_.expect(sink_.place(piece, begin, length));
  }
  void arrive(std::uint32_t piece, std::uint32_t begin, std::uint32_t length = kBlock) {
    append(stream_, block_frame(piece, begin, content_of(piece, begin, length)));
  }
  void arrive(Message const& message) { append(stream_, frame_of(message)); }
  std::string in_place(std::uint32_t piece, std::uint32_t begin, std::uint32_t length = kBlock) {
    return describe({piece, begin, length}, content_of(piece, begin, length), true);
  }
  std::string as_bytes(std::uint32_t piece, std::uint32_t begin, std::uint32_t length = kBlock) {
    return describe({piece, begin, length}, content_of(piece, begin, length), false);
  }
  // Sends what arrive() has put together, in reads of at most `chunk` bytes.
  Kind run(std::size_t chunk = 1u << 30) {
    reactor_.feed(fd_, std::exchange(stream_, {}));
    reactor_.set_chunks([chunk] { return chunk; });
    for (;;) {
      auto const result = path_.read(fd_);
      if (result.kind != Kind::kBytes) return result.kind;
    }
  }

  test::ScriptedReactor reactor_;
  int fd_ = reactor_.open();
  test::ReceiveRecorder sink_;
  PeerTraffic traffic_;
  ReceivePath path_{reactor_, sink_, traffic_};
  Bytes stream_;
};

TEST_F(ReceivePathTest, ReadsSixtyFourForeseenBlocksAtOnce) {
  for (std::uint32_t i = 0; i < 64; ++i) expect(1, i * kBlock);
  for (std::uint32_t i = 0; i < 64; ++i) arrive(1, i * kBlock);

  EXPECT_EQ(run(), Kind::kWouldBlock);

  ASSERT_EQ(sink_.events.size(), 64u);
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(sink_.events[i], in_place(1, i * kBlock));
  EXPECT_EQ(traffic_.predicted_blocks, 64u);
  EXPECT_EQ(traffic_.mispredictions, 0u);
  EXPECT_EQ(traffic_.read_calls, 2u);  // the second finds nothing
  EXPECT_EQ(traffic_.payload_received, 64u * kBlock);
}

TEST_F(ReceivePathTest, PutsBlocksInPlaceWhateverTheReadsAre) {
  for (std::size_t const chunk : {1u, 2u, 5u, 12u, 13u, 14u, 1000u, 16384u, 16397u, 16398u}) {
    sink_.events.clear();
    for (std::uint32_t i = 0; i < 3; ++i) expect(1, i * 40);
    expect(1, 200, 40);
    for (std::uint32_t i = 0; i < 3; ++i) path_.forget(1, i * 40);
    expect(2, 0, 77);  // a short last block
    arrive(1, 200, 40);
    arrive(2, 0, 77);

    run(chunk);

    EXPECT_EQ(sink_.events, (std::vector{in_place(1, 200, 40), in_place(2, 0, 77)}))
        << "chunk " << chunk;
  }
}

TEST_F(ReceivePathTest, ParsesWhatComesInsteadOfTheForeseenBlock) {
  expect(1, 0);
  expect(1, kBlock);
  arrive(1, 0);
  arrive(Have{7});
  arrive(1, kBlock);

  run();

  EXPECT_EQ(sink_.events, (std::vector{in_place(1, 0), describe(Have{7}), in_place(1, kBlock)}));
  EXPECT_EQ(traffic_.predicted_blocks, 1u);
  EXPECT_EQ(traffic_.mispredictions, 1u);
}

TEST_F(ReceivePathTest, HandsOverUnexpectedBlocksAsBytes) {
  expect(1, 0);
  arrive(9, 0);
  arrive(1, 0, 100);  // another length than was asked for
  arrive(1, 0);

  run(5000);

  EXPECT_EQ(sink_.events, (std::vector{as_bytes(9, 0), as_bytes(1, 0, 100), in_place(1, 0)}));
}

TEST_F(ReceivePathTest, ForeseesTheBlocksAfterOneThatThePeerPassedOver) {
  for (std::uint32_t i = 0; i < 8; ++i) expect(1, i * kBlock);
  for (std::uint32_t i = 1; i < 8; ++i) arrive(1, i * kBlock);
  arrive(1, 0);

  run(kBlock);

  EXPECT_EQ(sink_.events.size(), 8u);
  EXPECT_EQ(sink_.events.back(), in_place(1, 0));
  EXPECT_EQ(traffic_.mispredictions, 1u);
}

TEST_F(ReceivePathTest, StopsWritingToADestinationThatIsForgottenWhileItsBlockArrives) {
  expect(1, 0);
  arrive(1, 0);
  reactor_.feed(fd_, std::exchange(stream_, {}));
  reactor_.set_chunks([] { return std::size_t{5000}; });
  path_.read(fd_);

  EXPECT_TRUE(path_.forget(1, 0));
  auto& place = sink_.places[{1, 0}];
  place.assign(kBlock, sink_.kUntouched);
  run(5000);

  EXPECT_EQ(sink_.events, (std::vector{as_bytes(1, 0)}));
  EXPECT_EQ(place, Bytes(kBlock, sink_.kUntouched));
}

TEST_F(ReceivePathTest, KeepsBytesThatLieInADestinationForgottenByACallback) {
  for (std::uint32_t i = 0; i < 4; ++i) expect(1, i * kBlock);
  for (std::uint32_t i = 0; i < 4; ++i) arrive(1, i * kBlock);
  sink_.when_block = [&](PieceHeader const& block) {
    if (block.begin != 0) return;
    EXPECT_TRUE(path_.forget(1, 2 * kBlock));
    sink_.places[{1, 2 * kBlock}].assign(kBlock, sink_.kUntouched);
  };

  run();

  EXPECT_EQ(sink_.events, (std::vector{in_place(1, 0), in_place(1, kBlock), as_bytes(1, 2 * kBlock),
                                       in_place(1, 3 * kBlock)}));
  EXPECT_EQ((sink_.places[{1, 2 * kBlock}]), Bytes(kBlock, sink_.kUntouched));
}

TEST_F(ReceivePathTest, PutsBlocksWhereTheyWereLastExpected) {
  for (std::uint32_t i = 0; i < 4; ++i) expect(1, i * kBlock);
  for (std::uint32_t i = 0; i < 4; ++i) arrive(1, i * kBlock);
  Bytes old_place;
  sink_.when_block = [&](PieceHeader const& block) {
    if (block.begin != 0) return;
    path_.forget_all();
    old_place = std::exchange(sink_.places[{1, kBlock}], {});
    for (std::uint32_t i = 1; i < 4; ++i) expect(1, i * kBlock);
  };

  run();

  ASSERT_EQ(sink_.events.size(), 4u);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(sink_.events[i], in_place(1, i * kBlock));
}

TEST_F(ReceivePathTest, ForgetsNothingThatIsNotExpected) {
  expect(1, 0);

  EXPECT_FALSE(path_.forget(1, kBlock));
  EXPECT_FALSE(path_.forget(2, 0));
  EXPECT_TRUE(path_.forget(1, 0));
  EXPECT_FALSE(path_.forget(1, 0));
}

TEST_F(ReceivePathTest, AnnouncesNothingAfterACallbackStoppedIt) {
  for (std::size_t const chunk : {100u, 20'000u, 1'000'000u}) {
    test::ReceiveRecorder sink;
    ReceivePath path{reactor_, sink, traffic_};
    path.start(FrameRules{100, true, true});
    for (std::uint32_t i = 0; i < 4; ++i) path.expect(sink.place(1, i * kBlock, kBlock));
    for (std::uint32_t i = 0; i < 4; ++i) arrive(1, i * kBlock);
    sink.when_block = [&](PieceHeader const& block) {
      if (block.begin == kBlock) path.stop();
    };
    int const fd = reactor_.open();
    reactor_.feed(fd, std::exchange(stream_, {}));
    reactor_.set_chunks([chunk] { return chunk; });

    while (sink.events.size() < 2) ASSERT_EQ(path.read(fd).kind, Kind::kBytes);

    EXPECT_EQ(sink.events.size(), 2u) << "chunk " << chunk;
    EXPECT_EQ((sink.places[{1, 3 * kBlock}])[0] == sink.kUntouched, chunk < 1'000'000u);
  }
}

TEST_F(ReceivePathTest, GivesUpForeseeingWhenItIsMostlyWrongAndTriesAgain) {
  for (std::uint32_t i = 0; i < 400; ++i) {
    expect(i % 100, 0);
    arrive(Have{i % 100});
    arrive(i % 100, 0);
    run();
  }

  EXPECT_EQ(sink_.events.size(), 800u);
  EXPECT_LT(traffic_.mispredictions, 100u);
  EXPECT_GT(traffic_.mispredictions, 10u);
}

TEST_F(ReceivePathTest, AllocatesNothingForBlocksThatComeAsForeseen) {
  Bytes place(kBlock);
  for (int r = 0; r < 3; ++r) {
    for (std::uint32_t i = 0; i < 256; ++i) arrive(1, i * kBlock);
  }
  reactor_.feed(fd_, stream_);
  std::size_t left_of_round = 0;
  reactor_.set_chunks([&] {
    std::size_t const round_bytes = 256u * (kBlock + kPieceHeaderBytes);
    left_of_round = left_of_round == 0 ? round_bytes : left_of_round;
    std::size_t const chunk = std::min<std::size_t>(left_of_round, 300'000);
    left_of_round -= chunk;
    return chunk;
  });
  struct Quiet final : ReceivePath::Sink {
    void on_message(Message const&) override { ADD_FAILURE(); }
    void on_block_in_place(PieceHeader const&) override { ++blocks; }
    void on_block_bytes(PieceHeader const&, std::span<std::byte const>) override { ADD_FAILURE(); }
    int blocks = 0;
  } quiet;
  ReceivePath path{reactor_, quiet, traffic_};
  path.start(FrameRules{100, true, true});
  auto const take = [&](std::uint32_t blocks) {
    for (std::uint32_t i = 0; i < blocks; ++i) path.expect({1, i * kBlock, kBlock, place.data()});
    int const wanted = quiet.blocks + static_cast<int>(blocks);
    while (quiet.blocks < wanted) ASSERT_EQ(path.read(fd_).kind, Kind::kBytes);
  };
  take(256);  // the queue of expected blocks grows once, and the thread gets its scratch

  long const before = test::allocation_count();
  take(256);
  take(256);

  EXPECT_EQ(test::allocation_count(), before);
}

}  // namespace
}  // namespace btfast::net
