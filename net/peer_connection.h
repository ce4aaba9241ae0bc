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
// Ownership: owns the socket.  The destination of an expected block must stay valid, and
//            nobody else's to write, until on_block_in_place, forget_block(),
//            forget_all_blocks() or on_closed; until then what it holds is undefined, for a
//            header foreseen wrongly lets other bytes of this peer land there.
//            Destroy it only from a task deferred after close(): tasks it deferred itself
//            run before that one.
// Bound:     what it buffers: one frame (limits::kMessageBytes, by id far less) and
//            what its owner sends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/base/expected.h"
#include "engine/base/types.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/expected_blocks.h"
#include "net/peer_observer.h"
#include "net/peer_timeouts.h"
#include "net/read_batching.h"
#include "net/receive_path.h"
#include "net/send_queue.h"
#include "net/wire/handshake.h"
#include "net/wire/message.h"

namespace btfast::net {

class PeerConnection final : public EventHandler,
                             private ReceivePath::Sink,
                             private PeerTimeouts::Sink {
 public:
  // Starts connecting; the handshake goes out when connected.
  static Expected<std::unique_ptr<PeerConnection>> connect(EventLoop& loop, Endpoint const& remote,
                                                           Endpoint const& local,
                                                           Handshake const& ours,
                                                           PeerObserver& observer,
                                                           PeerTimes const& times = {});
  // Takes over an accepted socket and waits for the peer's handshake.
  static Expected<std::unique_ptr<PeerConnection>> accept(EventLoop& loop, Accepted accepted,
                                                          PeerObserver& observer,
                                                          PeerTimes const& times = {});
  ~PeerConnection() override;

  // From on_torrent_named: `ours` goes out before the peer's handshake is whole.
  void answer(Handshake const& ours);
  // From on_handshake: frames flow from now on, bitfields are piece_count bits long, and
  // `observer` hears of them.  An incoming connection that was not answered sends `ours` first.
  // A piece_count of 0 is "not known yet" (a magnet link): see learn_piece_count().
  void open(std::uint32_t piece_count, Handshake const& ours, PeerObserver& observer);
  // What the peer said before is not judged again.
  void learn_piece_count(std::uint32_t piece_count);
  void close(CloseReason reason, std::string_view detail = {});
  bool closed() const noexcept { return state_ == State::kClosed; }

  // -- sending: queued, and written at the end of the loop's turn.
  void send(Message const& message);
  void send_block(PieceHeader const& header, SendBytes bytes);
  // Writes what is queued now; false when the socket takes nothing.
  bool send_now();
  // Blocks not yet begun to be sent are dropped; the caller rejects them as BEP 6 says.
  // Returns whether the block was still queued.
  bool unsend_block(PieceHeader const& header);
  // on_send_drained tells when this has fallen to SendQueue::kLowWater, and when it is 0.
  std::size_t send_queue_bytes() const noexcept { return sending_.bytes(); }

  // -- receiving
  // In the order of the requests sent.
  void expect_block(ExpectedBlock const& block);
  // The destination is not written to after this; the block, if it still comes, is
  // on_block_bytes.  False when it was not expected.
  bool forget_block(std::uint32_t piece, std::uint32_t begin);
  void forget_all_blocks();

  Endpoint const& remote() const noexcept { return remote_; }
  Endpoint local() const noexcept { return local_; }
  bool incoming() const noexcept { return incoming_; }
  PeerTraffic const& traffic() const noexcept { return traffic_; }
  // A system call; the maximum where the system does not know.
  Duration path_rtt() const noexcept { return loop_.reactor().path_rtt(fd_); }

  // The observer's own mark, to find its state for this connection.
  void set_user_slot(std::uint32_t slot) noexcept { user_slot_ = slot; }
  std::uint32_t user_slot() const noexcept { return user_slot_; }

  void on_event(ReactorEvent const& event) override;

 private:
  enum class State : std::uint8_t { kConnecting, kHandshake, kFrames, kClosed };

  PeerConnection(EventLoop& loop, int fd, Endpoint const& remote, PeerObserver& observer,
                 PeerTimes const& times);

  // ReceivePath::Sink
  void on_message(Message const& message) override;
  void on_block_in_place(PieceHeader const& block) override;
  void on_block_bytes(PieceHeader const& block, std::span<std::byte const> bytes) override;
  // PeerTimeouts::Sink
  void on_timeout(CloseReason reason) override;
  void on_keep_alive_due() override;

  Status start_watch();
  void release() noexcept;
  void on_connect_event();
  // Reading.
  void read_turn();
  bool read_some(std::size_t& budget);
  bool read_handshake();
  bool note_torrent();
  void take_handshake();
  void note_received(std::size_t bytes);
  bool end_of_input(ReceivePath::Result const& result);
  void schedule_read();
  void batch_reads(std::size_t bytes);
  void apply_low_water();
  void on_batch_overdue();
  // Writing.
  void schedule_flush();
  SendQueue::Result write();
  void flush();
  void lost_on_write(int err);

  // Immutable after construction.
  EventLoop& loop_;
  Endpoint const remote_;
  // Net thread only.
  PeerObserver* observer_;
  int fd_;
  Watch watch_;
  State state_ = State::kConnecting;
  bool incoming_ = false;
  bool torrent_named_ = false;
  bool answered_ = false;  // our handshake is sent, or about to be
  bool writable_ = false;  // the socket took all of the last write
  bool reading_ = false;   // within read_turn()
  bool read_scheduled_ = false;
  bool input_ended_ = false;  // an event said so; what is left is still to be read
  bool flush_scheduled_ = false;
  std::uint32_t user_slot_ = 0;
  Endpoint local_;
  PeerTraffic traffic_;
  ReceivePath receive_;
  SendQueue sending_;
  PeerTimeouts timeouts_;
  ReadBatching batching_;
  Timer batch_timer_;  // armed while events wait for more than a byte
  Handshake ours_;
  Handshake theirs_;
  std::array<std::byte, kHandshakeBytes> handshake_{};
  std::size_t handshake_size_ = 0;
  TimePoint last_receive_;
  std::uint64_t progress_frames_ = 0;  // at the last progress
  std::uint64_t progress_bytes_ = 0;
  TimePoint flood_window_end_;
};

}  // namespace btfast::net
