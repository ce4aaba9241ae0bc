#include "engine/base/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// More than any machine gives; stands for "no limit".
constexpr std::uint64_t kUnlimited = 1u << 30;

// No socket: a sandbox may refuse any family of them, and has descriptors all the same.
int any_descriptor() noexcept {
#ifdef __linux__
  return ::eventfd(0, EFD_CLOEXEC);
#else
  return ::open("/", O_RDONLY | O_CLOEXEC);
#endif
}

bool is_lack(int err) noexcept { return err == EMFILE || err == ENFILE || err == ENOMEM; }

}  // namespace

std::uint64_t descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return kUnlimited;
  }
  return std::min<std::uint64_t>(limit.rlim_cur, kUnlimited);
}

std::uint64_t descriptors_for_sockets() noexcept {
  std::uint64_t const limit = descriptor_limit();
  return limit - std::min<std::uint64_t>(limits::kReservedFds, limit / 4);
}

void stand_in_for_closed_streams() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest free number, which is fd.  Nobody can read what is open to be
    // written only, and nobody can write to a folder.
    (void)(fd == STDIN_FILENO ? ::open("/dev/null", O_WRONLY) : ::open("/", O_RDONLY));
  }
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);  // what we have goes on
}

bool is_of_descriptor_reserve(int fd) noexcept {
  return fd >= 0 && static_cast<std::uint64_t>(fd) >= descriptors_for_sockets();
}

Outcome check_room_for_sockets(std::size_t count) {
  std::vector<int> held;
  int err = 0;
  while (err == 0 && held.size() < count) {
    int const fd = any_descriptor();
    if (fd < 0) {
      err = errno;
      continue;
    }
    held.push_back(fd);
    if (is_of_descriptor_reserve(fd)) err = EMFILE;
  }
  for (int const fd : held) ::close(fd);
  if (!is_lack(err)) return kOk;  // what is refused otherwise tells nothing of the room
  if (err != EMFILE) return Failure{Errc::kNoResource, err, "no socket for peers and trackers"};
  return Failure{Errc::kNoResource, err,
                 "a limit of " + std::to_string(descriptor_limit()) +
                     " descriptors leaves too few for peers and trackers"};
}

}  // namespace btfast
