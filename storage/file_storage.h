// FileStorage: a torrent's bytes in files below one output directory.
//
// Threads:   look() and prepare() once and first; all else from any thread.
// Ownership: holds the output directory open: renaming or remounting over it redirects
//            nothing.  Storage that is written holds the output's lock (output_lock.h).
// Invariant: nothing below the output directory is written through a link, what is reached
//            through one is only read; nor is a file that has other names (hard links), or that
//            another file of the torrent is, too; nothing that is longer than the torrent says is
//            cut unless the options say so; no file is made but by prepare() and make().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/allocate.h"
#include "storage/file_identity.h"
#include "storage/file_map.h"
#include "storage/file_pool.h"
#include "storage/gather.h"
#include "storage/io.h"
#include "storage/mutex.h"
#include "storage/name_choice.h"
#include "storage/output_lock.h"
#include "storage/storage.h"
#include "storage/write_back_pace.h"

namespace btfast::storage {

// A file as look() found it, before anything was made.
struct FoundFile {
  FileStamp stamp;
  FileIdentity identity;
  bool linked = false;  // reached through a link: to be read only
  // Of the torrent's length and one hole: what a start leaves that ended before it wrote.
  bool blank = false;
  std::uint64_t device = 0;
  std::uint64_t links = 1;  // names of it, wherever
  bool met_again = false;   // another file of the torrent was found to be it
  // What was read elsewhere in their place, and the file lacks.
  bool head_to_fill = false;
  bool tail_to_fill = false;

  bool to_be_filled() const noexcept { return head_to_fill || tail_to_fill; }
};

class FileStorage final : public Storage {
 public:
  struct Options {
    std::optional<AllocMode> alloc;  // empty: what suits the file system
    bool overwrite = false;          // what is longer than the torrent says is cut
    // Said where overwriting would help.
    std::string remedy = "move it out of the way";
    std::size_t open_files_max = FilePool::default_open_max();
    // Bytes written, of whichever files, after which the last of them goes to the disk.
    std::uint64_t write_back_every = 64 << 20;
    // By FileIndex; empty: none.  These are looked at and used where they are, but not made
    // until make(), and what is wrong with them is no failure.
    std::vector<bool> left_out = {};
  };

  // `output_dir` is made by prepare() where missing; links in it are the user's affair.
  FileStorage(std::string output_dir, FileMap map);
  FileStorage(std::string output_dir, FileMap map, Options options);

  // What is there, to be read only: makes nothing.  Missing files fail when read.
  static Result<std::unique_ptr<FileStorage>> open_existing(std::string output_dir, FileMap map,
                                                            Options options);
  static Result<std::unique_ptr<FileStorage>> open_existing(std::string output_dir, FileMap map) {
    return open_existing(std::move(output_dir), std::move(map), Options{});
  }

