// The part of PartFile that sees to its other names (hard links): `cp -al` makes a copy of an
// output that is one with it, and what is written to one would be written to both.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/part_file.h"
#include "storage/replace_file.h"

namespace btfast::storage {
namespace {

constexpr std::uint64_t kCopyBytes = 64 * 1024;

}  // namespace

// Once for all that is written until the next sync.
Status PartFile::begin_change() {
  if (unsynced_) return kOk;
  auto const held = io::info(fd_.get());
  if (!held) return held.error();
  if (held->links > 1) {
    if (auto const copied = take_a_copy(); !copied) return copied;
  }
  unsynced_ = true;
  return kOk;
}

Status PartFile::take_a_copy() {
  if (!is_ours(io::info_beneath(root_, name_))) return Error{Errc::kUnsafePath, EEXIST};
  if (copy_is_barred()) return Error{Errc::kUnsafePath, EMLINK};
  auto copy = replace_file(root_, name_, [this](int fd) { return copy_to(fd); });
  if (!copy) return copy.error();
  fd_ = *std::move(copy);
  return kOk;
}

// The seal first: what a kill leaves of it is known to be ours.
Status PartFile::copy_to(int fd) const {
  if (auto const sealed = write_seal(fd); !sealed) return sealed;
  for (std::uint32_t number = 0; number < marks_.size(); ++number) {
    if (!marks_.test(number)) continue;
    auto const copied = copy_fragment(fd, layout_.fragment(number));
    if (!copied) return copied;
  }
  return io::write_all_at(fd, marks_.to_wire(), marks_offset());
}

Status PartFile::copy_fragment(int fd, Fragment const& fragment) const {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kCopyBytes, fragment.length)));
  for (std::uint64_t done = 0; done < fragment.length;) {
    auto const bytes = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), fragment.length - done)));
    if (auto const got = read(bytes, fragment.in_part + done); !got) return got;
    if (auto const put = io::write_all_at(fd, bytes, place_of(fragment.in_part) + done); !put)
      return put;
    done += bytes.size();
  }
  return kOk;
}

std::string PartFile::copy_name() const { return replacement_name(name_, io::name_max(root_)); }

bool PartFile::copy_is_barred() const {
  if (!fd_) return false;
  auto const held = io::info(fd_.get());
  return held && held->links > 1 && copy_place() == CopyPlace::kBarred;
}

PartFile::CopyPlace PartFile::copy_place() const {
  auto const there = io::open_beneath(root_, copy_name(), io::Access::kRead);
  if (!there) {
    return there.error().code == Errc::kNotFound ? CopyPlace::kFree : CopyPlace::kBarred;
  }
  bool const ours = is_nobodys(there->get()) || is_sealed(there->get());
  return ours ? CopyPlace::kOurs : CopyPlace::kBarred;
}

}  // namespace btfast::storage
