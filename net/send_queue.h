// SendQueue: what waits to be written to one peer, in order: control bytes and
// references to payload, gathered into few large writes.
//
// Threads:   the connection's net thread.
// Ownership: keeps payload alive until it is written or taken back.
// Bound:     its owner's: bytes() tells how much waits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/flat_queue.h"
#include "net/reactor.h"
#include "net/wire/message.h"

namespace btfast::net {

// Payload to send that stays alive while it is queued.
using SendBytes = std::shared_ptr<std::byte const>;

class SendQueue {
 public:
  // Below this an uploader that has to wait for the disk tops the queue up.
  static constexpr std::size_t kLowWater = 256 * 1024;
  // In one write() call, for other connections of the turn to have theirs.
  static constexpr std::size_t kWriteBudget = 1024 * 1024;

  struct Result {
    enum class Kind : std::uint8_t { kEmpty, kWouldBlock, kBudgetSpent, kError };
    Kind kind = Kind::kEmpty;
    std::size_t bytes = 0;
    std::size_t payload_bytes = 0;
    int sys_errno = 0;
  };

  void add_bytes(std::span<std::byte const> control);
  void add_message(Message const& message);
  void add_block(PieceHeader const& header, SendBytes bytes);
  // Takes a block back that is not begun to be written; false when there is none.
  bool remove_block(PieceHeader const& header);

  std::size_t bytes() const noexcept { return bytes_; }
  bool empty() const noexcept { return bytes_ == 0; }
  // True once after the queue fell to the low-water mark from above it, and once after the
  // last of its blocks left and it is empty.
  bool take_drained() noexcept;

  // Writes until the queue is empty, the socket takes no more, or the budget is spent.
  Result write(Reactor& reactor, int fd);
  void clear() noexcept;

 private:
  // Either control bytes, which stand in control_ in the same order, or one block.
  struct Segment {
    std::array<std::byte, kPieceHeaderBytes> header;
    SendBytes payload;  // null: control bytes
    std::size_t size = 0;
    std::size_t sent = 0;
  };
  static constexpr std::size_t kVectors = 64;  // 512 KiB a call: acknowledgements get in between

  void note_added(std::size_t bytes) noexcept;
  void note_control_added(std::size_t bytes);
  std::size_t fill(std::span<iovec> vectors) noexcept;
  // Returns how many of the bytes were payload.
  std::size_t consume(std::size_t written);
  void drop_control(std::size_t bytes);

  FlatQueue<Segment> segments_;
  std::vector<std::byte> control_;
  std::size_t control_head_ = 0;  // bytes before it are written
  std::size_t bytes_ = 0;
  bool above_low_water_ = false;
  bool held_blocks_ = false;  // since it was empty
};

}  // namespace btfast::net
