#include "storage/replace_file.h"

#include <sys/uio.h>

#include "storage/io.h"
#include "storage/own_names.h"
#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

constexpr ::mode_t kPermissions = 0666;

Status write_new(int directory, std::string const& name, std::span<std::byte const> bytes,
                 Durable durable) {
  auto const fd = io::create_beneath(directory, name, kPermissions);
  if (!fd) return fd.error();
  // pwritev only reads through it.
  iovec const buffer{const_cast<std::byte*>(bytes.data()), bytes.size()};
  Gather from{{&buffer, 1}};
  if (auto const written = io::write_at(fd->get(), from, bytes.size(), 0); !written) {
    return written;
  }
  return durable == Durable::kYes ? io::sync(fd->get()) : Status{kOk};
}

}  // namespace

std::string replacement_name(std::string const& name, std::size_t name_max) {
  return beside_name(name, kReplacementSuffix, name_max);
}

Status replace_file(int directory, std::string const& name, std::span<std::byte const> bytes,
                    Durable durable) {
  std::string const fresh = replacement_name(name, io::name_max(directory));
  // What a killed process left: it may be longer, or a link.
  if (auto const gone = io::unlink(directory, fresh);
      !gone && gone.error().code != Errc::kNotFound) {
    return gone;
  }
  Status done = write_new(directory, fresh, bytes, durable);
  if (done) done = io::rename(directory, fresh, name);
  if (!done) {
    (void)io::unlink(directory, fresh);
    return done;
  }
  return durable == Durable::kYes ? io::sync(directory) : Status{kOk};
}

}  // namespace btfast::storage
