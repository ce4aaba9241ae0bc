#include "net/send_queue.h"

#include <algorithm>
#include <utility>

namespace btfast::net {
namespace {

// A gathered write does not write through its vectors.
iovec vector_of(std::byte const* from, std::size_t size) noexcept {
  return {const_cast<std::byte*>(from), size};
}

}  // namespace

void SendQueue::add_bytes(std::span<std::byte const> control) {
  control_.insert(control_.end(), control.begin(), control.end());
  note_control_added(control.size());
}

void SendQueue::add_message(Message const& message) {
  std::size_t const before = control_.size();
  encode_message(message, control_);
  note_control_added(control_.size() - before);
}

void SendQueue::note_control_added(std::size_t bytes) {
  bool const extends = !segments_.empty() && segments_.back().payload == nullptr;
  if (!extends) segments_.push_back(Segment{});
  segments_.back().size += bytes;
  note_added(bytes);
}

void SendQueue::add_block(PieceHeader const& header, SendBytes bytes) {
  std::size_t const size = kPieceHeaderBytes + header.length;
  segments_.push_back({piece_header_bytes(header), std::move(bytes), size, 0});
  held_blocks_ = true;
  note_added(size);
}

void SendQueue::note_added(std::size_t bytes) noexcept {
  bytes_ += bytes;
  above_low_water_ = above_low_water_ || bytes_ > kLowWater;
}

bool SendQueue::remove_block(PieceHeader const& header) {
  auto const wanted = piece_header_bytes(header);
  auto const segments = segments_.items();
  auto const found = std::find_if(segments.begin(), segments.end(), [&](Segment const& s) {
    return s.payload != nullptr && s.sent == 0 && s.header == wanted;
  });
  if (found == segments.end()) return false;
  bytes_ -= found->size;
  segments_.erase(static_cast<std::size_t>(found - segments.begin()));
  return true;
}

bool SendQueue::take_drained() noexcept {
  bool const low = above_low_water_ && bytes_ <= kLowWater;
  bool const all_sent = held_blocks_ && bytes_ == 0;
  if (low) above_low_water_ = false;
  if (all_sent) held_blocks_ = false;
  return low || all_sent;
}

SendQueue::Result SendQueue::write(Reactor& reactor, int fd) {
  Result result;
  std::array<iovec, kVectors> vectors;
  while (!empty()) {
    if (result.bytes >= kWriteBudget) {
      result.kind = Result::Kind::kBudgetSpent;
      return result;
    }
    std::size_t const count = fill(vectors);
    IoResult const io = reactor.write(fd, std::span{vectors}.first(count));
    if (io.kind == IoResult::Kind::kWouldBlock) {
      result.kind = Result::Kind::kWouldBlock;
      return result;
    }
    if (io.kind != IoResult::Kind::kBytes) {
      result.kind = Result::Kind::kError;
      result.sys_errno = io.sys_errno;
      return result;
    }
    result.bytes += io.bytes;
    result.payload_bytes += consume(io.bytes);
  }
  return result;
}

std::size_t SendQueue::fill(std::span<iovec> vectors) noexcept {
  std::size_t count = 0;
  std::size_t control_at = control_head_;
  for (Segment const& segment : segments_.items()) {
    if (count + 2 > vectors.size()) break;
    std::size_t const rest = segment.size - segment.sent;
    if (segment.payload == nullptr) {
      vectors[count++] = vector_of(control_.data() + control_at, rest);
      control_at += rest;
      continue;
    }
    std::size_t const in_header = std::min(segment.sent, kPieceHeaderBytes);
    if (in_header < kPieceHeaderBytes) {
      vectors[count++] =
          vector_of(segment.header.data() + in_header, kPieceHeaderBytes - in_header);
    }
    std::size_t const in_payload = segment.sent - in_header;
    vectors[count++] = vector_of(segment.payload.get() + in_payload,
                                 segment.size - kPieceHeaderBytes - in_payload);
  }
  return count;
}

std::size_t SendQueue::consume(std::size_t written) {
  std::size_t payload = 0;
  bytes_ -= written;
  while (written > 0) {
    Segment& segment = segments_.front();
    std::size_t const here = std::min(segment.size - segment.sent, written);
    if (segment.payload == nullptr) {
      drop_control(here);
    } else {
      std::size_t const after = segment.sent + here;
      payload += std::max(after, kPieceHeaderBytes) - std::max(segment.sent, kPieceHeaderBytes);
    }
    segment.sent += here;
    written -= here;
    if (segment.sent == segment.size) segments_.pop_front();
  }
  return payload;
}

void SendQueue::drop_control(std::size_t bytes) {
  constexpr std::size_t kCompactAt = 4096;
  control_head_ += bytes;
  if (control_head_ == control_.size()) {
    control_.clear();
    control_head_ = 0;
  } else if (control_head_ >= kCompactAt && control_head_ > control_.size() / 2) {
    control_.erase(control_.begin(), control_.begin() + static_cast<std::ptrdiff_t>(control_head_));
    control_head_ = 0;
  }
}

void SendQueue::clear() noexcept {
  segments_.clear();
  control_.clear();
  control_head_ = 0;
  bytes_ = 0;
}

}  // namespace btfast::net
