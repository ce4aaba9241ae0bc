// FileStorage: a torrent's bytes in files below one output directory.
//
// Threads:   prepare() once and first; all else from any thread.
// Ownership: holds the output directory open: renaming or remounting over it redirects
//            nothing.  Storage that is written holds the output's lock (output_lock.h).
// Invariant: no link below the output directory is ever followed, nothing that is longer
//            than the torrent says is cut, and no file is made but by prepare() and make().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/allocate.h"
#include "storage/file_map.h"
#include "storage/file_pool.h"
#include "storage/gather.h"
#include "storage/io.h"
#include "storage/mutex.h"
#include "storage/name_choice.h"
#include "storage/output_lock.h"
#include "storage/storage.h"

namespace btfast::storage {

// What tells whether a file was changed behind our back.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(FileStamp const&) const = default;
};

class FileStorage final : public Storage {
 public:
  struct Options {
    std::optional<AllocMode> alloc;  // empty: what suits the file system
    std::size_t open_files_max = FilePool::default_open_max();
    // By FileIndex; empty: none.  These are looked at and used where they are, but not made
    // until make(), and what is wrong with them is no failure.
    std::vector<bool> left_out = {};
  };

  // `output_dir` is made by prepare() where missing; links in it are the user's affair.
  FileStorage(std::string output_dir, FileMap map);
  FileStorage(std::string output_dir, FileMap map, Options options);

  // What is there, to be read only: makes nothing.  Missing files fail when read.
  static Result<std::unique_ptr<FileStorage>> open_existing(std::string output_dir, FileMap map);

  Outcome prepare() override;
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override;
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome sync() override;
  bool is_hole(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Extent> extents() override { return extents_; }
  void will_read(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Disturbance> disturbances(Watch watch) override;
  std::vector<Disturbance> unwritable() override;

  // A file that was left out, after prepare(), as prepare() would have made it.
  Outcome make(FileIndex file);

  // What prepare() or open_existing() found, before anything was made.
  bool had_data(FileIndex file) const noexcept;
  bool had_any_data() const noexcept;
  std::optional<std::uint64_t> found_size(FileIndex file) const noexcept;
  std::optional<FileStamp> found_stamp(FileIndex file) const noexcept;

  // As the options say, whatever make() made since.
  bool left_out(FileIndex file) const noexcept {
    return !options_.left_out.empty() && options_.left_out[file.value];
  }

  // Size and times of the file as it is now.
  Result<io::FileInfo> info(FileIndex file);
  // The stamp that prepare() or our last write left; asked of the file only after a write.
  // REQUIRES: not a pad.
  Result<FileStamp> stamp(FileIndex file);
  FileMap const& map() const noexcept { return map_; }
  std::string path_of(FileIndex file) const;
  std::string directory_path() const;  // ends in '/'
  // The output directory, open from prepare() on.
  int directory() const noexcept { return root_.get(); }

 private:
  struct Names;  // of files made, to find two names for one file
  FileStorage(std::string output_dir, FileMap map, Options options, io::Access access);

  Outcome lock_output();
  Outcome inspect();
  Outcome inspect_file(FileIndex file);
  void lies_on(FileIndex file, std::uint64_t device);
  Result<FileStamp> make_named(FileIndex file, Names& names);
  bool give_way(FileSpec const& spec, NameChoice& choice, bool clash, Failure const& why) const;
  Result<FileStamp> make_file(FileIndex file, Names& names);
  Failure same_name(FileIndex file) const;
  Expected<Fd> open_to_make(FileIndex file);
  Outcome sync_directories();
  Status sync_directory(std::string const& below) const;
  Status write_slice(FileSlice const& slice, Gather& from);
  Status write_to(FilePool::Use const& use, FileSlice const& slice, Gather& from);
  Status read_slice(FileSlice const& slice, std::span<std::byte> into);
  std::optional<Failure> directory_gone() const;
  std::optional<Failure> disturbance(FileIndex file, Watch watch);
  std::optional<Failure> changed(FileIndex file, io::FileInfo const& named);
  void note_stamp(FileIndex file, io::FileInfo const& now);
  Failure too_long(FileIndex file, std::uint64_t size) const;
  Failure failure(std::string_view what, FileIndex file, Error error) const;

  // Immutable after prepare().
  std::string const output_dir_;
  FileMap map_;  // its names are settled by prepare()
  Options const options_;
  io::Access const access_;
  Fd root_;
  OutputLock lock_;
  std::vector<FileStamp> found_;  // size kAbsent: not there
  std::vector<Extent> extents_;   // what is not there lies where its neighbour does
  std::unique_ptr<FilePool> pool_;

  // Atomic: marks of each file.  kUnsynced is set after a write and cleared before a sync,
  // both by acq_rel read-modify-writes: a sync sees the mark, or came before the write ended.
  static constexpr std::uint8_t kHadData = 1;
  static constexpr std::uint8_t kWritten = 2;
  static constexpr std::uint8_t kUnsynced = 4;
  static constexpr std::uint8_t kRestamp = 8;  // like kUnsynced, for stamps_
  static constexpr std::uint8_t kOurs = 16;    // is there, and of use to us
  static constexpr std::uint8_t kUnwritable = 32;
  std::unique_ptr<std::atomic<std::uint8_t>[]> const marks_;

  Mutex mutex_;  // of what waits for the disk anyway
  std::vector<FileStamp> stamps_ BTF_OWNED_BY(mutex_);
  std::vector<std::string> unsynced_directories_ BTF_OWNED_BY(mutex_);
  std::shared_ptr<Names> names_ BTF_OWNED_BY(mutex_);  // from prepare() on
};

}  // namespace btfast::storage
