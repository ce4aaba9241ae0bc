#include "storage/replace_file.h"

#include "storage/io.h"
#include "storage/own_names.h"
#include "storage/path_safety.h"

namespace btfast::storage {
namespace {

constexpr ::mode_t kPermissions = 0666;

Expected<Fd> write_new(int directory, std::string const& name, FillFile const& fill,
                       Durable durable) {
  auto fd = io::create_beneath(directory, name, kPermissions);
  if (!fd) return fd;
  if (auto const filled = fill(fd->get()); !filled) return filled.error();
  if (durable == Durable::kNo) return fd;
  if (auto const synced = io::sync(fd->get()); !synced) return synced.error();
  return fd;
}

}  // namespace

std::string replacement_name(std::string const& name, std::size_t name_max) {
  return beside_name(name, kReplacementSuffix, name_max);
}

Status replace_file(int directory, std::string const& name, std::span<std::byte const> bytes,
                    Durable durable) {
  auto const write = [bytes](int fd) { return io::write_all_at(fd, bytes, 0); };
  auto const done = replace_file(directory, name, write, durable);
  return done ? Status{kOk} : Status{done.error()};
}

Expected<Fd> replace_file(int directory, std::string const& name, FillFile const& fill,
                          Durable durable) {
  std::string const fresh = replacement_name(name, io::name_max(directory));
  // What a killed process left: it may be longer, or a link.
  if (auto const gone = io::unlink(directory, fresh);
      !gone && gone.error().code != Errc::kNotFound) {
    return gone.error();
  }
  auto made = write_new(directory, fresh, fill, durable);
  auto const renamed = made ? io::rename(directory, fresh, name) : Status{made.error()};
  if (!renamed) {
    (void)io::unlink(directory, fresh);
    return renamed.error();
  }
  if (durable == Durable::kNo) return made;
  if (auto const synced = io::sync(directory); !synced) return synced.error();
  return made;
}

}  // namespace btfast::storage
