#include "storage/output_lock.h"

#include <cerrno>

#include "storage/io.h"

namespace btfast::storage {

// An overlay copies the whole of a file that is opened to be written, and NFS locks no other.
Expected<OutputLock> OutputLock::take(int root, std::string const& path) {
  std::size_t const slash = path.find('/');
  bool const file = slash == std::string::npos;
  auto fd = file ? io::open_beneath(root, path, io::Access::kRead)
                 : io::open_directory_beneath(root, path.substr(0, slash));
  if (!fd) return fd.error();
  auto locked = io::lock(fd->get());
  if (!locked && file && locked.error().sys_errno == EBADF) {
    fd = io::open_beneath(root, path, io::Access::kWrite);
    if (!fd) return fd.error();
    locked = io::lock(fd->get());
  }
  if (locked) return OutputLock{*std::move(fd)};
  if (locked.error().code == Errc::kUnsupported) return OutputLock{};
  return locked.error();
}

}  // namespace btfast::storage