  Outcome look() override;
  Outcome prepare() override;
  Outcome write(std::uint64_t offset, std::span<iovec const> from) override;
  Outcome read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome try_read(std::uint64_t offset, std::span<std::byte> into) override;
  Outcome sync() override;
  bool is_hole(std::uint64_t offset, std::uint64_t length) override;
  bool is_there(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Extent> extents() override { return extents_; }
  void will_read(std::uint64_t offset, std::uint64_t length) override;
  std::vector<Disturbance> disturbances(Watch watch) override;
  std::vector<Disturbance> unwritable() override;

  // A file that was left out, after prepare(), as prepare() would have made it.
  Outcome make(FileIndex file);

  // What look() found.
  std::optional<FoundFile> const& found(FileIndex file) const noexcept {
    return found_[file.value];
  }
  std::optional<std::uint64_t> found_size(FileIndex file) const noexcept;
  // It is not there, and the way to it leads through a link: it cannot be made.
  bool behind_link(FileIndex file) const noexcept;

  // Why what was found may not be written where it is: that would change what other names lead to.
  // Nothing where it may.  An overlay gives a file with other names an inode of its own when it is
  // to be written: there this does so, where the file is wanted.
  std::optional<Failure> shared(FileIndex file);

  // A file that was left out is somebody else's: nothing is written to it, and it is not
  // watched.  Between look() and prepare().
  void disown(FileIndex file) noexcept;
  // What is in it is kept elsewhere.  It was found; between look() and prepare().
  void note_blank(FileIndex file) noexcept { found_[file.value]->blank = true; }
  // Its head or its tail is read elsewhere, and will be written to it.  As note_blank().
  void note_to_be_filled(FileIndex file, bool head, bool tail) noexcept {
    found_[file.value]->head_to_fill = head;
    found_[file.value]->tail_to_fill = tail;
  }
  // All of it is right: prepare() leaves it alone, holes, links and all.  Where other names lead to
  // it, too, it is never written: write() fails where other bytes are there.
  void keep(FileIndex file) noexcept;
  // There, and of use as it is.
  bool is_ours(FileIndex file) const noexcept;

  // As the options say, whatever make() made since.
  bool left_out(FileIndex file) const noexcept {
    return !options_.left_out.empty() && options_.left_out[file.value];
  }

  // Size and times of the file as it is now.
  Result<io::FileInfo> info(FileIndex file);
  // The stamp that prepare() or our last write left; asked of the file only after a write.
  // REQUIRES: not a pad.
  Result<FileStamp> stamp(FileIndex file);
  // Of the file that we made or found.  REQUIRES: not a pad.
  FileIdentity identity(FileIndex file) { return known_.identity(file); }
  FileMap const& map() const noexcept { return map_; }
  Options const& options() const noexcept { return options_; }
  std::string path_of(FileIndex file) const;
  std::string directory_path() const;  // ends in '/'
  // [begin, end) of the torrent for each stretch of the file that takes no space, in order.  None
  // where the file system cannot tell.
  using OnHole = std::function<void(std::uint64_t begin, std::uint64_t end)>;
  void each_hole(FileIndex file, OnHole const& on_hole);
  // Makes the output directory where it is missing, as prepare() does.
  Outcome make_directory();
  // Open from prepare() on, and from look() on where it is there.
  int directory() const noexcept { return root_.get(); }

 private:
  bool has_mark(FileIndex file, std::uint8_t mark) const noexcept {
    return (marks_[file.value].load(std::memory_order_acquire) & mark) != 0;
  }
  struct Names;  // of files made, to find two names for one file
  FileStorage(std::string output_dir, FileMap map, Options options, io::Access access);

  Outcome lock_output();
  Outcome open_root();
  Outcome inspect();
  Outcome inspect_file(FileIndex file);
  Expected<Fd> open_to_look(FileIndex file, bool& linked);
  void note_met_again();
  bool keeps_its_names(FileIndex file);
  Outcome refuse_what_stands_there();
  void lies_on(FileIndex file, std::uint64_t device);
  Outcome make_named(FileIndex file, Names& names) BTF_ON(mutex_);
  bool give_way(FileSpec const& spec, NameChoice& choice, bool clash, Failure const& why) const;
  Outcome make_file(FileIndex file, Names& names) BTF_ON(mutex_);
  Expected<Fd> open_to_make(FileIndex file);
  Outcome lay_out_file(FileIndex file, int fd, io::FileInfo const& now, AllocMode alloc);
  Failure appeared(FileIndex file, Names& names);
  bool gets_other_letters(FileIndex file, Names& names);
  bool keeps_letters(std::string_view path, Names& names) const;
  Failure same_name(FileIndex file) const;
  Outcome sync_directories();
  Status sync_directory(std::string const& below) const;
  Status write_slice(FileSlice const& slice, Gather& from);
  Status write_to(FilePool::Use const& use, FileSlice const& slice, Gather& from);
  static bool holds(int fd, FileSlice const& slice, Gather& from);
  Expected<bool> is_meant(FileIndex file, int fd);
  void put_away(FileIndex file, Fd fd);
  Status write_bytes(int fd, FileSlice const& slice, Gather& from);
  Status read_slice(FileSlice const& slice, std::span<std::byte> into);
  std::optional<Failure> directory_gone() const;
  std::optional<Failure> disturbance(FileIndex file, Watch watch);
  bool was_replaced(FileIndex file, io::FileInfo const& named, bool follow);
  std::optional<Failure> changed(FileIndex file, io::FileInfo const& named, bool follow);
  Failure of_another_length(FileIndex file, std::uint64_t size) const;
  void note_anew(FileIndex file, io::FileInfo const& named, bool follow);
  Failure too_long(FileIndex file, std::uint64_t size) const;
  Failure of_two_names(FileIndex file) const;
  Failure failure(std::string_view what, FileIndex file, Error error) const;
  std::optional<Failure> on_the_way(FileIndex file, Error error) const;

  // Immutable after look(); the directory, the lock and the pool may come with prepare().
  std::string const output_dir_;
  FileMap map_;  // its names are settled by prepare()
  Options const options_;
  io::Access const access_;
  Fd root_;
  OutputLock lock_;
  bool looked_ = false;
  std::vector<std::optional<FoundFile>> found_;
  std::vector<FileIndex> doubtful_;  // whose each is: by look()
  std::vector<Extent> extents_;      // what is not there lies where its neighbour does
  KnownFiles known_;
  std::unique_ptr<FilePool> pool_;
  WriteBackPace write_back_;

  // Atomic: marks of each file.  kUnsynced is set after a write and cleared before a sync,
  // both by acq_rel read-modify-writes: a sync sees the mark, or came before the write ended.
  static constexpr std::uint8_t kGap = 1;         // missing or short, as look() found it
  static constexpr std::uint8_t kBehindLink = 2;  // missing, and not to be made
  static constexpr std::uint8_t kUnsynced = 4;
  static constexpr std::uint8_t kRestamp = 8;      // like kUnsynced, for stamps_
  static constexpr std::uint8_t kOurs = 16;        // is there, and of use to us
  static constexpr std::uint8_t kUnwritable = 32;  // or not to be written: a link
  static constexpr std::uint8_t kKept = 64;
  static constexpr std::uint8_t kAnother = 128;  // has its name: seen when it was opened
  std::unique_ptr<std::atomic<std::uint8_t>[]> const marks_;

  Mutex mutex_;  // of what waits for the disk anyway
  std::vector<FileStamp> stamps_ BTF_OWNED_BY(mutex_);
  std::vector<std::string> unsynced_directories_ BTF_OWNED_BY(mutex_);
  std::shared_ptr<Names> names_ BTF_OWNED_BY(mutex_);  // from prepare() on
};

}  // namespace btfast::storage
