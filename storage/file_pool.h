// FilePool: the open descriptors of one torrent's files, at most so many at once; the
// ones not used for a while are closed to make room.
//
// Threads:   every function is safe from any thread.  An open file is used through one
//            atomic word of its slot; only opening and closing takes the mutex.  (A
//            mailbox would not do: the caller needs the descriptor now, on its own
//            thread, and the kernel's open is the slow part anyway.)
// Ownership: a Use keeps its descriptor open; eviction passes over files in use.
// Bound:     `open_max`, and beyond it only what is in use at this moment.
// Ordering:  a Use is given back with release and eviction takes the slot with acquire,
//            so every transfer happens before the close.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/expected.h"
#include "storage/fd.h"
#include "storage/file_map.h"
#include "storage/io.h"
#include "storage/mutex.h"

namespace btfast::storage {

class FilePool {
 public:
  class [[nodiscard]] Use {
   public:
    Use(Use&& other) noexcept
        : slot_(std::exchange(other.slot_, nullptr)), fd_(other.fd_), writable_(other.writable_) {}
    Use& operator=(Use&&) = delete;
    ~Use();
    int fd() const noexcept { return fd_; }
    // False where the pool's files are written and this one may only be read.
    bool writable() const noexcept { return writable_; }

   private:
    friend class FilePool;
    Use(std::atomic<std::uint64_t>& slot, std::uint64_t word) noexcept;
    std::atomic<std::uint64_t>* slot_;  // null once moved from
    int fd_;
    bool writable_;
  };

  // Whoever knows the files.  Both from any thread, and neither while the pool is locked.
  struct Keeper {
    // Whether the descriptor is of the file that is meant, and not of another one that has its
    // name now.
    std::function<Expected<bool>(FileIndex, int fd)> is_meant;
    // Closes a file that nobody uses.
    std::function<void(FileIndex, Fd)> close;
  };

  // `root` and `map` must outlive the pool.
  FilePool(int root, FileMap const& map, io::Access access, std::size_t open_max,
           Keeper keeper = {});
  ~FilePool();
  FilePool(FilePool const&) = delete;
  FilePool& operator=(FilePool const&) = delete;

  // Opens the file if it is not; never makes one.  May block.  A file that may not be written
  // (immutable, another's, on a file system that became read only) is opened to be read.  Another
  // file of its name is kNotFound, with kReplaced for errno.
  Expected<Use> use(FileIndex file);
  // Never opens, never waits.
  std::optional<Use> try_use(FileIndex file) noexcept;
  // Closes the file, so that the next use opens it anew.  False: it is in use.
  bool forget(FileIndex file);

  // To be read only, and through links (io::open_through_links): what the user linked here.
  // REQUIRES: before the first use of it.
  void follow_links(FileIndex file) { linked_[file.value] = true; }
  // To be read only.  REQUIRES: as above.
  void only_read(FileIndex file) { only_read_[file.value] = true; }
  // From now on; what is open is closed.  REQUIRES: nobody uses the pool.
  void set_access(io::Access access);

  std::size_t open_count();

  static constexpr int kReplaced = -1;  // no system has an errno like that

  // limits::kOpenFiles, or less where the process may not have that many descriptors.
  static std::size_t default_open_max() noexcept;

 private:
  struct Victim {
    FileIndex file{0};
    Fd fd;
  };
  Victim evict_one() BTF_ON(mutex_);
  void close(Victim victim);
  struct Opened {
    Fd fd;
    bool read_only = false;
  };
  Use publish(FileIndex file, Opened opened) BTF_ON(mutex_);
  Expected<Opened> open(FileIndex file);
  Expected<Fd> open_for(FileIndex file, io::Access access);
  Expected<Fd> open_once(FileIndex file, io::Access access);

  // Immutable while the pool is used.
  int const root_;
  FileMap const& map_;
  io::Access access_;
  std::size_t const open_max_;
  Keeper const keeper_;
  std::vector<bool> linked_;
  std::vector<bool> only_read_;

  // Atomic: a word a file: descriptor + 1, "used lately", "read only", number of uses.  Zero is
  // closed.
  std::unique_ptr<std::atomic<std::uint64_t>[]> const slots_;

  Mutex mutex_;
  std::vector<std::uint32_t> open_ BTF_OWNED_BY(mutex_);  // indices of open files
  std::size_t opening_ BTF_OWNED_BY(mutex_) = 0;          // room promised to opens under way
  std::size_t hand_ BTF_OWNED_BY(mutex_) = 0;             // where the search for a victim stands
};

}  // namespace btfast::storage
