#include "net/scatter_read.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

// A partial payload, foreseen blocks with their headers, and the tail.
constexpr std::size_t kGatherBytes =
    limits::kBlockSize + limits::kReadvBlocks * (kPieceHeaderBytes + limits::kBlockSize) +
    ScatterRead::kLinearBytes;

struct Scratch {
  std::unique_ptr<std::byte[]> tail{new std::byte[ScatterRead::kLinearBytes]};
  std::unique_ptr<std::byte[]> gather{new std::byte[kGatherBytes]};
};

Scratch& scratch() {
  thread_local Scratch of_this_thread;
  return of_this_thread;
}

}  // namespace

void ScatterRead::add_tail(std::size_t size) noexcept {
  BTF_DCHECK(size <= kLinearBytes);
  tail_ = count_;
  add(scratch().tail.get(), size);
}

void ScatterRead::skip(std::size_t bytes) noexcept {
  BTF_DCHECK(bytes <= left_);
  left_ -= bytes;
  while (bytes > 0) {
    std::size_t const here = std::min(vectors_[at_].iov_len - offset_, bytes);
    bytes -= here;
    offset_ += here;
    if (offset_ == vectors_[at_].iov_len) {
      ++at_;
      offset_ = 0;
    }
  }
}

std::span<std::byte const> ScatterRead::gather() noexcept {
  if (left_ > 0 && !in_tail()) {
    std::byte* const to = scratch().gather.get();
    std::size_t const bytes = left_;
    BTF_CHECK(bytes <= kGatherBytes);
    for (std::size_t done = 0; done < bytes;) {
      std::size_t const here = std::min(vectors_[at_].iov_len - offset_, left_);
      std::memcpy(to + done, static_cast<std::byte const*>(vectors_[at_].iov_base) + offset_, here);
      done += here;
      skip(here);
    }
    vectors_[0] = {to, bytes};
    count_ = 1;
    tail_ = at_ = offset_ = 0;
    left_ = bytes;
  }
  gathered_ = true;
  if (left_ == 0) return {};
  return {static_cast<std::byte const*>(vectors_[at_].iov_base) + offset_, left_};
}

}  // namespace btfast::net
