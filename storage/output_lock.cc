#include "storage/output_lock.h"

#include "storage/io.h"

namespace btfast::storage {

Expected<OutputLock> OutputLock::take(int root, std::string const& path) {
  std::size_t const slash = path.find('/');
  auto fd = slash == std::string::npos ? io::open_beneath(root, path, io::Access::kWrite)
                                       : io::open_directory_beneath(root, path.substr(0, slash));
  if (!fd) return fd.error();
  auto const locked = io::lock(fd->get());
  if (locked) return OutputLock{*std::move(fd)};
  if (locked.error().code == Errc::kUnsupported) return OutputLock{};
  return locked.error();
}

}  // namespace btfast::storage
