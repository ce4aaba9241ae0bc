// FrameRules: what a peer may send, judged from the frame's head alone (its length
// prefix and id) before a byte of its payload is kept, and then from the message.
//
// Ids of no message of ours are skipped, as BEP 3 peers expect of each other.  A bitfield,
// have all and have none may come at any time, unlike in BEP 3 and BEP 6: aria2 and
// WebTorrent send them so.  Whoever knows what the peer said before judges whether they take
// anything back.
//
// Threads: plain data, one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/wire/message.h"

namespace btfast::net {

class FrameRules {
 public:
  enum class Verdict : std::uint8_t { kRead, kSkip, kRefuse };

  FrameRules() = default;
  // `piece_count` 0: not known yet, so indices and bitfields are held to the largest torrent.
  FrameRules(std::uint32_t piece_count, bool fast_extension, bool extension_protocol) noexcept
      : piece_count_(piece_count),
        fast_extension_(fast_extension),
        extension_protocol_(extension_protocol) {}

  void set_piece_count(std::uint32_t piece_count) noexcept { piece_count_ = piece_count; }

  // `length` is the length prefix: the id and the payload.
  Verdict judge_head(std::uint8_t id, std::uint32_t length);
  // kRead or kRefuse.
  Verdict judge(Message const& message);
  Verdict judge(PieceHeader const& block);

  // What was wrong, after kRefuse: "have: piece 4000 of 12".
  std::string const& complaint() const noexcept { return complaint_; }

 private:
  Verdict refuse(std::string_view name, std::string_view what);
  Verdict judge_piece(std::string_view name, std::uint32_t piece);
  Verdict judge_bits(BitfieldMessage const& bitfield);

  std::uint32_t piece_count_ = 0;
  bool fast_extension_ = false;
  bool extension_protocol_ = false;
  std::string complaint_;
};

}  // namespace btfast::net
