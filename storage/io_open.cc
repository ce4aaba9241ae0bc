#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include <string>

#include "storage/io.h"
#include "storage/io_call.h"

namespace btfast::storage::io {
namespace {

// O_NONBLOCK: a FIFO or device planted at the path must not hold us; on a regular file it
// means nothing.
constexpr int kReadingFlags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kCommonFlags = kReadingFlags | O_NOFOLLOW;
constexpr ::mode_t kDirectoryPermissions = 0777;

// A rename elsewhere in the tree makes openat2 give up with EAGAIN; somebody who renames
// without end shall not keep us here without end.
constexpr int kRacesMax = 64;

#ifdef O_PATH
constexpr int kWalkFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#else
constexpr int kWalkFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#endif

// The first element of `rest`, which moves past it.
std::string next_element(std::string_view& rest) {
  std::size_t const slash = rest.find('/');
  std::string element{rest.substr(0, slash)};
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return element;
}

bool is_plain(std::string_view path) {
  if (path.empty() || path.back() == '/' || path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    std::string const element = next_element(path);
    if (element.empty() || element == "." || element == "..") return false;
  }
  return true;
}

long open_at(int directory, char const* name, int flags, ::mode_t permissions = 0) {
  return call(Op::kOpen,
              [&](std::size_t) { return ::openat(directory, name, flags, permissions); });
}

// For kernels without openat2, and for sandboxes that forbid it.
long open_walking(int root, std::string_view path, int flags, ::mode_t permissions) {
  Fd held;
  int directory = root;
  for (std::string element = next_element(path);; element = next_element(path)) {
    if (path.empty()) return open_at(directory, element.c_str(), flags, permissions);
    long const next = open_at(directory, element.c_str(), kWalkFlags);
    if (next < 0) return next;
    held = Fd{static_cast<int>(next)};
    directory = held.get();
  }
}

// Without openat2 a magic link (/proc/self/fd/3) is followed too: to what we have open anyway.
long open_following(int root, std::string const& path, int flags) {
#if defined(__linux__) && defined(SYS_openat2)
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_NO_MAGICLINKS;
  long const fd = call(Op::kOpenSafe, [&](std::size_t) {
    return ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  });
  if (fd != -ENOSYS && fd != -EPERM) return fd;
#endif
  return open_at(root, path.c_str(), flags);
}

long open_resolved(int root, std::string const& path, int flags, ::mode_t permissions) {
#if defined(__linux__) && defined(SYS_openat2)
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? permissions : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int races = 0; races < kRacesMax; ++races) {
    long const fd = call(Op::kOpenSafe, [&](std::size_t) {
      return ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    });
    // EPERM: a seccomp filter, or the real one.  A path as long as that is walked.
    if (fd == -ENOSYS || fd == -EPERM || fd == -ENAMETOOLONG) break;
    if (fd != -EAGAIN) return fd;
  }
#endif
  return open_walking(root, path, flags, permissions);
}

Error open_error(long negative) {
  switch (-negative) {
    case EISDIR:
    case EEXIST:
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
      return {Errc::kUnsafePath, static_cast<int>(-negative)};
    default:
      return error_of(negative);
  }
}

Expected<Fd> only_regular(long opened) {
  if (opened < 0) return open_error(opened);
  Fd fd{static_cast<int>(opened)};
  struct stat st {};
  long const result = call(Op::kStat, [&](std::size_t) { return ::fstat(fd.get(), &st); });
  if (result < 0) return error_of(result);
  if (S_ISDIR(st.st_mode)) return Error{Errc::kUnsafePath, EISDIR};
  if (!S_ISREG(st.st_mode)) return Error{Errc::kUnsafePath};
  return fd;
}

Expected<Fd> open_regular(int root, std::string const& path, int flags, ::mode_t permissions) {
  if (!is_plain(path)) return Error{Errc::kUnsafePath};
  return only_regular(open_resolved(root, path, flags | kCommonFlags, permissions));
}

Status make_directory(int parent, char const* name) {
  long const made =
      call(Op::kMkdir, [&](std::size_t) { return ::mkdirat(parent, name, kDirectoryPermissions); });
  if (made == -EEXIST) return kOk;  // the open that follows tells what it is
  return status_of(made);
}

}  // namespace

Expected<Fd> open_directory(std::string const& path) {
  long const fd = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return error_of(fd);
  return Fd{static_cast<int>(fd)};
}

Status make_directories(std::string const& path) {
  Status last = kOk;
  for (std::size_t end = 0; end != std::string::npos && end < path.size();) {
    end = path.find('/', end + 1);
    // A refusal on the way may only mean that the directory is there and its parent is
    // not ours; what counts is whether the whole path can be opened in the end.
    last = make_directory(AT_FDCWD, path.substr(0, end).c_str());
  }
  if (open_directory(path)) return kOk;
  return last;
}

Expected<Fd> make_directories_beneath(int root, std::string_view path) {
  if (!is_plain(path)) return Error{Errc::kUnsafePath};
  Fd held;
  for (int directory = root; !path.empty(); directory = held.get()) {
    std::string const element = next_element(path);
    long fd = open_at(directory, element.c_str(), kWalkFlags);
    if (fd == -ENOENT) {
      if (auto const made = make_directory(directory, element.c_str()); !made) return made.error();
      fd = open_at(directory, element.c_str(), kWalkFlags);
    }
    if (fd < 0) return open_error(fd);
    held = Fd{static_cast<int>(fd)};
  }
  return held;
}

Expected<Fd> open_beneath(int root, std::string const& path, Access access) {
  return open_regular(root, path, access == Access::kWrite ? O_RDWR : O_RDONLY, 0);
}

Expected<Fd> create_beneath(int root, std::string const& path, ::mode_t permissions) {
  return open_regular(root, path, O_RDWR | O_CREAT, permissions);
}

Expected<Fd> create_new_beneath(int root, std::string const& path, ::mode_t permissions) {
  return open_regular(root, path, O_RDWR | O_CREAT | O_EXCL, permissions);
}

Expected<Fd> create_unnamed(int root, ::mode_t permissions) {
#ifdef O_TMPFILE
  long const fd = open_at(root, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, permissions);
  if (fd < 0) return error_of(fd);
  return Fd{static_cast<int>(fd)};
#else
  (void)root, (void)permissions;
  return Error{Errc::kUnsupported, EOPNOTSUPP};
#endif
}

// By way of /proc, which takes no privilege.
Status name_beneath(int fd, int root, std::string const& name) {
  if (!is_plain(name)) return Error{Errc::kUnsafePath};
  std::string const self = "/proc/self/fd/" + std::to_string(fd);
  long const named = call(Op::kLink, [&](std::size_t) {
    return ::linkat(AT_FDCWD, self.c_str(), root, name.c_str(), AT_SYMLINK_FOLLOW);
  });
  if (named < 0) return open_error(named);
  return kOk;
}

Expected<Fd> open_through_links(int root, std::string const& path) {
  if (!is_plain(path)) return Error{Errc::kUnsafePath};
  return only_regular(open_following(root, path, O_RDONLY | kReadingFlags));
}

Expected<Fd> open_directory_beneath(int root, std::string const& path) {
  if (!is_plain(path)) return Error{Errc::kUnsafePath};
  long const fd = open_resolved(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0) return open_error(fd);
  return Fd{static_cast<int>(fd)};
}

}  // namespace btfast::storage::io
