// PartialStorage: a torrent of which only some files are wanted.  The others are not made;
// what wanted pieces have of them goes into a part file beside the output, so that these
// pieces can be hashed again and served, and into the real file once that is wanted.
//
// A file that is there at its full size is used as it is, wanted or not, unless it was disowned.
// It is disowned when its own bytes are known: by whoever hashed them, or because they are others
// than those that the part file has of it (part_belief.h).
//
// Threads:   as Storage; select() from any thread.
// Ownership: owns the FileStorage that has the files.
// Ordering:  a file is `absent_` until its ends are in it; the flag falls with release
//            under `mutex_`, which is held around every use of the part file.  (A mailbox
//            would not do: the caller's bytes must be somewhere now.  Only pieces with a
//            part in an absent file come here.)
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/limits.h"
#include "storage/file_map.h"
#include "storage/file_storage.h"
#include "storage/gather.h"
#include "storage/mutex.h"
#include "storage/part_belief.h"
#include "storage/part_file.h"
#include "storage/part_layout.h"
#include "storage/part_seal.h"
#include "storage/storage.h"

namespace btfast::storage {

// Beside the file or top folder that the map begins with, on a file system whose names have at
// most `name_max` bytes.
std::string part_file_name(FileMap const& map, std::size_t name_max = limits::kPathElementBytes);

class PartialStorage final : public Storage {
 public:
  // `wanted` by FileIndex; empty: every file.  `owner` says whose the part file is.
  PartialStorage(std::string output_dir, FileMap map, PartOwner const& owner,
                 std::vector<bool> const& wanted = {}, FileStorage::Options options = {});
  // To be read only, as FileStorage::open_existing(): missing files' ends are read from
  // the part file, where they are in it.
  static Result<std::unique_ptr<PartialStorage>> open_existing(
      std::string output_dir, FileMap map, PartOwner const& owner,
      std::vector<bool> const& wanted = {});

  Outcome look() override;
  Outcome prepare() override;
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override;
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome sync() override;
  bool is_hole(std::uint64_t offset, std::uint64_t length) override;
  bool is_there(std::uint64_t offset, std::uint64_t length) override;
  bool turn_over(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Extent> extents() override { return files_->extents(); }
  void will_read(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Disturbance> disturbances(Watch watch) override;
  std::vector<Disturbance> unwritable() override { return files_->unwritable(); }
  // Makes those of them that are absent.  Files once made stay, wanted or not.
  Outcome select(std::vector<bool> const& wanted) override;

  FileStorage& files() noexcept { return *files_; }
  FileStorage const& files() const noexcept { return *files_; }
  bool absent(FileIndex file) const noexcept {
    return absent_[file.value].load(std::memory_order_acquire);
  }

 private:
  PartialStorage(std::unique_ptr<FileStorage> files, PartOwner const& owner,
                 std::vector<bool> wanted, io::Access access);

  FileMap const& map() const noexcept { return files_->map(); }
  bool whole() const noexcept { return absent_count_.load(std::memory_order_acquire) == 0; }
  Outcome open_part();
  bool is_wanted(FileIndex file) const;
  bool has_full_length(FileIndex file) const;
  bool stands_in_file(FileSlice const& slice) const;
  bool is_whole(FileIndex file) const;
  bool in_part(FileIndex file) const BTF_ON(mutex_);
  Belief belief(FileIndex file) const BTF_ON(mutex_);
  bool is_of_part(FileIndex file, Fragment const& end) const BTF_ON(mutex_);
  bool has_its_ends(FileIndex file) const BTF_ON(mutex_);
  void note_to_be_filled(FileIndex file) BTF_ON(mutex_);
  void note_what_is_believed(FileIndex file) BTF_ON(mutex_);
  void find_beliefs() BTF_ON(mutex_);
  void find_absent() BTF_ON(mutex_);
  bool is_used(std::uint64_t offset) const BTF_ON(mutex_);
  Outcome refuse_foreign_part();
  bool needs_part() const BTF_ON(mutex_);
  bool has_part(FileSlice const& slice);
  Outcome write_absent(FileSlice const& slice, Gather& from);
  Outcome read_absent(FileSlice const& slice, std::span<std::byte> into);
  Outcome read_fragment(FileSlice const& slice, std::span<std::byte> into) BTF_ON(mutex_);
  Outcome bring_what_is_wanted() BTF_ON(mutex_);
  Outcome make_present(FileIndex file) BTF_ON(mutex_);
  Outcome bring_ends(FileIndex file) BTF_ON(mutex_);
  void note_brought(FileIndex file) BTF_ON(mutex_);
  void note_what_is_in_both() BTF_ON(mutex_);
  Outcome bring_end(FileIndex file, Fragment const& end) BTF_ON(mutex_);
  Outcome let_go() BTF_ON(mutex_);
  Failure barred_copy() const BTF_ON(mutex_);
  Failure part_failure(std::string_view what, Error error) const BTF_ON(mutex_);

  // Immutable after prepare().
  std::unique_ptr<FileStorage> const files_;
  io::Access const access_;
  std::vector<bool> const wanted_;
  PartLayout const layout_;
  std::vector<bool> const beside_wanted_;  // by FileIndex; empty: every file is wanted
  bool looked_ = false;
  bool prepared_ = false;

  // Atomic: see Ordering.
  std::unique_ptr<std::atomic<bool>[]> const absent_;
  std::atomic<std::size_t> absent_count_{0};

  Mutex mutex_;
  PartFile part_ BTF_OWNED_BY(mutex_);
  std::vector<Belief> beliefs_ BTF_OWNED_BY(mutex_);  // by FileIndex; empty: kFile
  // By Fragment::number: that of the two kinds is read which is not read first.
  std::vector<bool> turned_ BTF_OWNED_BY(mutex_);
  // Of their length, and ends of theirs were written to the part file.
  std::set<FileIndex> doubled_ BTF_OWNED_BY(mutex_);
  std::vector<Fragment> brought_ BTF_OWNED_BY(mutex_);  // and still in the part file
  std::vector<bool> chosen_ BTF_OWNED_BY(mutex_);       // wanted since, as wanted_
};

}  // namespace btfast::storage
