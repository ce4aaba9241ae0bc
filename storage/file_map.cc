#include "storage/file_map.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace btfast::storage {

FileMap::FileMap(std::vector<FileSpec> files) : files_(std::move(files)) {
  offsets_.reserve(files_.size() + 1);
  std::uint64_t offset = 0;
  for (auto const& file : files_) {
    offsets_.push_back(offset);
    offset += file.length;
  }
  offsets_.push_back(offset);
}

FileIndex FileMap::file_at(std::uint64_t offset) const noexcept {
  BTF_DCHECK(offset < total_size());
  // The last file that starts at or before `offset`: zero-length files before it share
  // its start, and upper_bound steps past them.
  auto const after = std::upper_bound(offsets_.begin(), offsets_.end() - 1, offset);
  return FileIndex{static_cast<std::uint32_t>(after - offsets_.begin() - 1)};
}

std::vector<FileSlice> FileMap::slices(std::uint64_t offset, std::uint64_t length) const {
  BTF_DCHECK(offset <= total_size() && length <= total_size() - offset);
  std::vector<FileSlice> out;
  if (length == 0) return out;
  for (std::uint32_t f = file_at(offset).value; length > 0; ++f) {
    std::uint64_t const within = offset - offsets_[f];
    std::uint64_t const left = files_[f].length - within;
    if (left == 0) continue;
    std::uint64_t const take = std::min(left, length);
    out.push_back({FileIndex{f}, within, take});
    offset += take;
    length -= take;
  }
  return out;
}

}  // namespace btfast::storage
