// FrameReader: cuts a peer's byte stream into messages, whatever pieces it comes in.
//
// A message that lies whole in the input is decoded where it lies; only one cut in
// two is collected.  Payload of blocks never passes through here: after kBlock the
// next `length` bytes of the stream are the caller's to take.
//
// Threads:   plain data, one owner.
// Ownership: spans in a Frame point into the input or into the reader, and live
//            until the next call.
// Bound:     collects at most one frame that FrameRules let in, and no faster than its
//            bytes come; skips what it does not know.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "net/wire/frame_rules.h"
#include "net/wire/message.h"

namespace btfast::net {

struct Frame {
  enum class Kind : std::uint8_t {
    kNeedMore,  // the input is used up
    kMessage,
    kBlock,      // `block.length` bytes of payload follow
    kMalformed,  // see complaint(); the stream cannot be followed any more
    kFlood,      // too many frames that say nothing
  };
  Kind kind = Kind::kNeedMore;
  Message message{};
  PieceHeader block{};
};

class FrameReader {
 public:
  // Keep-alives and unknown messages between two forgive_idle_frames().  An honest peer
  // sends a keep-alive in two minutes.
  static constexpr int kIdleFrames = 1'000;

  FrameReader() = default;
  explicit FrameReader(FrameRules rules) : rules_(std::move(rules)) {}

  // Takes bytes off the front of `in`.
  Frame next(std::span<std::byte const>& in);

  FrameRules& rules() noexcept { return rules_; }
  std::string const& complaint() const noexcept { return complaint_; }
  // Frames taken from the stream so far, of every sort.
  std::uint64_t frame_count() const noexcept { return frame_count_; }
  void forgive_idle_frames() noexcept { idle_frames_ = 0; }

  // For a caller that reads a head it foresees by itself.  Is the stream at a head, and
  // what of that head has come?
  bool at_head() const noexcept { return skip_ == 0 && body_length_ == 0; }
  std::span<std::byte const> partial_head() const noexcept {
    return std::span{head_}.first(head_size_);
  }
  // That head was a block's, and is taken.
  void take_block_head() noexcept {
    head_size_ = 0;
    ++frame_count_;
  }

 private:
  using Input = std::span<std::byte const>;

  bool fill_head(Input& in, std::size_t size) noexcept;
  void skip(Input& in) noexcept;
  Frame collect(Input& in);
  Frame read_block_head(Input& in);
  Frame read_body(Input& in, std::uint32_t length);
  Frame deliver(Input body);
  Frame malformed(std::string complaint);
  bool too_many_idle_frames() noexcept;
  void release_body() noexcept;

  FrameRules rules_;
  std::array<std::byte, kPieceHeaderBytes> head_{};
  std::size_t head_size_ = 0;
  std::uint32_t skip_ = 0;         // bytes left of a frame nobody wants
  std::uint32_t body_length_ = 0;  // of the frame being collected; 0: none
  std::vector<std::byte> body_;
  int idle_frames_ = 0;
  std::uint64_t frame_count_ = 0;
  std::string complaint_;
};

}  // namespace btfast::net
