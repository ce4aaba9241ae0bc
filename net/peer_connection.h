// PeerConnection: one TCP connection that speaks the peer wire protocol (BEP 3, 6,
// 10): handshake, framing, time-outs, the send queue, and predicted scatter reads.
// It knows bytes, not torrents: what to ask and what to keep is its observer's.
//
// Receiving.  Answers come in the order asked, so the connection reads
// [13-byte header][payload straight into its destination] for up to
// limits::kReadvBlocks expected blocks in one readv.  A header that is not the
// expected one (a HAVE, a reject, another block) puts everything after it back in
// order in a scratch buffer and through the ordinary parser (net/wire/frame_reader.h).
//
// Threads:   its event loop's.
// Ownership: owns the socket.  The destination of an expected block must stay valid
//            until on_block_in_place, forget_block(), forget_all_blocks() or on_closed.
// Bound:     what it buffers: one frame (limits::kMessageBytes, by id far less) and
//            what its owner sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/peer_observer.h"
#include "net/wire/handshake.h"
#include "net/wire/message.h"

namespace btfast::net {

// A block asked for and where its payload goes.
struct ExpectedBlock {
  std::uint32_t piece = 0;
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::byte* destination = nullptr;
};

// Payload to send that stays alive while it is queued.
using SendBytes = std::shared_ptr<std::byte const>;

struct PeerTraffic {
  std::uint64_t bytes_received = 0;  // everything
  std::uint64_t bytes_sent = 0;
  std::uint64_t payload_received = 0;  // blocks only
  std::uint64_t payload_sent = 0;
  std::uint64_t read_calls = 0;
  std::uint64_t predicted_blocks = 0;  // arrived in place
  std::uint64_t mispredictions = 0;
};

class PeerConnection final : public EventHandler {
 public:
  // Starts connecting; the handshake goes out when connected.
  static Expected<std::unique_ptr<PeerConnection>> connect(EventLoop& loop, Endpoint const& remote,
                                                           Endpoint const& local,
                                                           Handshake const& ours,
                                                           PeerObserver& observer);
  // Takes over an accepted socket and waits for the peer's handshake.
  static Expected<std::unique_ptr<PeerConnection>> accept(EventLoop& loop, Accepted accepted,
                                                          PeerObserver& observer);
  ~PeerConnection() override;

  // From on_handshake: frames flow from now on, bitfields are piece_count bits long, and
  // `observer` hears of them.  An incoming connection sends `ours` first.
  void open(std::uint32_t piece_count, Handshake const& ours, PeerObserver& observer);
  void close(CloseReason reason, std::string_view detail = {});
  bool closed() const noexcept;

  // -- sending: queued, and written at the end of the loop's turn or when it grows large.
  void send(Message const& message);
  void send_block(PieceHeader const& header, SendBytes bytes);
  // Blocks not yet begun to be sent are dropped; the caller rejects them as BEP 6 says.
  // Returns whether the block was still queued.
  bool unsend_block(PieceHeader const& header);
  std::size_t send_queue_bytes() const noexcept;

  // -- receiving
  // In the order of the requests sent.
  void expect_block(ExpectedBlock const& block);
  // The destination is not written to after this; the block, if it still comes, is
  // on_block_bytes.  False when it was not expected.
  bool forget_block(std::uint32_t piece, std::uint32_t begin);
  void forget_all_blocks();
  // Back-pressure: stop reading from the socket, and go on.
  void pause_reading();
  void resume_reading();

  Endpoint const& remote() const noexcept;
  Endpoint local() const noexcept;
  bool incoming() const noexcept;
  PeerTraffic const& traffic() const noexcept;
  TimePoint last_receive() const noexcept;

  // The observer's own mark, to find its state for this connection.
  void set_user_slot(std::uint32_t slot) noexcept;
  std::uint32_t user_slot() const noexcept;

  void on_event(ReactorEvent const& event) override;

 private:
  struct Impl;  // receive, send and time-out parts each in a class of their own
  explicit PeerConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace btfast::net
