#include "storage/file_identity.h"

#include <algorithm>
#include <iterator>

namespace btfast::storage {
namespace {

bool differ(std::int64_t birth, std::int64_t other) noexcept {
  return birth != 0 && other != 0 && birth != other;
}

}  // namespace

// A stamp speaks for a file where an identity cannot: nobody but us writes to it, and whoever puts
// another one there that has its size and time to the nanosecond put a copy of it there.
bool is_known_file(KnownFile const& known, FileIdentity const& now, FileStamp const& stamp) {
  bool const other_birth = differ(known.identity.birth_ns, now.birth_ns);
  if (known.identity.inode == now.inode && !other_birth) return true;
  if (known.lasting) return false;
  bool const same_birth = now.birth_ns != 0 && known.identity.birth_ns == now.birth_ns;
  return same_birth || !known.stamp || *known.stamp == stamp;
}

bool identities_last(std::uint64_t magic) noexcept {
  constexpr std::uint64_t kNot[] = {
      0x4d44,      // FAT
      0x2011bab0,  // exFAT
      0x65735546,  // FUSE, whoever serves it
      0x01021997,  // 9p
      0x517b,      // SMB, three of them
      0xff534d42, 0xfe534d42,
      0x786f4256,  // folders shared by a host: VirtualBox, Parallels, VMware
      0x7c7c6673, 0xbacbacbc,
      0x794c7630,  // layers of file systems: overlay, aufs
      0x61756673,
  };
  return std::ranges::find(kNot, magic) == std::end(kNot);
}

bool identities_last(std::string_view type_name) noexcept {
  if (type_name.find("fuse") != std::string_view::npos) return false;
  constexpr std::string_view kNot[] = {"msdos", "msdosfs", "exfat",   "smbfs", "cifs",
                                       "lifs",  "webdav",  "unionfs", "ntfs",  "p9fs"};
  return std::ranges::find(kNot, type_name) == std::end(kNot);
}

bool identities_last_on(int fd) {
  return identities_last(io::file_system_magic(fd)) && identities_last(io::file_system_name(fd));
}

void KnownFiles::reset(std::size_t files) {
  MutexLock const lock{mutex_};
  files_.assign(files, {});
  device_.reset();
}

void KnownFiles::note(FileIndex file, int fd, io::FileInfo const& now) {
  KnownFile known{{now.inode, io::birth_time_ns(fd)}, {}, asked_lasting(fd, now.device)};
  if (!known.lasting) known.stamp = stamp_of(now);
  MutexLock const lock{mutex_};
  files_[file.value] = known;
}

bool KnownFiles::is_meant(FileIndex file, int fd, io::FileInfo const& now) {
  KnownFile const meant = known(file);
  if (meant.identity.inode == 0) return true;
  if (meant.lasting && meant.identity.inode != now.inode) return false;
  FileIdentity const identity{now.inode, meant.identity.birth_ns == 0 ? 0 : io::birth_time_ns(fd)};
  if (!is_known_file(meant, identity, stamp_of(now))) return false;
  if (meant.lasting) return true;
  MutexLock const lock{mutex_};
  files_[file.value] = {identity, {}, false};
  return true;
}

void KnownFiles::note_closed(FileIndex file, FileStamp const& left) {
  MutexLock const lock{mutex_};
  if (!files_[file.value].lasting) files_[file.value].stamp = left;
}

bool KnownFiles::is_open_one(FileIndex file, io::FileInfo const& open, io::FileInfo const& named) {
  return open.same_file(named) || (!is_lasting(file) && stamp_of(open) == stamp_of(named));
}

KnownFile KnownFiles::known(FileIndex file) {
  MutexLock const lock{mutex_};
  return files_[file.value];
}

bool KnownFiles::asked_lasting(int fd, std::uint64_t device) {
  {
    MutexLock const lock{mutex_};
    if (device_ == device) return device_lasting_;
  }
  bool const lasting = last_(fd);
  MutexLock const lock{mutex_};
  device_ = device;
  device_lasting_ = lasting;
  return lasting;
}

}  // namespace btfast::storage
