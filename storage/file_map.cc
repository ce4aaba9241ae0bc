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
  std::vector<FileSlice> out;
  SliceWalk walk{*this, offset, length};
  while (auto const slice = walk.next()) out.push_back(*slice);
  return out;
}

SliceWalk::SliceWalk(FileMap const& map, std::uint64_t offset, std::uint64_t length) noexcept
    : map_(map), offset_(offset), left_(length) {
  BTF_DCHECK(offset <= map.total_size() && length <= map.total_size() - offset);
  if (length > 0) file_ = map.file_at(offset).value;
}

std::optional<FileSlice> SliceWalk::next() noexcept {
  for (; left_ > 0; ++file_) {
    FileIndex const file{file_};
    std::uint64_t const within = offset_ - map_.file_offset(file);
    std::uint64_t const take = std::min(map_.file(file).length - within, left_);
    if (take == 0) continue;
    offset_ += take;
    left_ -= take;
    ++file_;
    return FileSlice{file, within, take};
  }
  return std::nullopt;
}

}  // namespace btfast::storage
