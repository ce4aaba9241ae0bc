#include "storage/io.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/vfs.h>
#endif
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__) || defined(__OpenBSD__)
#include <sys/param.h>
// After param.h.
#include <sys/mount.h>
#define BTF_HAS_FSTYPENAME
#endif

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <thread>

#include "storage/io_call.h"

namespace btfast::storage {
namespace io {
namespace {

std::atomic<FaultHook*> installed_hook{nullptr};

// Buffers handed to one call: 4 MiB of 16 KiB blocks, and 4 KiB of stack.
constexpr std::size_t kBuffersPerCall = 256;
static_assert(kBuffersPerCall <= IOV_MAX);

// A regular file may still answer EAGAIN (a FUSE server, a lease being broken); one that
// keeps doing so is broken.
constexpr int kAgainMax = 1000;

FileInfo info_from(struct stat const& st) noexcept {
#ifdef __APPLE__
  auto const& mtime = st.st_mtimespec;
#else
  auto const& mtime = st.st_mtim;
#endif
  return {.size = static_cast<std::uint64_t>(st.st_size),
          .allocated = static_cast<std::uint64_t>(st.st_blocks) * 512,
          .mtime_ns = std::int64_t{mtime.tv_sec} * 1'000'000'000 + mtime.tv_nsec,
          .device = static_cast<std::uint64_t>(st.st_dev),
          .inode = static_cast<std::uint64_t>(st.st_ino),
          .links = static_cast<std::uint64_t>(st.st_nlink),
          .directory = S_ISDIR(st.st_mode)};
}

Expected<FileInfo> info_at(int root, std::string const& path, int flags) {
  struct stat st {};
  long const result =
      call(Op::kStat, [&](std::size_t) { return ::fstatat(root, path.c_str(), &st, flags); });
  if (result < 0) return error_of(result);
  return info_from(st);
}

bool again(long result, int& tries) noexcept {
  if (result != -EAGAIN || ++tries > kAgainMax) return false;
  std::this_thread::yield();
  return true;
}

#ifdef RWF_NOWAIT
// Of statfs(2): file systems that are nothing but page cache.
constexpr std::uint64_t kTmpfs = 0x01021994;
constexpr std::uint64_t kRamfs = 0x858458F6;

// These refuse RWF_NOWAIT, though there is no disk to wait for (swap apart).
bool lives_in_memory(int fd) {
  std::uint64_t const magic = file_system_magic(fd);
  return magic == kTmpfs || magic == kRamfs;
}
#endif

}  // namespace

void set_fault_hook(FaultHook* hook) noexcept {
  // release: whoever sees the hook sees it constructed.
  installed_hook.store(hook, std::memory_order_release);
}

Fault next_fault(Op op) noexcept {
  FaultHook* const hook = installed_hook.load(std::memory_order_acquire);
  if (hook == nullptr) return {};
  Fault const fault = hook->next(op);
  if (fault.delay.count() > 0) std::this_thread::sleep_for(fault.delay);
  return fault;
}

Expected<FileInfo> info(int fd) {
  struct stat st {};
  long const result = call(Op::kStat, [&](std::size_t) { return ::fstat(fd, &st); });
  if (result < 0) return error_of(result);
  return info_from(st);
}

std::int64_t birth_time_ns(int fd) {
#ifdef STATX_BTIME
  struct statx st {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) != 0) return 0;
  if ((st.stx_mask & STATX_BTIME) == 0) return 0;
  return st.stx_btime.tv_sec * 1'000'000'000 + st.stx_btime.tv_nsec;
#else
  (void)fd;
  return 0;
#endif
}

Expected<FileInfo> info_beneath(int root, std::string const& path) {
  return info_at(root, path, AT_SYMLINK_NOFOLLOW);
}

Expected<FileInfo> info_through_links(int root, std::string const& path) {
  return info_at(root, path, 0);
}

Expected<FileInfo> info_of(std::string const& path) {
  struct stat st {};
  long const result = call(Op::kStat, [&](std::size_t) { return ::stat(path.c_str(), &st); });
  if (result < 0) return error_of(result);
  return info_from(st);
}

Status write_at(int fd, Gather& from, std::uint64_t length, std::uint64_t offset) {
  std::array<iovec, kBuffersPerCall> buffers;
  int tries = 0;
  while (length > 0) {
    long const written = call(Op::kWrite, [&](std::size_t bytes_max) -> ssize_t {
      std::size_t const count = from.peek(buffers, std::min<std::uint64_t>(length, bytes_max));
      if (count == 0) return 0;
      return ::pwritev(fd, buffers.data(), static_cast<int>(count), static_cast<off_t>(offset));
    });
    if (again(written, tries)) continue;
    if (written < 0) return error_of(written);
    // Nothing written and no reason given: trying again could go on forever.
    if (written == 0) return Error{Errc::kDiskIo, EIO};
    from.advance(static_cast<std::uint64_t>(written));
    offset += static_cast<std::uint64_t>(written);
    length -= static_cast<std::uint64_t>(written);
  }
  return kOk;
}

Status write_all_at(int fd, std::span<std::byte const> bytes, std::uint64_t offset) {
  // pwritev only reads through it.
  iovec const buffer{const_cast<std::byte*>(bytes.data()), bytes.size()};
  Gather from{{&buffer, 1}};
  return write_at(fd, from, bytes.size(), offset);
}

Status read_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
  int tries = 0;
  while (!into.empty()) {
    long const got = call(Op::kRead, [&](std::size_t bytes_max) -> ssize_t {
      std::size_t const wanted = std::min(into.size(), bytes_max);
      return wanted == 0 ? 0 : ::pread(fd, into.data(), wanted, static_cast<off_t>(offset));
    });
    if (again(got, tries)) continue;
    if (got < 0) return error_of(got);
    if (got == 0) return Error{Errc::kNotFound};
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return kOk;
}

Status read_cached_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
#ifdef RWF_NOWAIT
  while (!into.empty()) {
    long const got = call(Op::kReadCached, [&](std::size_t bytes_max) -> ssize_t {
      iovec const buffer{into.data(), std::min(into.size(), bytes_max)};
      return ::preadv2(fd, &buffer, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    });
    if (got == 0) return Error{Errc::kNotFound};
    if (got == -EOPNOTSUPP && lives_in_memory(fd)) return read_at(fd, into, offset);
    // EAGAIN: not resident.  EOPNOTSUPP, ENOSYS: this file system never says.
    if (got == -EAGAIN || got == -EOPNOTSUPP || got == -ENOSYS || got == -EINVAL) {
      return Error{Errc::kWouldBlock};
    }
    if (got < 0) return error_of(got);
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return kOk;
#else
  (void)fd, (void)offset;
  return into.empty() ? Status{kOk} : Status{Error{Errc::kWouldBlock}};
#endif
}

Status allocate(int fd, std::uint64_t size) {
#ifdef __linux__
  long const result = call(
      Op::kAllocate, [&](std::size_t) { return ::fallocate(fd, 0, 0, static_cast<off_t>(size)); });
  if (result == -EOPNOTSUPP || result == -ENOSYS) {
    return Error{Errc::kUnsupported, static_cast<int>(-result)};
  }
  return status_of(result);
#else
  (void)fd, (void)size;
  return Error{Errc::kUnsupported, EOPNOTSUPP};
#endif
}

Status truncate(int fd, std::uint64_t size) {
  return status_of(
      call(Op::kTruncate, [&](std::size_t) { return ::ftruncate(fd, static_cast<off_t>(size)); }));
}

void will_read(int fd, std::uint64_t offset, std::uint64_t length) noexcept {
#ifdef POSIX_FADV_WILLNEED
  // A wish; what it answers changes nothing.
  (void)::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                        POSIX_FADV_WILLNEED);
#else
  (void)fd, (void)offset, (void)length;
#endif
}

void drop_cached(int fd) noexcept {
#ifdef POSIX_FADV_DONTNEED
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#else
  (void)fd;
#endif
}

bool is_hole(int fd, std::uint64_t offset, std::uint64_t length) {
#ifdef SEEK_DATA
  auto const file = info(fd);
  if (!file || offset + length > file->size) return false;
  // The descriptor's position is nobody's: every transfer names its own offset.
  off_t const data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO;  // no data from here to the end
  return static_cast<std::uint64_t>(data) >= offset + length;
#else
  (void)fd, (void)offset, (void)length;
  return false;
#endif
}

std::uint64_t find_hole(int fd, std::uint64_t from, std::uint64_t end) noexcept {
#ifdef SEEK_HOLE
  if (from >= end) return end;
  off_t const hole = ::lseek(fd, static_cast<off_t>(from), SEEK_HOLE);
  return hole < 0 ? end : std::min(static_cast<std::uint64_t>(hole), end);
#else
  (void)fd, (void)from;
  return end;
#endif
}

std::uint64_t find_data(int fd, std::uint64_t from, std::uint64_t end) noexcept {
#ifdef SEEK_DATA
  if (from >= end) return end;
  off_t const data = ::lseek(fd, static_cast<off_t>(from), SEEK_DATA);
  // ENXIO: none is left.
  return data < 0 ? end : std::min(static_cast<std::uint64_t>(data), end);
#else
  (void)fd, (void)from;
  return end;
#endif
}

std::uint64_t file_system_magic(int fd) {
#ifdef __linux__
  struct statfs fs {};
  if (::fstatfs(fd, &fs) == 0) return static_cast<std::uint32_t>(fs.f_type);
#else
  (void)fd;
#endif
  return 0;
}

std::string file_system_name(int fd) {
#ifdef BTF_HAS_FSTYPENAME
  struct statfs fs {};
  if (::fstatfs(fd, &fs) == 0) return fs.f_fstypename;
#else
  (void)fd;
#endif
  return {};
}

void begin_write_back(int fd) noexcept {
#ifdef SYNC_FILE_RANGE_WRITE
  // A wish.  A write that fails is told to the next fdatasync, not here.
  (void)call(Op::kWriteBack,
             [&](std::size_t) { return ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); });
#else
  (void)fd;
#endif
}

