// What a file system says of names.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/limits.h"
#include "storage/io.h"
#include "storage/io_call.h"

namespace btfast::storage::io {
namespace {

// A duplicate would share with the first where the reading stands.
Expected<Fd> open_anew(int directory) {
  long const fd = call(Op::kOpen, [&](std::size_t) {
    return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  });
  if (fd < 0) return error_of(fd);
  return Fd{static_cast<int>(fd)};
}

}  // namespace

Expected<std::vector<std::string>> names_in(int root, std::string const& path,
                                            std::size_t names_max) {
  auto fd = path.empty() ? open_anew(root) : open_directory_beneath(root, path);
  if (!fd) return fd.error();
  DIR* const directory = ::fdopendir(fd->get());
  if (directory == nullptr) return error_of(-errno);
  (void)fd->release();
  std::vector<std::string> names;
  dirent const* entry = nullptr;
  long more = 0;
  for (;;) {
    more = call(Op::kReadDir, [&](std::size_t) {
      errno = 0;
      entry = ::readdir(directory);
      return entry != nullptr ? 1 : errno == 0 ? 0 : -1;
    });
    if (more <= 0 || names.size() == names_max) break;
    names.emplace_back(entry->d_name);
  }
  ::closedir(directory);
  if (more < 0) return error_of(more);
  if (more > 0) return Error{Errc::kTooLarge};
  return names;
}

std::size_t name_max(int fd) {
  constexpr long kLeast = 64;  // less is no answer
  long const told = ::fpathconf(fd, _PC_NAME_MAX);
  long const most = static_cast<long>(limits::kPathElementBytes);
  return static_cast<std::size_t>(told < kLeast ? most : std::min(told, most));
}

}  // namespace btfast::storage::io
