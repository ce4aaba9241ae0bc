// SimPeer: the other side of the wire, played by a test in a SimWorld: it says what it is
// told to, and notes what it hears as lines such as "request 3 16384 16384".
//
// Threads:   one.
// Ownership: the test's; it must outlive the world's last turn.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/event_loop.h"
#include "net/wire/frame_reader.h"
#include "net/wire/handshake.h"
#include "net/wire/message.h"
#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {

class SimPeer final : public net::EventHandler {
 public:
  // `id`: each of its bytes.
  SimPeer(net::SimNetwork& network, net::Endpoint const& address, TestTorrent const& torrent,
          std::uint8_t id);
  ~SimPeer() override;
  SimPeer(SimPeer const&) = delete;
  SimPeer& operator=(SimPeer const&) = delete;

  net::EventLoop& loop() { return loop_; }
  net::Handshake& handshake() { return ours_; }            // to change before it connects
  net::Endpoint endpoint() const;                          // where it listens, if it does
  net::Endpoint const& remote() const { return remote_; }  // of the last it accepted

  // Waits for one connection; each further one is only counted.
  void listen();
  void connect(net::Endpoint const& remote);
  void close();

  // Once the handshake has gone out: written at once.
  void say(net::Message const& message);
  void say_pieces(std::vector<std::uint32_t> const& pieces);  // a bitfield
  void say_block(BlockRange const& range);
  void say_block(net::Request const& request);
  void say_wrong_block(net::Request const& request);
  void say_bytes(std::span<std::byte const> bytes);

  // Called for each message, after it was noted.
  void on_message(std::function<void(net::Message const&)> hook) { hook_ = std::move(hook); }
  // Called when their handshake came: what to say on each connection.
  void on_greeting(std::function<void()> hook) { greeting_ = std::move(hook); }
  // From now on every request is answered with the right bytes; what waits, too.
  void serve();
  void stop_serving() { serving_ = false; }

  bool greeted() const { return greeted_; }  // their handshake came
  net::Handshake const& theirs() const { return theirs_; }
  bool closed() const { return closed_; }  // they ended it
  int connections() const { return connections_; }
  std::vector<std::string> const& heard() const { return heard_; }
  bool has_heard(std::string_view line) const { return times_heard(line) > 0; }
  // Lines that start so.
  std::size_t times_heard(std::string_view start) const;
  // Every request heard, in order.
  std::vector<net::Request> const& requests() const { return requests_; }
  std::uint64_t block_bytes() const { return block_bytes_; }
  // A block came with other bytes than the torrent's.
  bool misled() const { return misled_; }

 private:
  void on_event(net::ReactorEvent const& event) override;
  void accept();
  void watch_stream(int fd);
  void on_readable();
  void take(std::span<std::byte const> bytes);
  void take_handshake(std::span<std::byte const>& in);
  void take_block(std::span<std::byte const>& in);
  void note(net::Message const& message);
  void write();

  net::SimReactor reactor_;
  net::EventLoop loop_;
  TestTorrent const torrent_;
  net::Handshake ours_;
  net::Handshake theirs_;
  net::Endpoint remote_;
  int listener_ = -1;
  int fd_ = -1;
  net::Watch listen_watch_;
  net::Watch watch_;
  bool greeted_ = false;
  bool closed_ = false;
  bool serving_ = false;
  bool misled_ = false;
  int connections_ = 0;
  std::vector<std::byte> handshake_;
  net::FrameReader frames_;
  net::PieceHeader block_;  // whose payload is coming
  std::vector<std::byte> payload_;
  std::uint64_t block_bytes_ = 0;
  std::vector<std::byte> unsent_;
  std::vector<std::string> heard_;
  std::vector<net::Request> requests_;
  std::function<void(net::Message const&)> hook_;
  std::function<void()> greeting_;
};

}  // namespace btfast::test
