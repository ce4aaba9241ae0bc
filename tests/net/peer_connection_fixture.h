// PeerConnectionFixture: one PeerConnection on a scripted socket and a clock moved by
// hand, with an observer that writes down what it hears.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/limits.h"
#include "net/peer_connection.h"
#include "tests/support/receive_recorder.h"
#include "tests/support/scripted_reactor.h"

namespace btfast::test {

class RecordingObserver final : public net::PeerObserver {
 public:
  void on_torrent_named(net::PeerConnection& peer, InfoHash const& torrent) override {
    named = torrent;
    if (when_named) when_named(peer);
  }
  void on_handshake(net::PeerConnection& peer, net::Handshake const& theirs) override {
    handshake = theirs;
    note("handshake");
    if (when_handshake) when_handshake(peer);
  }
  void on_message(net::PeerConnection& peer, net::Message const& message) override {
    note(std::string{net::message_name(message)});
    if (when_message) when_message(peer);
  }
  void on_block_in_place(net::PeerConnection& peer, net::PieceHeader const& block) override {
    note("in place " + std::to_string(block.begin));
    if (when_block) when_block(peer);
  }
  void on_block_bytes(net::PeerConnection& peer, net::PieceHeader const& block,
                      std::span<std::byte const>) override {
    note("bytes " + std::to_string(block.begin));
    if (when_block) when_block(peer);
  }
  void on_read_batch_end(net::PeerConnection& peer) override {
    EXPECT_FALSE(closed) << "batch end after on_closed";
    ++batches;
    if (when_batch_end) when_batch_end(peer);
  }
  void on_send_drained(net::PeerConnection& peer) override {
    note("drained");
    if (when_drained) when_drained(peer);
  }
  void on_closed(net::PeerConnection&, net::CloseReason reason, std::string_view text) override {
    EXPECT_FALSE(closed) << "on_closed twice";
    closed = reason;
    detail = text;
  }

  std::vector<std::string> events;
  std::optional<InfoHash> named;
  std::optional<net::Handshake> handshake;
  std::optional<net::CloseReason> closed;
  std::string detail;
  int batches = 0;
  std::function<void(net::PeerConnection&)> when_named, when_handshake, when_message, when_block,
      when_batch_end, when_drained;

 private:
  void note(std::string event) {
    EXPECT_FALSE(closed) << event << " after on_closed";
    events.push_back(std::move(event));
  }
};

class PeerConnectionFixture : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kPieces = 100;

  static net::Handshake handshake_of(int who) {
    net::Handshake handshake;
    handshake.info_hash.fill(std::byte{0x11});
    handshake.peer_id.fill(static_cast<std::byte>(who));
    handshake.fast_extension = handshake.extension_protocol = true;
    return handshake;
  }
  net::Handshake const ours_ = handshake_of(1);
  net::Handshake const theirs_ = handshake_of(2);
  net::PeerTimes times_;  // of the next connection

  // An incoming connection whose observer answers the handshake.
  void accept() {
    observer_.when_handshake = [this](auto& peer) { peer.open(kPieces, ours_, observer_); };
    fd_ = reactor_.open();
    auto peer = net::PeerConnection::accept(loop_, {fd_, net::Endpoint::ipv4({10, 0, 0, 2}, 999)},
                                            observer_, times_);
    ASSERT_TRUE(peer);
    peer_ = std::move(*peer);
  }
  void connect() {
    observer_.when_handshake = [this](auto& peer) { peer.open(kPieces, ours_, observer_); };
    auto peer = net::PeerConnection::connect(loop_, net::Endpoint::ipv4({10, 0, 0, 2}, 999), {},
                                             ours_, observer_, times_);
    ASSERT_TRUE(peer);
    peer_ = std::move(*peer);
    fd_ = reactor_.last_connected();
  }
  // Accepted, and both handshakes are over.
  void open() {
    accept();
    feed(net::encode_handshake(theirs_));
    ASSERT_TRUE(observer_.handshake);
    socket().output.clear();
    observer_.events.clear();
  }

  ScriptedReactor::Socket& socket() { return reactor_.socket(fd_); }
  void turn() { loop_.run_turn(Duration::zero()); }
  void turns() {
    for (int i = 0; i < 10; ++i) turn();
  }
  void feed(std::span<std::byte const> bytes) {
    reactor_.feed(fd_, bytes);
    turns();
  }
  void feed(net::Message const& message) { feed(frame_of(message)); }
  // Lets time pass in steps of a second.
  void pass(std::chrono::seconds time) {
    for (auto s = std::chrono::seconds{0}; s < time; ++s) {
      clock_.advance(std::chrono::seconds{1});
      turn();
    }
  }

  ManualClock clock_;
  ScriptedReactor reactor_;
  net::EventLoop loop_{reactor_, clock_};
  RecordingObserver observer_;
  std::unique_ptr<net::PeerConnection> peer_;
  int fd_ = -1;
};

}  // namespace btfast::test
