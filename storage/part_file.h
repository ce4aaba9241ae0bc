// PartFile: one file for the ends of files that are not made (part_layout.h).
//
// Threads: one caller at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/base/expected.h"
#include "storage/fd.h"
#include "storage/gather.h"
#include "storage/io.h"

namespace btfast::storage {

class PartFile {
 public:
  explicit PartFile(std::uint64_t size) : size_(size) {}

  // `name` below `root`, which must stay open.  A missing one is not made, and no error.
  Status open(int root, std::string name, io::Access access);
  bool exists() const noexcept { return static_cast<bool>(fd_); }
  // Something of the name is there that we did not make: never touched.
  bool foreign() const noexcept { return foreign_; }

  // Makes the file where it is missing.  kUnsafePath where it is foreign().
  Status write(Gather& from, std::uint64_t length, std::uint64_t offset);
  // What was never written is zeros.
  Status read(std::span<std::byte> into, std::uint64_t offset) const;
  // Known to hold no written byte there.
  bool is_hole(std::uint64_t offset, std::uint64_t length) const;
  Status sync();
  // It is gone from the disk.
  Status remove();

  std::string const& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::uint64_t const size_;
  int root_ = -1;
  Fd fd_;
  bool unsynced_ = false;
  bool foreign_ = false;
};

}  // namespace btfast::storage
