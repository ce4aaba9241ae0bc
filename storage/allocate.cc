#include "storage/allocate.h"

#include "engine/base/check.h"

namespace btfast::storage {
namespace {

// f_type of statfs(2).  The ext family shares one; ext2 and ext3 then refuse fallocate.
constexpr std::uint64_t kExt = 0xEF53;
constexpr std::uint64_t kXfs = 0x58465342;
constexpr std::uint64_t kBtrfs = 0x9123683E;
constexpr std::uint64_t kF2fs = 0xF2F52010;

}  // namespace

AllocMode default_alloc_mode(int directory) {
  switch (io::file_system_magic(directory)) {
    case kExt:
    case kXfs:
    case kBtrfs:
    case kF2fs:
      return AllocMode::kFull;
    default:
      return AllocMode::kSparse;
  }
}

Status lay_out(int fd, io::FileInfo const& now, std::uint64_t size, AllocMode mode) {
  BTF_DCHECK(now.size <= size);
  if (mode == AllocMode::kFull && size > 0 && now.allocated < size) {
    auto const allocated = io::allocate(fd, size);
    if (allocated) return kOk;
    if (allocated.error().code != Errc::kUnsupported) {
      // A file system may leave what it had reserved when it ran out.
      (void)io::truncate(fd, now.size);
      return allocated.error();
    }
  }
  if (now.size == size) return kOk;
  return io::truncate(fd, size);
}

}  // namespace btfast::storage
