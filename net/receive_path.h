// ReceivePath: everything between a peer's socket and whole messages and blocks.
//
// Answers come in the order asked, so a read goes to [13-byte header][destination]
// for up to limits::kReadvBlocks expected blocks at once and each header is compared
// with the one foreseen.  At the first that differs (a HAVE, a reject, another block)
// all that follows is gathered in stream order and parsed by FrameReader.
//
// Threads:   the connection's net thread.
// Ownership: destinations are the expecting side's, and exclusively this connection's
//            while a block is expected: what they hold before the block is announced is
//            undefined, for a wrong guess writes other bytes there.
// Bound:     nothing per block; one frame (FrameReader), one block that nobody expects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "net/expected_blocks.h"
#include "net/partial_payload.h"
#include "net/prediction_gate.h"
#include "net/reactor.h"
#include "net/wire/frame_reader.h"

namespace btfast::net {

class ScatterRead;

struct PeerTraffic {
  std::uint64_t bytes_received = 0;  // everything
  std::uint64_t bytes_sent = 0;
  std::uint64_t payload_received = 0;  // whole blocks only
  std::uint64_t payload_sent = 0;
  std::uint64_t read_calls = 0;
  std::uint64_t predicted_blocks = 0;  // arrived in place
  std::uint64_t mispredictions = 0;
};

class ReceivePath {
 public:
  // Any of these may call every function of the path but read().
  class Sink {
   public:
    virtual void on_message(Message const& message) = 0;
    virtual void on_block_in_place(PieceHeader const& block) = 0;
    virtual void on_block_bytes(PieceHeader const& block, std::span<std::byte const> bytes) = 0;

   protected:
    ~Sink() = default;
  };

  struct Result {
    enum class Kind : std::uint8_t {
      kBytes,  // and there may be more
      kWouldBlock,
      kEnd,
      kError,
      kMalformed,  // see complaint()
      kFlood,
    };
    Kind kind = Kind::kWouldBlock;
    std::size_t bytes = 0;
    int sys_errno = 0;
    bool drained = false;  // as IoResult's
  };

  ReceivePath(Reactor& reactor, Sink& sink, PeerTraffic& traffic)
      : reactor_(reactor), sink_(sink), traffic_(traffic) {}

  // The handshake is over: what follows is frames.
  void start(FrameRules rules) { frames_ = FrameReader{std::move(rules)}; }
  // One read, and everything that came with it.
  Result read(int fd);
  // Nothing is announced and no destination written any more.
  void stop() noexcept;

  void expect(ExpectedBlock const& block) { expected_.push(block); }
  // As PeerConnection::forget_block().
  bool forget(std::uint32_t piece, std::uint32_t begin);
  void forget_all();

  // Blocks expected, the one that is coming included.
  std::size_t expected_blocks() const noexcept {
    return expected_.in_order().size() + (payload_.active() ? 1 : 0);
  }
  FrameReader& frames() noexcept { return frames_; }
  std::string const& complaint() const noexcept { return frames_.complaint(); }

 private:
  std::size_t foresee(ScatterRead& read) noexcept;
  Result handle(ScatterRead& read, std::size_t foreseen);
  void take_foreseen(ScatterRead& read, std::size_t foreseen);
  Result parse(std::span<std::byte const> in);
  void take_payload(std::span<std::byte const>& in);
  void begin_block(PieceHeader const& header, std::span<std::byte const>& in);
  void finish_payload();
  void announce_in_place(PieceHeader const& block);
  void announce_bytes(PieceHeader const& block, std::span<std::byte const> bytes);
  void leave_destinations();

  Reactor& reactor_;
  Sink& sink_;
  PeerTraffic& traffic_;
  FrameReader frames_;
  ExpectedBlocks expected_;
  PartialPayload payload_;  // of the block whose header has come, while bytes are missing
  PredictionGate gate_;
  ScatterRead* current_ = nullptr;  // while its bytes are handled
  bool stopped_ = false;
};

}  // namespace btfast::net
