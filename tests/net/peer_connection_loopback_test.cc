// Two connections talk over a real socket of this machine, with its reactor.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "engine/base/limits.h"
#include "net/peer_connection.h"
#include "tests/net/peer_connection_fixture.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

constexpr std::uint32_t kBlock = limits::kBlockSize;
constexpr std::uint32_t kBlocksPerPiece = 16;

Handshake handshake_of(int who) {
  Handshake handshake;
  handshake.peer_id.fill(static_cast<std::byte>(who));
  handshake.fast_extension = handshake.extension_protocol = true;
  return handshake;
}

class PeerConnectionLoopback : public test::LoopFixture {
 protected:
  PeerConnectionLoopback() {
    listener_ = *reactor_->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 5);
    server_seen_.when_handshake = [this](auto& peer) {
      peer.open(kPieces, handshake_of(1), server_seen_);
    };
    client_seen_.when_handshake = [this](auto& peer) {
      peer.open(kPieces, handshake_of(2), client_seen_);
    };
  }
  ~PeerConnectionLoopback() override {
    client_.reset();
    server_.reset();
    reactor_->close(listener_);
  }

  void meet() {
    auto client = PeerConnection::connect(loop_, reactor_->local_endpoint(listener_), {},
                                          handshake_of(2), client_seen_);
    ASSERT_TRUE(client);
    client_ = std::move(*client);
    ASSERT_TRUE(run_until([&] {
      auto accepted = reactor_->accept(listener_);
      if (accepted) {
        fd_ = accepted->fd;
        server_ = std::move(*PeerConnection::accept(loop_, *accepted, server_seen_));
      }
      return accepted.has_value();
    }));
    ASSERT_TRUE(run_until([&] { return client_seen_.handshake && server_seen_.handshake; }));
  }

  static constexpr std::uint32_t kPieces = 128;
  int listener_ = -1;
  int fd_ = -1;  // the server's
  test::RecordingObserver client_seen_;
  test::RecordingObserver server_seen_;
  std::unique_ptr<PeerConnection> client_;
  std::unique_ptr<PeerConnection> server_;
};

TEST_F(PeerConnectionLoopback, ExchangesHandshakes) {
  meet();

  EXPECT_EQ(client_seen_.handshake, handshake_of(1));
  EXPECT_EQ(server_seen_.handshake, handshake_of(2));
  EXPECT_EQ(server_->remote(), client_->local());
  EXPECT_TRUE(server_->incoming());
}

TEST_F(PeerConnectionLoopback, MovesManyBlocksEachToItsPlace) {
  meet();
  constexpr std::uint32_t kBlocks = kPieces * kBlocksPerPiece;  // 32 MiB
  std::vector<std::byte> received(std::size_t{kBlocks} * kBlock);
  auto const sent = std::make_shared<test::Bytes>(test::pattern(0, received.size()));
  std::uint32_t next = 0;
  auto const header = [](std::uint32_t block) {
    return PieceHeader{block / kBlocksPerPiece, block % kBlocksPerPiece * kBlock, kBlock};
  };
  auto const top_up = [&](PeerConnection& peer) {
    for (; next < kBlocks && peer.send_queue_bytes() < 1024 * 1024; ++next) {
      peer.send_block(header(next), SendBytes{sent, sent->data() + std::size_t{next} * kBlock});
    }
  };
  server_seen_.when_drained = top_up;
  for (std::uint32_t i = 0; i < kBlocks; ++i) {
    auto const h = header(i);
    client_->expect_block({h.piece, h.begin, kBlock, received.data() + std::size_t{i} * kBlock});
  }

  top_up(*server_);

  EXPECT_TRUE(run_until([&] { return client_->traffic().payload_received == received.size(); }));
  EXPECT_EQ(received, *sent);
  EXPECT_EQ(client_->traffic().predicted_blocks, kBlocks);
  EXPECT_EQ(server_->traffic().payload_sent, received.size());
}

TEST_F(PeerConnectionLoopback, HearsThatThePeerLeft) {
  meet();
  server_->send(Have{3});
  loop_.run_turn(Duration::zero());
  server_->close(CloseReason::kShutdown);

  EXPECT_TRUE(run_until([&] { return client_seen_.closed.has_value(); }));
  EXPECT_EQ(client_seen_.closed, CloseReason::kPeerClosed);
  EXPECT_EQ(client_seen_.events.back(), "have");
}

TEST_F(PeerConnectionLoopback, HearsThatThePeerResetTheConnection) {
  meet();
  linger const at_once{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  server_->close(CloseReason::kShutdown);

  EXPECT_TRUE(run_until([&] { return client_seen_.closed.has_value(); }));
  EXPECT_EQ(client_seen_.closed, CloseReason::kPeerClosed);
}

TEST_F(PeerConnectionLoopback, HearsThatNobodyListens) {
  auto const nobody = reactor_->local_endpoint(listener_);
  reactor_->close(listener_);
  auto client = PeerConnection::connect(loop_, nobody, {}, handshake_of(2), client_seen_);
  // A refusal may come at once or later.
  if (client) {
    client_ = std::move(*client);
    EXPECT_TRUE(run_until([&] { return client_seen_.closed.has_value(); }));
    EXPECT_EQ(client_seen_.closed, CloseReason::kConnectFailed);
  } else {
    EXPECT_EQ(client.error().code, Errc::kConnectRefused);
  }
  listener_ = *reactor_->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 5);
}

}  // namespace
}  // namespace btfast::net
