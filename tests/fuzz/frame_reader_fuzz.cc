// A stream is cut into the same frames whether it comes whole or in small steps.
// The first two bytes of the input choose the step and what was negotiated.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/check.h"
#include "net/wire/frame_reader.h"

namespace btfast::net {
namespace {

using Bytes = std::vector<std::byte>;

// Every frame, encoded again, and how it ended.
Bytes frames_of(FrameRules const& rules, std::span<std::byte const> stream, std::size_t step) {
  FrameReader frames{rules};
  Bytes out;
  std::size_t payload = 0;
  while (!stream.empty()) {
    auto in = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(in.size());
    for (;;) {
      std::size_t const taken = std::min(payload, in.size());
      payload -= taken;
      in = in.subspan(taken);
      if (in.empty()) break;
      Frame const frame = frames.next(in);
      if (frame.kind == Frame::Kind::kNeedMore) break;
      out.push_back(static_cast<std::byte>(frame.kind));
      if (frame.kind == Frame::Kind::kMalformed) BTF_CHECK(!frames.complaint().empty());
      if (frame.kind == Frame::Kind::kMessage) {
        encode_message(frame.message, out);
      } else if (frame.kind == Frame::Kind::kBlock) {
        encode_piece_header(frame.block, out);
        payload = frame.block.length;
      } else {
        return out;
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {  // NOLINT
  if (size < 2) return 0;
  auto const stream = std::as_bytes(std::span{data, size}.subspan(2));
  FrameRules const rules{data[1] & 0x3Fu, (data[1] & 0x40) != 0, (data[1] & 0x80) != 0};
  BTF_CHECK(frames_of(rules, stream, stream.size()) == frames_of(rules, stream, data[0] + 1u));
  return 0;
}

}  // namespace btfast::net
