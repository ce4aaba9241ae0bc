#include "net/receive_path.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "net/scatter_read.h"

namespace btfast::net {

using Kind = ReceivePath::Result::Kind;

ReceivePath::Result ReceivePath::read(int fd) {
  BTF_DCHECK(current_ == nullptr);
  ScatterRead read;
  std::size_t const foreseen = foresee(read);

  IoResult const io = reactor_.read(fd, read.vectors());
  ++traffic_.read_calls;
  switch (io.kind) {
    case IoResult::Kind::kWouldBlock:
      return {Kind::kWouldBlock};
    case IoResult::Kind::kEnd:
      return {Kind::kEnd};
    case IoResult::Kind::kError:
      return {Kind::kError, 0, io.sys_errno};
    case IoResult::Kind::kBytes:
      break;
  }
  traffic_.bytes_received += io.bytes;
  read.filled(io.bytes);

  current_ = &read;
  Result result = handle(read, foreseen);
  current_ = nullptr;
  result.bytes = io.bytes;
  result.drained = io.drained;
  return result;
}

// Returns how many blocks were foreseen.
std::size_t ReceivePath::foresee(ScatterRead& read) noexcept {
  if (payload_.active()) {
    auto const missing = payload_.missing();
    read.add(missing.data(), missing.size());
  }
  if (!gate_.open()) gate_.note_plain();
  auto const blocks = expected_.in_order();
  auto const head = frames_.partial_head();
  bool const can = gate_.open() && frames_.at_head() && !blocks.empty();
  bool const head_fits = can && [&] {
    auto const first = piece_header_bytes(header_of(blocks.front()));
    return std::equal(head.begin(), head.end(), first.begin());
  }();

  std::size_t const foreseen = head_fits ? std::min(blocks.size(), limits::kReadvBlocks) : 0;
  for (std::size_t i = 0; i < foreseen; ++i) {
    auto const header = read.header(i).subspan(i == 0 ? head.size() : 0);
    read.add(header.data(), header.size());
    read.add(blocks[i].destination, blocks[i].length);
  }
  // With more blocks expected than one read takes, what follows is the next read's.
  if (foreseen == 0) read.add_tail(ScatterRead::kLinearBytes);
  if (foreseen > 0 && foreseen == blocks.size()) read.add_tail(ScatterRead::kTailBytes);
  return foreseen;
}

ReceivePath::Result ReceivePath::handle(ScatterRead& read, std::size_t foreseen) {
  if (payload_.active()) {
    std::size_t const came = std::min(payload_.missing().size(), read.left());
    payload_.advance(came);
    read.skip(came);
    if (payload_.whole()) finish_payload();
  }
  if (foreseen > 0 && read.left() > 0 && !stopped_) {
    std::size_t const before = read.left();
    take_foreseen(read, foreseen);
    std::size_t const otherwise = read.in_tail() ? 0 : read.left();
    gate_.note_foreseen(before - read.left(), otherwise);
  }
  if (stopped_ || read.left() == 0) return {Kind::kBytes};
  return parse(read.gather());
}

// Takes blocks as long as they come as foreseen; what is left is for the parser.
void ReceivePath::take_foreseen(ScatterRead& read, std::size_t foreseen) {
  std::size_t const head_size = frames_.partial_head().size();
  // A callback that forgets a block gathers what is left, and that ends the guess.
  for (std::size_t i = 0; i < foreseen && !stopped_ && !read.gathered(); ++i) {
    std::size_t const known = i == 0 ? head_size : 0;
    if (read.left() < kPieceHeaderBytes - known) return;
    ExpectedBlock const block = expected_.in_order().front();
    auto const expected_header = piece_header_bytes(header_of(block));
    auto const header = read.header(i);
    if (std::memcmp(header.data() + known, expected_header.data() + known,
                    kPieceHeaderBytes - known) != 0) {
      ++traffic_.mispredictions;
      return;
    }
    read.skip(kPieceHeaderBytes - known);
    frames_.take_block_head();
    expected_.pop();
    ++traffic_.predicted_blocks;
    if (read.left() < block.length) {
      payload_.begin_in_place(header_of(block), block.destination, read.left());
      read.skip(read.left());
      return;
    }
    read.skip(block.length);
    announce_in_place(header_of(block));
  }
}

ReceivePath::Result ReceivePath::parse(std::span<std::byte const> in) {
  while (!stopped_) {
    if (payload_.active()) take_payload(in);
    if (in.empty() || stopped_) break;
    Frame const frame = frames_.next(in);
    switch (frame.kind) {
      case Frame::Kind::kNeedMore:
        return {Kind::kBytes};
      case Frame::Kind::kMessage:
        sink_.on_message(frame.message);
        break;
      case Frame::Kind::kBlock:
        begin_block(frame.block, in);
        break;
      case Frame::Kind::kMalformed:
        return {Kind::kMalformed};
      case Frame::Kind::kFlood:
        return {Kind::kFlood};
    }
  }
  return {Kind::kBytes};
}

void ReceivePath::begin_block(PieceHeader const& header, std::span<std::byte const>& in) {
  if (auto const block = expected_.take(header)) {
    payload_.begin_in_place(header, block->destination, 0);
    return;
  }
  if (in.size() < header.length) {
    payload_.begin_stray(header);
    return;
  }
  auto const bytes = in.first(header.length);
  in = in.subspan(header.length);
  announce_bytes(header, bytes);
}

void ReceivePath::take_payload(std::span<std::byte const>& in) {
  auto const missing = payload_.missing();
  std::size_t const came = std::min(missing.size(), in.size());
  if (came > 0) std::memcpy(missing.data(), in.data(), came);
  in = in.subspan(came);
  payload_.advance(came);
  if (payload_.whole()) finish_payload();
}

void ReceivePath::finish_payload() {
  PieceHeader const block = payload_.block();
  bool const in_place = payload_.in_place();
  auto const stray = payload_.finish();
  if (in_place) {
    announce_in_place(block);
  } else {
    announce_bytes(block, stray);
  }
}

void ReceivePath::announce_in_place(PieceHeader const& block) {
  traffic_.payload_received += block.length;
  sink_.on_block_in_place(block);
}

void ReceivePath::announce_bytes(PieceHeader const& block, std::span<std::byte const> bytes) {
  traffic_.payload_received += block.length;
  sink_.on_block_bytes(block, bytes);
}

bool ReceivePath::forget(std::uint32_t piece, std::uint32_t begin) {
  bool const receiving = payload_.active() && payload_.in_place() &&
                         payload_.block().piece == piece && payload_.block().begin == begin;
  if (receiving) {
    payload_.leave_destination();
    return true;
  }
  if (!expected_.contains(piece, begin)) return false;
  leave_destinations();
  return expected_.remove(piece, begin);
}

void ReceivePath::forget_all() {
  payload_.leave_destination();
  leave_destinations();
  expected_.clear();
}

// Bytes of the current read that lie in destinations are needed before those go.
void ReceivePath::leave_destinations() {
  if (current_ != nullptr) current_->gather();
}

void ReceivePath::stop() noexcept {
  stopped_ = true;
  payload_.finish();
  expected_.clear();
}

}  // namespace btfast::net
