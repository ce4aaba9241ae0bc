#include "engine/upload/upload_buffers.h"

#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace btfast {

struct UploadBuffers::FreeList {
  std::vector<std::unique_ptr<std::byte[]>> buffers;  // last in, first out: the hottest
};

UploadBuffers::UploadBuffers() : free_(std::make_shared<FreeList>()) {
  free_->buffers.reserve(kKeep);
}

std::shared_ptr<std::byte> UploadBuffers::take(std::size_t size) {
  BTF_DCHECK(size <= limits::kUploadRunMax);
  if (size <= limits::kUploadRunMin) {
    auto small = std::make_shared_for_overwrite<std::byte[]>(size);
    std::byte* const bytes = small.get();
    return {std::move(small), bytes};
  }
  std::unique_ptr<std::byte[]> buffer;
  if (free_->buffers.empty()) {
    buffer = std::make_unique_for_overwrite<std::byte[]>(limits::kUploadRunMax);
  } else {
    buffer = std::move(free_->buffers.back());
    free_->buffers.pop_back();
  }
  return {buffer.release(), [free = free_](std::byte* bytes) {
            std::unique_ptr<std::byte[]> owned{bytes};
            if (free->buffers.size() < kKeep) free->buffers.push_back(std::move(owned));
          }};
}

}  // namespace btfast
