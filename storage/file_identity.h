// Whether a file is the one that is meant, or another one that has its name by now.
//
// Most file systems keep the number of a file's inode and its time of birth for as long as it is
// there; a number is given again, but not with the same birth.  Some make the numbers up, anew
// whenever they look a file up again, and an overlay gives a file another birth, and one with
// hard links another number too, when it is first opened to be written.  Whether a file system
// is such a one is asked once a device; there a number or birth that differs says nothing, and
// what else is known of the file decides.
//
// Threads: pure functions; KnownFiles from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/types.h"
#include "storage/io.h"
#include "storage/mutex.h"

namespace btfast::storage {

// What tells whether a file was changed behind our back.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(FileStamp const&) const = default;
};

inline FileStamp stamp_of(io::FileInfo const& info) noexcept { return {info.size, info.mtime_ns}; }

// Which file it is, whatever it is called and holds.
struct FileIdentity {
  std::uint64_t inode = 0;    // 0: there is none
  std::int64_t birth_ns = 0;  // 0: the file system does not say; inodes are given again

  bool operator==(FileIdentity const&) const = default;
};

// A file as it was when it was last looked at.
struct KnownFile {
  FileIdentity identity;
  // Where the identity does not last; empty while the file is open, for then it changes.
  std::optional<FileStamp> stamp;
  bool lasting = true;
};

// Whether what is seen now is the known file.
bool is_known_file(KnownFile const& known, FileIdentity const& now, FileStamp const& stamp);

// Whether identities last on a file system: by the f_type of statfs(2), by f_fstypename of the
// BSDs and macOS, and of the one that holds an open file.
bool identities_last(std::uint64_t magic) noexcept;
bool identities_last(std::string_view type_name) noexcept;
bool identities_last_on(int fd);

// All files of one torrent.
class KnownFiles {
 public:
  using Last = bool (*)(int fd);
  explicit KnownFiles(Last last = identities_last_on) noexcept : last_(last) {}

  // None is known.
  void reset(std::size_t files);
  // Known from now on as it is now.
  void note(FileIndex file, int fd, io::FileInfo const& now);
  // Before it is used; a file that nobody noted is whatever is there.  One whose identity
  // changed is known by the new one afterwards.
  bool is_meant(FileIndex file, int fd, io::FileInfo const& now);
  // Nobody has it open any more, and this is how it was left.
  void note_closed(FileIndex file, FileStamp const& left);

  FileIdentity identity(FileIndex file) { return known(file).identity; }
  bool is_lasting(FileIndex file) { return known(file).lasting; }
  // Whether the name leads to the file that is open.
  bool is_open_one(FileIndex file, io::FileInfo const& open, io::FileInfo const& named);

 private:
  KnownFile known(FileIndex file);
  bool asked_lasting(int fd, std::uint64_t device);

  Last const last_;
  // Nothing is waited for while it is held, and nothing else is taken: who asks may hold any.
  Mutex mutex_;
  std::vector<KnownFile> files_ BTF_OWNED_BY(mutex_);
  // The answer for the last device that was asked for: files of one stand together.
  std::optional<std::uint64_t> device_ BTF_OWNED_BY(mutex_);
  bool device_lasting_ BTF_OWNED_BY(mutex_) = true;
};

}  // namespace btfast::storage
