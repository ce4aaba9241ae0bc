// ScatterRead: one read into several places, and how much of what came has been
// handled.  What is left can at any time be gathered, in stream order, into the
// thread's scratch, so that no destination is needed any longer.
//
// Threads:   one owner, for the time of one read; reads of a thread never nest.
// Ownership: the places are the caller's; the scratch is the thread's and is overwritten
//            by its next read.
// Bound:     a mebibyte and a half of scratch for each thread that reads, touched only
//            as far as reads fill it.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>

#include "engine/base/limits.h"
#include "net/wire/message.h"

namespace btfast::net {

class ScatterRead {
 public:
  // The scratch read when nothing is foreseen, and what is read after foreseen blocks.
  static constexpr std::size_t kLinearBytes = 256 * 1024;
  static constexpr std::size_t kTailBytes = 16 * 1024;

  ScatterRead() noexcept = default;
  ScatterRead(ScatterRead const&) = delete;
  ScatterRead& operator=(ScatterRead const&) = delete;

  // -- where to read
  void add(std::byte* to, std::size_t size) noexcept { vectors_[count_++] = {to, size}; }
  // Where the header of foreseen block `index` goes.
  std::span<std::byte, kPieceHeaderBytes> header(std::size_t index) noexcept {
    return std::span{headers_}.subspan(index * kPieceHeaderBytes).first<kPieceHeaderBytes>();
  }
  // Last, if at all: scratch for whatever follows.
  void add_tail(std::size_t size) noexcept;
  std::span<iovec const> vectors() const noexcept { return std::span{vectors_}.first(count_); }

  // -- what came
  void filled(std::size_t bytes) noexcept { left_ = bytes; }
  std::size_t left() const noexcept { return left_; }
  // Handled: the next `bytes`, which are at most left().
  void skip(std::size_t bytes) noexcept;
  // Everything left as one span.  Moves the bytes only when they lie in several places
  // or outside the scratch.
  std::span<std::byte const> gather() noexcept;
  bool gathered() const noexcept { return gathered_; }
  bool in_tail() const noexcept { return at_ >= tail_; }

 private:
  static constexpr std::size_t kVectorsMax = 2 * limits::kReadvBlocks + 2;

  std::array<iovec, kVectorsMax> vectors_;
  std::array<std::byte, limits::kReadvBlocks * kPieceHeaderBytes> headers_;
  std::size_t count_ = 0;
  std::size_t tail_ = kVectorsMax;  // the vector that is scratch
  std::size_t at_ = 0;              // the vector with the next byte not handled
  std::size_t offset_ = 0;          // of that byte in it
  std::size_t left_ = 0;
  bool gathered_ = false;
};

}  // namespace btfast::net
