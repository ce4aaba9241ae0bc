// PartFile: one file for the ends of files that are not made (part_layout.h).
//
// It says itself which of them were written, by a mark for each behind its seal: the holes of a
// file system are as large as its pages, and some file systems tell of none.  The bytes come first
// and their mark after them, both with the next sync.  After a kill a mark has its bytes, and only
// what was being written has none.  After a power failure a mark may be there without its bytes: in
// a hole it does not count, and anything else is hashed before it is believed.
//
// Threads:   one caller at a time.
// Invariant: a file that does not carry the torrent's seal (part_seal.h) is neither read nor
//            removed, and is written over only where that is insisted on.  An empty one, or
//            one of zeros, is nobody's.  One that other names lead to (hard links) is never
//            written: before the first change a copy takes its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "storage/fd.h"
#include "storage/gather.h"
#include "storage/io.h"
#include "storage/part_layout.h"
#include "storage/part_seal.h"

namespace btfast::storage {

class PartFile {
 public:
  // The layout must outlive it.
  PartFile(PartOwner const& owner, PartLayout const& layout)
      : layout_(layout),
        seal_(part_seal(owner, layout.total_size())),
        marks_(layout.fragment_count()) {}

  // `name` below `root`, which must stay open.  A missing one is not made, and no error.
  Status open(int root, std::string name, io::Access access);
  bool exists() const noexcept { return static_cast<bool>(fd_); }
  // Something of the name is there that is not this torrent's.
  bool foreign() const noexcept { return foreign_ != Foreign::kNo; }
  // …which write() may put ours in the place of, if the person insists.
  bool replaceable() const noexcept { return foreign_ == Foreign::kFile; }
  void insist() noexcept { insisted_ = true; }
  // It has other names, and what stands where its copy would be made is not ours.
  bool copy_is_barred() const;
  // Where that is.
  std::string copy_name() const;
  // …and nobody lets us see whose it is.
  std::optional<Error> const& unreadable() const noexcept { return unreadable_; }

  // Makes the file where it is missing.  kUnsafePath where it is foreign() and to be left alone.
  // `to` is a fragment, or the rest of one.
  Status write(Gather& from, std::uint64_t length, Fragment const& to);
  // What was never written is zeros.
  Status read(std::span<std::byte> into, std::uint64_t offset) const;
  // Whether something was written of the fragment.
  bool has(Fragment const& fragment) const noexcept { return marks_.test(fragment.number); }
  bool has_none() const noexcept { return marks_.none(); }
  // They are where they belong by now, and safe there.  Where it has no others, the file stays as
  // it is, for remove().
  Status forget(std::span<Fragment const> fragments);
  Status sync();
  // Others' hands were on it since it was opened: it is gone, replaced or cut.
  bool disturbed() const;
  // It is gone from the disk, if the name is still that of the file that was opened.
  Status remove();

  std::string const& name() const noexcept { return name_; }

 private:
  enum class Foreign : std::uint8_t { kNo, kFile, kOther };       // kOther: a link, a directory
  enum class CopyPlace : std::uint8_t { kFree, kOurs, kBarred };  // kOurs: a kill left it

  std::uint64_t marks_offset() const noexcept;
  std::uint64_t place_of(std::uint64_t in_part) const noexcept;
  bool is_sealed(int fd) const;
  bool is_nobodys(int fd) const;
  bool is_ours(Expected<io::FileInfo> const& named) const;
  Status load_marks();
  void drop_marks_of_nothing();
  Status write_mark(std::uint32_t number);
  Status begin_change();
  Status take_a_copy();
  Status copy_to(int fd) const;
  Status copy_fragment(int fd, Fragment const& fragment) const;
  CopyPlace copy_place() const;
  Status make();
  Expected<Fd> make_sealed() const;
  Status remove_nobodys() const;
  Status write_seal(int fd) const;

  PartLayout const& layout_;
  std::vector<std::byte> const seal_;
  std::string name_;
  int root_ = -1;
  Fd fd_;
  Bitfield marks_;                // by Fragment::number
  std::uint64_t size_known_ = 0;  // the file was at least as long
  bool unsynced_ = false;
  bool insisted_ = false;
  Foreign foreign_ = Foreign::kNo;
  std::optional<Error> unreadable_;
};

}  // namespace btfast::storage