Status sync_data(int fd) {
#ifdef __linux__
  return status_of(call(Op::kSync, [&](std::size_t) { return ::fdatasync(fd); }));
#else
  return sync(fd);
#endif
}

Status sync(int fd) {
#ifdef F_FULLFSYNC
  return status_of(call(Op::kSync, [&](std::size_t) { return ::fcntl(fd, F_FULLFSYNC); }));
#else
  return status_of(call(Op::kSync, [&](std::size_t) { return ::fsync(fd); }));
#endif
}

// flock and not fcntl: fcntl's locks end when the process closes any descriptor of the file.
Status lock(int fd) {
  long const result = call(Op::kLock, [&](std::size_t) { return ::flock(fd, LOCK_EX | LOCK_NB); });
  if (result >= 0) return kOk;
  int const error = static_cast<int>(-result);
  return Error{error == EWOULDBLOCK ? Errc::kBusy : Errc::kUnsupported, error};
}

Status rename(int root, std::string const& from, std::string const& to) {
  return status_of(call(
      Op::kRename, [&](std::size_t) { return ::renameat(root, from.c_str(), root, to.c_str()); }));
}

Status unlink(int root, std::string const& path) {
  return status_of(
      call(Op::kUnlink, [&](std::size_t) { return ::unlinkat(root, path.c_str(), 0); }));
}

}  // namespace io

void Fd::reset() noexcept {
  if (number_ < 0) return;
  (void)io::next_fault(io::Op::kClose);
  // Never repeated after EINTR: on Linux the descriptor is gone, and may be another's.
  ::close(release());
}

}  // namespace btfast::storage
