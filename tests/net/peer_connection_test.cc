#include "net/peer_connection.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/net/peer_connection_fixture.h"

namespace btfast::net {
namespace {

using test::block_frame;
using test::bytes;
using test::Bytes;
using test::content_of;
using test::frame_of;
using Events = std::vector<std::string>;

constexpr std::uint32_t kBlock = limits::kBlockSize;

class PeerConnectionTest : public test::PeerConnectionFixture {
 protected:
  Bytes handshake_bytes(Handshake const& handshake) {
    auto const wire = encode_handshake(handshake);
    return {wire.begin(), wire.end()};
  }
  void expect(std::uint32_t begin) { peer_->expect_block(places_.place(1, begin, kBlock)); }
  void feed_start_of(Bytes const& bytes, std::size_t size) {
    reactor_.feed(fd_, std::span{bytes}.first(size));
  }
  Bytes block(std::uint32_t begin) { return block_frame(1, begin, content_of(1, begin, kBlock)); }

  test::ReceiveRecorder places_;
};

// -- handshake --------------------------------------------------------------------------------

TEST_F(PeerConnectionTest, AnswersAnIncomingHandshakeThatIsCutAnywhere) {
  auto const wire = handshake_bytes(theirs_);
  for (std::size_t cut = 1; cut < wire.size(); ++cut) {
    observer_ = {};
    accept();
    feed(std::span{wire}.first(cut));
    EXPECT_TRUE(socket().output.empty());
    feed(std::span{wire}.subspan(cut));

    EXPECT_EQ(observer_.handshake, theirs_) << "cut at " << cut;
    EXPECT_EQ(socket().output, handshake_bytes(ours_)) << "cut at " << cut;
  }
}

TEST_F(PeerConnectionTest, MayAnswerAsSoonAsTheTorrentIsNamedAndThenOnlyOnce) {
  auto const wire = handshake_bytes(theirs_);
  accept();
  observer_.when_named = [this](auto& peer) { peer.answer(ours_); };
  feed(std::span{wire}.first(kHandshakeTorrentBytes - 1));
  EXPECT_FALSE(observer_.named);

  feed(std::span{wire}.subspan(kHandshakeTorrentBytes - 1, 1));
  EXPECT_EQ(observer_.named, theirs_.info_hash);
  EXPECT_EQ(socket().output, handshake_bytes(ours_));
  feed(std::span{wire}.subspan(kHandshakeTorrentBytes));

  EXPECT_EQ(observer_.handshake, theirs_);
  EXPECT_EQ(socket().output, handshake_bytes(ours_));
}

TEST_F(PeerConnectionTest, MayBeClosedAsSoonAsTheTorrentIsNamed) {
  accept();
  observer_.when_named = [](auto& peer) { peer.close(CloseReason::kWrongTorrent); };

  feed(handshake_bytes(theirs_));

  EXPECT_FALSE(observer_.handshake);
  EXPECT_TRUE(socket().output.empty());
}

TEST_F(PeerConnectionTest, TakesMessagesThatCameWithTheHandshake) {
  accept();
  Bytes wire = handshake_bytes(theirs_);
  for (int i = 0; i < 50; ++i) test::append(wire, frame_of(Have{3}));

  feed(wire);

  EXPECT_EQ(observer_.events.size(), 51u);
  EXPECT_FALSE(observer_.closed);
}

TEST_F(PeerConnectionTest, ClosesAtTheFirstByteThatIsNoHandshake) {
  auto const wire = handshake_bytes(theirs_);
  for (std::size_t i = 0; i < 20; ++i) {
    observer_ = {};
    accept();
    Bytes wrong{wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(i) + 1};
    wrong.back() ^= std::byte{1};

    feed(wrong);

    EXPECT_EQ(observer_.closed, CloseReason::kBadHandshake) << "byte " << i;
    EXPECT_TRUE(socket().output.empty());
  }
}

TEST_F(PeerConnectionTest, ClosesWhenTheObserverDoesNotOpenIt) {
  accept();
  observer_.when_handshake = nullptr;

  feed(handshake_bytes(theirs_));

  EXPECT_EQ(observer_.closed, CloseReason::kWrongTorrent);
  EXPECT_TRUE(socket().closed);
}

TEST_F(PeerConnectionTest, SendsItsHandshakeOnceConnected) {
  connect();
  turns();
  EXPECT_TRUE(socket().output.empty());
  reactor_.complete_connect(fd_, 0);
  turns();

  EXPECT_EQ(socket().output, handshake_bytes(ours_));
  feed(handshake_bytes(theirs_));
  EXPECT_EQ(observer_.events, Events{"handshake"});
  EXPECT_FALSE(peer_->incoming());
}

TEST_F(PeerConnectionTest, TellsThatConnectingFailed) {
  connect();
  reactor_.complete_connect(fd_, ECONNREFUSED);
  turns();

  EXPECT_EQ(observer_.closed, CloseReason::kConnectFailed);
  EXPECT_EQ(observer_.detail, "Connection refused");
}

TEST_F(PeerConnectionTest, ClosesWhenThePeerAnswersForAnotherTorrentOrAsOurselves) {
  connect();
  reactor_.complete_connect(fd_, 0);
  auto other = theirs_;
  other.info_hash[0] ^= std::byte{1};
  feed(handshake_bytes(other));
  EXPECT_EQ(observer_.closed, CloseReason::kWrongTorrent);

  observer_ = {};
  connect();
  reactor_.complete_connect(fd_, 0);
  feed(handshake_bytes(ours_));
  EXPECT_EQ(observer_.closed, CloseReason::kSelf);
}

// -- what the peer does wrong -----------------------------------------------------------------

TEST_F(PeerConnectionTest, ClosesOnAMalformedMessageAndSaysWhatWasWrong) {
  open();
  feed(Have{kPieces});

  EXPECT_EQ(observer_.closed, CloseReason::kProtocolError);
  EXPECT_EQ(observer_.detail, "have: piece 100 of 100");
  EXPECT_TRUE(socket().closed);
}

TEST_F(PeerConnectionTest, ClosesOnAStormOfKeepAlivesButNotOnManyInALongTime) {
  open();
  for (int minute = 0; minute < 10; ++minute) {
    feed(Bytes(4 * 500));
    pass(std::chrono::seconds{61});
  }
  EXPECT_FALSE(observer_.closed);

  feed(Bytes(4 * 2'000));

  EXPECT_EQ(observer_.closed, CloseReason::kFlood);
}

TEST_F(PeerConnectionTest, RefusesFastMessagesUnlessBothSidesSpeakThem) {
  accept();
  auto plain = theirs_;
  plain.fast_extension = false;
  feed(handshake_bytes(plain));

  feed(HaveAll{});

  EXPECT_EQ(observer_.closed, CloseReason::kProtocolError);
}

// -- ends -------------------------------------------------------------------------------------

TEST_F(PeerConnectionTest, ClosesCleanlyWhenThePeerLeavesAtAnyState) {
  for (bool const reset : {false, true}) {
    for (int state = 0; state < 5; ++state) {
      observer_ = {};
      if (state == 0) connect();
      if (state == 1 || state == 2) accept();
      if (state >= 3) open();
      if (state == 0) reactor_.complete_connect(fd_, 0);
      if (state == 2) feed_start_of(handshake_bytes(theirs_), 30);
      if (state == 4) {
        expect(0);
        feed_start_of(block(0), 5000);
      }
      if (reset) {
        reactor_.feed_error(fd_, ECONNRESET);
      } else {
        reactor_.feed_end(fd_);
      }
      turns();

      EXPECT_EQ(observer_.closed, CloseReason::kPeerClosed) << "state " << state;
      EXPECT_TRUE(peer_->closed());
      EXPECT_TRUE(socket().closed);
    }
  }
}

TEST_F(PeerConnectionTest, ReadsWhatCameBeforeAWriteFails) {
  open();
  socket().write_error = EPIPE;
  reactor_.socket(fd_).input.clear();
  reactor_.socket(fd_).input_at = 0;
  auto const last = frame_of(Have{5});
  socket().input.insert(socket().input.end(), last.begin(), last.end());
  peer_->send(Interested{});
  turns();

  EXPECT_EQ(observer_.events, Events{"have"});
  EXPECT_EQ(observer_.closed, CloseReason::kPeerClosed);
}

TEST_F(PeerConnectionTest, MayBeClosedInEveryCallback) {
  auto const close = [](PeerConnection& peer) { peer.close(CloseReason::kShutdown); };
  for (int callback = 0; callback < 6; ++callback) {
    observer_ = {};
    if (callback == 0)
      accept();
    else
      open();
    Bytes stream;
    switch (callback) {
      case 0:
        observer_.when_handshake = close;
        stream = handshake_bytes(theirs_);
        break;
      case 1:
        observer_.when_message = close;
        stream = frame_of(Have{1});
        break;
      case 2:
        observer_.when_block = close;
        expect(0);
        expect(kBlock);
        stream = block(0);
        break;
      case 3:
        observer_.when_block = close;
        stream = block(0);
        break;
      case 4:
        observer_.when_batch_end = close;
        stream = frame_of(Have{1});
        break;
      case 5:
        observer_.when_drained = close;
        peer_->send_block(
            {1, 0, 400'000},
            std::shared_ptr<std::byte>{new std::byte[400'000], std::default_delete<std::byte[]>{}});
        break;
    }
    Bytes const more = stream;
    for (int i = 0; i < 3; ++i) test::append(stream, more);
    feed(stream);

    EXPECT_EQ(observer_.closed, CloseReason::kShutdown) << "callback " << callback;
    peer_.reset();
  }
}

TEST_F(PeerConnectionTest, DoesNothingOnceClosed) {
  open();
  peer_->close(CloseReason::kBanned, "why");
  peer_->close(CloseReason::kShutdown);
  expect(0);
  peer_->send(Choke{});
  peer_->send_block({1, 0, 1}, std::make_shared<std::byte>());
  peer_->open(kPieces, ours_, observer_);
  turns();

  EXPECT_EQ(observer_.closed, CloseReason::kBanned);
  EXPECT_EQ(observer_.detail, "why");
  EXPECT_EQ(peer_->send_queue_bytes(), 0u);
  EXPECT_FALSE(peer_->forget_block(1, 0));
  EXPECT_FALSE(peer_->unsend_block({1, 0, 1}));
}

// -- time -------------------------------------------------------------------------------------

TEST_F(PeerConnectionTest, GivesUpConnectingAfterATime) {
  connect();
  pass(limits::kConnectTimeout - std::chrono::seconds{1});
  EXPECT_FALSE(observer_.closed);
  pass(std::chrono::seconds{2});

  EXPECT_EQ(observer_.closed, CloseReason::kConnectTimeout);
}

TEST_F(PeerConnectionTest, WaitsAsLongAsItIsTold) {
  times_ = {std::chrono::seconds{2}, std::chrono::seconds{4}, std::chrono::seconds{6}};
  connect();
  pass(std::chrono::seconds{3});
  EXPECT_EQ(observer_.closed, CloseReason::kConnectTimeout);

  observer_.closed.reset();
  accept();
  pass(std::chrono::seconds{3});
  EXPECT_FALSE(observer_.closed);
  pass(std::chrono::seconds{2});
  EXPECT_EQ(observer_.closed, CloseReason::kHandshakeTimeout);

  observer_.closed.reset();
  open();
  pass(std::chrono::seconds{5});
  EXPECT_FALSE(observer_.closed);
  pass(std::chrono::seconds{2});
  EXPECT_EQ(observer_.closed, CloseReason::kIdleTimeout);
}

TEST_F(PeerConnectionTest, GivesTheWholeHandshakeTenSecondsHoweverItDrips) {
  accept();
  auto const wire = handshake_bytes(theirs_);
  std::size_t sent = 0;
  for (; !observer_.closed && sent < wire.size(); ++sent) {
    feed(std::span{wire}.subspan(sent, 1));
    pass(std::chrono::seconds{1});
  }

  EXPECT_EQ(observer_.closed, CloseReason::kHandshakeTimeout);
  EXPECT_LE(sent, 11u);
}

TEST_F(PeerConnectionTest, ClosesAPeerThatFinishesNoMessage) {
  open();
  feed(bytes(0, 0, 1, 0, 20));
  for (int i = 0; i < 100 && !observer_.closed; ++i) {
    feed(bytes('x'));
    pass(std::chrono::seconds{2});
  }

  EXPECT_EQ(observer_.closed, CloseReason::kIdleTimeout);
}

TEST_F(PeerConnectionTest, StaysWhileThePeerSaysAnything) {
  open();
  for (int i = 0; i < 20; ++i) {
    feed(Bytes(4));
    pass(limits::kIdleTimeout - std::chrono::seconds{5});
  }

  EXPECT_FALSE(observer_.closed);
}

TEST_F(PeerConnectionTest, SendsAKeepAliveWhenItHasBeenSilent) {
  open();
  pass(limits::kKeepAlive - std::chrono::seconds{1});
  EXPECT_TRUE(socket().output.empty());
  pass(std::chrono::seconds{2});

  EXPECT_EQ(socket().output, Bytes(4));
}

// -- turns ------------------------------------------------------------------------------------

TEST_F(PeerConnectionTest, TellsWhenAReadinessIsHandled) {
  open();
  observer_.batches = 0;
  Bytes stream = frame_of(Have{1});
  test::append(stream, frame_of(Have{2}));

  feed(stream);

  EXPECT_EQ(observer_.batches, 1);
}

TEST_F(PeerConnectionTest, LeavesTheRestOfALongReadToTheNextTurn) {
  open();
  observer_.batches = 0;
  Bytes stream;
  for (std::uint32_t i = 0; i < 200; ++i) {
    expect(i * kBlock);
    test::append(stream, block(i * kBlock));
  }
  reactor_.feed(fd_, stream);

  turn();
  auto const after_one = observer_.events.size();
  turns();

  EXPECT_LT(after_one, 3 * limits::kReadBudgetBytes / kBlock);  // one read, and the deferred one
  EXPECT_EQ(observer_.events.size(), 200u);
  EXPECT_GE(observer_.batches, 3);
}

TEST_F(PeerConnectionTest, WritesOnceATurnInTheOrderSent) {
  open();
  auto const payload = content_of(1, 0, kBlock);
  auto const owner = std::make_shared<Bytes>(payload);
  peer_->send(Unchoke{});
  peer_->send_block({1, 0, kBlock}, SendBytes{owner, owner->data()});
  peer_->send(Have{4});
  EXPECT_TRUE(socket().output.empty());
  turns();

  Bytes expected = frame_of(Unchoke{});
  test::append(expected, block_frame(1, 0, payload));
  test::append(expected, frame_of(Have{4}));
  EXPECT_EQ(socket().output, expected);
  EXPECT_EQ(peer_->traffic().payload_sent, kBlock);
}

TEST_F(PeerConnectionTest, GoesOnWritingWhenTheSocketTakesMoreAndTellsThatItDrained) {
  open();
  socket().takes = 1000;
  auto const owner = std::make_shared<Bytes>(Bytes(500'000));
  peer_->send_block({1, 0, 500'000}, SendBytes{owner, owner->data()});
  turns();
  EXPECT_EQ(socket().output.size(), 1000u);
  EXPECT_TRUE(observer_.events.empty());
  reactor_.drain(fd_, 300'000);
  turns();
  EXPECT_EQ(observer_.events, Events{"drained"});
  reactor_.drain(fd_, 300'000);
  turns();

  EXPECT_EQ(socket().output.size(), 500'013u);
  EXPECT_EQ(observer_.events, (Events{"drained", "drained"}));  // to the mark, then to the end
}

}  // namespace
}  // namespace btfast::net
