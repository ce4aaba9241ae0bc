// UploadBuffers: memory for the runs that are read and sent.  What the socket takes at once
// is free again for the next run, of whichever peer, while it is still in the CPU's cache.
//
// Threads:   its net thread, where what it gives must also be dropped.
// Ownership: what it gives may outlive it.
// Bound:     kKeep buffers of limits::kUploadRunMax that nobody uses.
#pragma once

#include <cstddef>
#include <memory>

namespace btfast {

class UploadBuffers {
 public:
  static constexpr std::size_t kKeep = 2;

  UploadBuffers();

  // Uninitialised; small ones are plain allocations.  REQUIRES: size <= kUploadRunMax.
  std::shared_ptr<std::byte> take(std::size_t size);

 private:
  struct FreeList;
  std::shared_ptr<FreeList> const free_;
};

}  // namespace btfast
