#include "engine/metainfo/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "engine/base/bencode.h"
#include "engine/base/limits.h"
#include "engine/metainfo/input_file.h"
#include "storage/path_safety.h"

namespace btfast {
namespace {

Failure failed(std::string const& path) {
  int const err = errno;
  return {errc_from_file_errno(err), err, path};
}

Outcome write_all(int fd, std::span<std::byte const> bytes, std::string const& path) {
  while (!bytes.empty()) {
    ssize_t const n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return failed(path);
  return kOk;
}

// A file system without RENAME_NOREPLACE leaves only asking first.
int rename_to_new(char const* from, char const* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (::access(to, F_OK) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from, to);
}

}  // namespace

std::string torrent_file_name(std::string_view name) {
  return storage::beside_name(name, ".torrent");
}

bool may_be_torrent(std::string const& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  auto const bytes = read_input_file(path, limits::kMetainfoBytes);
  if (!bytes) return false;
  if (bytes->empty()) return true;
  auto const tree = bencode::parse(*bytes, {.allow_trailing = true});
  return tree && tree->root().is_dict() && tree->root().find_dict("info");
}

Outcome write_output_file(std::string const& path, std::span<std::byte const> bytes,
                          IfExists if_exists) {
  std::size_t const name_at = path.rfind('/') + 1;  // 0 without one
  std::string const temporary =
      path.substr(0, name_at) + storage::beside_name(std::string_view{path}.substr(name_at),
                                                     "." + std::to_string(::getpid()) + ".tmp");
  int const fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return failed(path);
  Outcome written = write_all(fd, bytes, path);
  if (::close(fd) != 0 && written) written = failed(path);
  if (written) {
    bool const replace = if_exists == IfExists::kReplace;
    int const moved = replace ? ::rename(temporary.c_str(), path.c_str())
                              : rename_to_new(temporary.c_str(), path.c_str());
    if (moved != 0) written = failed(path);
  }
  if (!written) (void)::unlink(temporary.c_str());
  return written;
}

}  // namespace btfast
