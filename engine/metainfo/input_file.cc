#include "engine/metainfo/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/types.h"

namespace btfast {
namespace {

class File {
 public:
  explicit File(int fd) noexcept : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) (void)::close(fd_);
  }
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int const fd_;
};

Failure too_large(std::string const& path, std::size_t bytes_max) {
  return {Errc::kTooLarge, path + ": larger than " + std::to_string(bytes_max) +
                               " bytes, the limit for a torrent file"};
}

// Everything up to the end, but never more than one byte past the limit.
Result<std::vector<std::byte>> read_all(int fd, std::string const& path, std::size_t bytes_max) {
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  for (;;) {
    if (used > bytes_max) return too_large(path, bytes_max);
    if (used == bytes.size()) bytes.resize(std::min(used * 2 + 64 * kKiB, bytes_max + 1));
    ssize_t const n = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure{errc_from_file_errno(errno), errno, path};
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

std::string input_file_name(std::string const& path) {
  return path == "-" ? "standard input" : path;
}

Result<std::vector<std::byte>> read_input_file(std::string const& path, std::size_t bytes_max) {
  if (path == "-") return read_all(STDIN_FILENO, input_file_name(path), bytes_max);
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  File const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.get() < 0) return Failure{errc_from_file_errno(errno), errno, path};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Failure{errc_from_file_errno(errno), errno, path};
  if (S_ISDIR(status.st_mode)) return Failure{Errc::kBadMetainfo, path + ": is a directory"};
  if (!S_ISREG(status.st_mode)) return Failure{Errc::kBadMetainfo, path + ": not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) return too_large(path, bytes_max);
  return read_all(file.get(), path, bytes_max);
}

}  // namespace btfast
