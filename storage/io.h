// The one place that calls the kernel for files: whole transfers, interrupted and short
// calls continued, names resolved without following a link where anything is written.  Faults
// are injected here (fault_hook.h).
//
// Threads: any.
// Errors:  errno as an Error; the caller knows the path.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "storage/fd.h"
#include "storage/gather.h"

namespace btfast::storage::io {

enum class Access : std::uint8_t { kRead, kWrite };  // kWrite reads too

struct FileInfo {
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;  // bytes that take space
  std::int64_t mtime_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  bool directory = false;

  bool same_file(FileInfo const& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
};

// -- Directories.  open_directory() follows links: the path is the user's own word.
Expected<Fd> open_directory(std::string const& path);
// Like mkdir -p.
Status make_directories(std::string const& path);
// Below `root`, element by element, no link followed; made where missing.
Expected<Fd> make_directories_beneath(int root, std::string_view path);

// -- Files at `path` below `root`.  A link on the way, or anything but a regular file at
// its end, is kUnsafePath; a FIFO never blocks the call.
Expected<Fd> open_beneath(int root, std::string const& path, Access access);
// Opened for writing, made where missing; `permissions` are subject to the umask.
Expected<Fd> create_beneath(int root, std::string const& path, ::mode_t permissions);
// The same, but kUnsafePath (EEXIST) where something is there.
Expected<Fd> create_new_beneath(int root, std::string const& path, ::mode_t permissions);
// A file that has no name in `root` until name_beneath() gives it one, whole as it is by then;
// one that is never named is gone when it is closed.  Not every file system has such files.
Expected<Fd> create_unnamed(int root, ::mode_t permissions);
// kUnsafePath (EEXIST) where something is there.
Status name_beneath(int fd, int root, std::string const& name);
// To be read.  Links are followed wherever they lead: nobody but the user makes any here.
// Still nothing but a regular file.
Expected<Fd> open_through_links(int root, std::string const& path);
Expected<Fd> open_directory_beneath(int root, std::string const& path);

Expected<FileInfo> info(int fd);
// When the file was made, in ns; 0 where the system does not say.
std::int64_t birth_time_ns(int fd);
// Of what the name leads to now; the last element is not followed.
Expected<FileInfo> info_beneath(int root, std::string const& path);
// …and this follows it, as open_through_links() does.
Expected<FileInfo> info_through_links(int root, std::string const& path);
// Links are followed, as open_directory() does.
Expected<FileInfo> info_of(std::string const& path);

// -- Bytes.
// `length` bytes of `from`, which moves on by as much as was written.
Status write_at(int fd, Gather& from, std::uint64_t length, std::uint64_t offset);
Status write_all_at(int fd, std::span<std::byte const> bytes, std::uint64_t offset);
// All of `into`; the end of the file is kNotFound.
Status read_at(int fd, std::span<std::byte> into, std::uint64_t offset);
// All of `into` from the page cache, or kWouldBlock.
Status read_cached_at(int fd, std::span<std::byte> into, std::uint64_t offset);

// -- Space.
// Blocks for [0, size) and that size; kUnsupported where the file system cannot.
Status allocate(int fd, std::uint64_t size);
Status truncate(int fd, std::uint64_t size);
// The range will be read: the kernel may begin to fetch it.
void will_read(int fd, std::uint64_t offset, std::uint64_t length) noexcept;
// What is cached of it and written is forgotten: a read asks the disk.
void drop_cached(int fd) noexcept;
// Whether [offset, offset + length) takes no space and so reads as zeros.  False where
// the file system cannot tell.
bool is_hole(int fd, std::uint64_t offset, std::uint64_t length);
// The first byte from `from` on that takes no space, or that does; `end` where there is none
// before it.  A file system that cannot tell has no holes.
std::uint64_t find_hole(int fd, std::uint64_t from, std::uint64_t end) noexcept;
std::uint64_t find_data(int fd, std::uint64_t from, std::uint64_t end) noexcept;
// The f_type of statfs(2); 0 where there is none.
std::uint64_t file_system_magic(int fd);
// What the BSDs and macOS call it; empty elsewhere.
std::string file_system_name(int fd);

// -- Durability and names.
// The kernel may begin to write to the disk what the file holds in memory.  Nothing is waited
// for but room in the disk's queue, and nothing is promised: sync_data() still has to be asked.
void begin_write_back(int fd) noexcept;
Status sync_data(int fd);
Status sync(int fd);
// For this process alone, until `fd` is closed; kBusy where another has it, kUnsupported
// where the file system has no locks.
Status lock(int fd);
Status rename(int root, std::string const& from, std::string const& to);
Status unlink(int root, std::string const& path);

// -- What the file system says of names (io_names.cc).
// All that stands in the directory, "." and ".." too; "" is `root` itself.  kTooLarge beyond
// `names_max`.
Expected<std::vector<std::string>> names_in(int root, std::string const& path,
                                            std::size_t names_max);
// How long an element may be, at most limits::kPathElementBytes.
std::size_t name_max(int fd);

}  // namespace btfast::storage::io
