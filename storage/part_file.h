// PartFile: one file for the ends of files that are not made (part_layout.h).
//
// Threads:   one caller at a time.
// Invariant: a file that does not carry the torrent's seal (part_seal.h) is neither read nor
//            removed, and is written over only where that is insisted on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "storage/fd.h"
#include "storage/gather.h"
#include "storage/io.h"
#include "storage/part_seal.h"

namespace btfast::storage {

class PartFile {
 public:
  PartFile(PartOwner const& owner, std::uint64_t size)
      : size_(size), seal_(part_seal(owner, size)) {}

  // `name` below `root`, which must stay open.  A missing one is not made, and no error.
  Status open(int root, std::string name, io::Access access);
  bool exists() const noexcept { return static_cast<bool>(fd_); }
  // Something of the name is there that is not this torrent's.
  bool foreign() const noexcept { return foreign_ != Foreign::kNo; }
  // …which write() may put ours in the place of, if the person insists.
  bool replaceable() const noexcept { return foreign_ == Foreign::kFile; }
  void insist() noexcept { insisted_ = true; }

  // Makes the file where it is missing.  kUnsafePath where it is foreign() and to be left alone.
  Status write(Gather& from, std::uint64_t length, std::uint64_t offset);
  // What was never written is zeros.
  Status read(std::span<std::byte> into, std::uint64_t offset) const;
  // Known to hold no written byte there.
  bool is_hole(std::uint64_t offset, std::uint64_t length) const;
  Status sync();
  // Others' hands were on it since it was opened: it is gone, replaced or cut.
  bool disturbed() const;
  // It is gone from the disk, if the name is still that of the file that was opened.
  Status remove();

  std::string const& name() const noexcept { return name_; }

 private:
  enum class Foreign : std::uint8_t { kNo, kFile, kOther };  // kOther: a link, a directory

  bool is_sealed(int fd) const;
  bool is_ours(Expected<io::FileInfo> const& named) const;
  Status make();
  Status write_seal(int fd) const;

  std::string name_;
  std::uint64_t const size_;  // of the ends
  std::vector<std::byte> const seal_;
  int root_ = -1;
  Fd fd_;
  bool unsynced_ = false;
  bool insisted_ = false;
  Foreign foreign_ = Foreign::kNo;
};

}  // namespace btfast::storage
