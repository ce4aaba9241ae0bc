#include "engine/metainfo/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include "engine/base/ascii.h"
#include "engine/base/counted.h"
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

// A FIFO is opened by its reader as often before its writer as after it.
constexpr int kWriterWaitMs = 2'000;

Failure too_large(std::string const& path, std::size_t bytes_max) {
  return {Errc::kTooLarge, path + ": larger than " + counted_bytes(bytes_max) +
                               ", the limit for a torrent file (--max-torrent)"};
}

Failure refused(int error, std::string const& path) {
  bool const ours = errc_from_file_errno(error) == Errc::kNoResource;
  return {ours ? Errc::kNoResource : Errc::kBadMetainfo, error, path};
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
    if (n < 0 && errno == EAGAIN) {  // a pipe that does not block, from whoever started us
      pollfd wanted{fd, POLLIN, 0};
      (void)::poll(&wanted, 1, -1);
      continue;
    }
    if (n < 0) return refused(errno, path);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

// The descriptor that a path means.  Opening it by that name fails for a socket and forgets how
// far a file was read.
std::optional<int> descriptor_of(std::string_view path) {
  if (path == "-" || path == "/dev/stdin") return STDIN_FILENO;
  for (std::string_view const folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    auto const fd = to_number<int>(path.substr(folder.size()));
    if (fd && *fd >= 0) return fd;
  }
  return std::nullopt;
}

// Waits a moment for somebody who writes; a FIFO that nobody has open is at its end at once.
Result<std::vector<std::byte>> read_fifo(int fd, std::string const& path, std::size_t bytes_max) {
  pollfd wanted{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wanted, 1, kWriterWaitMs);
  } while (ready < 0 && errno == EINTR);
  auto bytes = read_all(fd, path, bytes_max);
  if (ready > 0 || !bytes || !bytes->empty()) return bytes;
  return Failure{Errc::kBadMetainfo, path + ": is a pipe that nobody writes to"};
}

}  // namespace

std::string input_file_name(std::string const& path) {
  if (path.empty()) return "\"\"";
  return path == "-" ? "standard input" : path;
}

Result<std::vector<std::byte>> read_input_file(std::string const& path, std::size_t bytes_max) {
  if (auto const fd = descriptor_of(path)) return read_all(*fd, input_file_name(path), bytes_max);
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  File const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.get() < 0) return refused(errno, input_file_name(path));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return refused(errno, path);
  if (S_ISDIR(status.st_mode)) return Failure{Errc::kBadMetainfo, path + ": is a directory"};
  if (S_ISFIFO(status.st_mode)) return read_fifo(file.get(), path, bytes_max);
  if (!S_ISREG(status.st_mode)) {
    return Failure{Errc::kBadMetainfo, path + ": is a device, not a file"};
  }
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max) return too_large(path, bytes_max);
  return read_all(file.get(), path, bytes_max);
}

}  // namespace btfast
