#include "net/wire/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/byte_io.h"
#include "engine/base/limits.h"

namespace btfast::net {
namespace {

constexpr std::size_t kPrefixBytes = 4;
constexpr std::size_t kPrefixAndId = 5;
// What a connection may keep between two frames; a larger buffer goes back to the heap.
constexpr std::size_t kBodyKept = 1024;

using Verdict = FrameRules::Verdict;

}  // namespace

Frame FrameReader::next(Input& in) {
  release_body();
  for (;;) {
    skip(in);
    if (in.empty()) return {};
    if (body_length_ != 0) return collect(in);
    if (!fill_head(in, kPrefixBytes)) return {};
    std::uint32_t const length = load_be32(head_.data());
    if (length == 0) {
      head_size_ = 0;
      if (too_many_idle_frames()) return {.kind = Frame::Kind::kFlood};
      continue;
    }
    if (length > limits::kMessageBytes) return malformed("frame of " + std::to_string(length));
    if (!fill_head(in, kPrefixAndId)) return {};

    auto const id = std::to_integer<std::uint8_t>(head_[kPrefixBytes]);
    Verdict const verdict = rules_.judge_head(id, length);
    if (verdict == Verdict::kRefuse) return malformed(rules_.complaint());
    if (verdict == Verdict::kRead) {
      return id == PieceHeader::kId ? read_block_head(in) : read_body(in, length);
    }
    head_size_ = 0;
    skip_ = length - 1;
    if (too_many_idle_frames()) return {.kind = Frame::Kind::kFlood};
  }
}

bool FrameReader::fill_head(Input& in, std::size_t size) noexcept {
  if (head_size_ < size) {
    std::size_t const taken = std::min(size - head_size_, in.size());
    std::copy_n(in.begin(), taken, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
    head_size_ += taken;
    in = in.subspan(taken);
  }
  return head_size_ >= size;
}

void FrameReader::skip(Input& in) noexcept {
  std::size_t const skipped = std::min<std::size_t>(skip_, in.size());
  skip_ -= static_cast<std::uint32_t>(skipped);
  in = in.subspan(skipped);
}

Frame FrameReader::read_block_head(Input& in) {
  if (!fill_head(in, kPieceHeaderBytes)) return {};
  head_size_ = 0;
  ++frame_count_;
  PieceHeader const block{.piece = load_be32(head_.data() + 5),
                          .begin = load_be32(head_.data() + 9),
                          .length = load_be32(head_.data()) - 9};
  if (rules_.judge(block) == Verdict::kRefuse) return malformed(rules_.complaint());
  return {.kind = Frame::Kind::kBlock, .block = block};
}

Frame FrameReader::read_body(Input& in, std::uint32_t length) {
  head_size_ = 0;
  std::size_t const payload = length - 1;
  if (in.size() >= payload) {
    // The id was taken from this same input just now, so it stands right before it.
    Input const body{in.data() - 1, length};
    in = in.subspan(payload);
    return deliver(body);
  }
  body_.push_back(head_[kPrefixBytes]);
  body_length_ = length;
  return collect(in);
}

Frame FrameReader::collect(Input& in) {
  std::size_t const taken = std::min<std::size_t>(body_length_ - body_.size(), in.size());
  body_.insert(body_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(taken));
  in = in.subspan(taken);
  if (body_.size() < body_length_) return {};
  body_length_ = 0;
  return deliver(body_);
}

Frame FrameReader::deliver(Input body) {
  ++frame_count_;
  auto const message = decode_message(body);
  if (!message) return malformed("message that does not decode");
  if (rules_.judge(*message) == Verdict::kRefuse) return malformed(rules_.complaint());
  return {.kind = Frame::Kind::kMessage, .message = *message};
}

Frame FrameReader::malformed(std::string complaint) {
  complaint_ = std::move(complaint);
  return {.kind = Frame::Kind::kMalformed};
}

bool FrameReader::too_many_idle_frames() noexcept {
  ++frame_count_;
  return ++idle_frames_ > kIdleFrames;
}

void FrameReader::release_body() noexcept {
  if (body_length_ != 0) return;  // still being collected
  if (body_.capacity() > kBodyKept) {
    std::vector<std::byte>{}.swap(body_);
  } else {
    body_.clear();
  }
}

}  // namespace btfast::net
