// The part of PartialStorage that moves ends out of the part file, when their file is wanted.
//
// A kill may come between any two calls.  Until an end is forgotten the part file has it, and a
// file that has nothing else is known by that (part_belief.h): it is made whole the next time.  It
// is forgotten at the next sync, when a control file says that the file is ours.
#include <algorithm>
#include <iterator>

#include "storage/partial_storage.h"

namespace btfast::storage {
namespace {

constexpr std::uint64_t kCopyBytes = 1 << 16;

}  // namespace

Outcome PartialStorage::select(std::vector<bool> const& wanted) {
  MutexLock const lock{mutex_};
  chosen_.resize(map().files().size());
  for (std::uint32_t f = 0; f < map().files().size(); ++f) {
    bool const is_wanted = wanted.empty() || wanted[f];
    if (is_wanted) chosen_[f] = true;
    if (!is_wanted || !absent(FileIndex{f})) continue;
    if (auto const made = make_present(FileIndex{f}); !made) return made;
  }
  return kOk;
}

Outcome PartialStorage::make_present(FileIndex file) {
  if (auto const made = files_->make(file); !made) return made;
  if (auto const brought = bring_ends(file); !brought) return brought;
  note_brought(file);
  absent_[file.value].store(false, std::memory_order_release);
  absent_count_.fetch_sub(1, std::memory_order_acq_rel);
  return kOk;
}

// Where a file has its ends itself, the part file needs them no more.
Outcome PartialStorage::bring_what_is_wanted() {
  for (std::uint32_t f = 0; !part_.has_none() && f < map().files().size(); ++f) {
    FileIndex const file{f};
    if (is_wanted(file) && !has_its_ends(file)) {
      if (auto const brought = bring_ends(file); !brought) return brought;
    }
    bool const has_them = is_whole(file) && belief(file) == Belief::kFile;
    if (is_wanted(file) || has_them) note_brought(file);
  }
  return kOk;
}

Outcome PartialStorage::bring_ends(FileIndex file) {
  for (auto const& end : layout_.fragments(file)) {
    if (!is_of_part(file, end)) continue;
    if (auto const brought = bring_end(file, end); !brought) return brought;
  }
  return kOk;
}

// Those that the file had before, too.
void PartialStorage::note_brought(FileIndex file) {
  for (auto const& end : layout_.fragments(file)) {
    if (end.length > 0 && part_.has(end)) brought_.push_back(end);
  }
}

Outcome PartialStorage::bring_end(FileIndex file, Fragment const& end) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kCopyBytes, end.length)));
  for (std::uint64_t done = 0; done < end.length;) {
    auto const bytes = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end.length - done)));
    if (auto const got = part_.read(bytes, end.in_part + done); !got) {
      return part_failure("cannot read", got.error());
    }
    iovec const list{bytes.data(), bytes.size()};
    std::uint64_t const to = map().file_offset(file) + end.in_file + done;
    if (auto const written = files_->write(to, {&list, 1}); !written) return written;
    done += bytes.size();
  }
  return kOk;
}

// What pieces have of a file that nobody may write to goes to the part file.  Where the file turns
// out to have the same, nothing needs that.
void PartialStorage::note_what_is_in_both() {
  for (auto at = doubled_.begin(); at != doubled_.end();) {
    auto const now = believed_of(*files_, part_, layout_, *at);
    bool const in_both = now == Belief::kFile || now == Belief::kBrought;
    if (in_both) note_brought(*at);
    at = in_both ? doubled_.erase(at) : std::next(at);
  }
}

// Only once what came out of it is safe where it went.
Outcome PartialStorage::let_go() {
  bool const unneeded = part_.exists() && whole();
  note_what_is_in_both();
  if (!unneeded && brought_.empty()) return kOk;
  if (auto const synced = files_->sync(); !synced) return synced;
  auto const forgotten = unneeded ? Status{kOk} : part_.forget(brought_);
  if (!forgotten) return part_failure("cannot write", forgotten.error());
  brought_.clear();
  bool const empty = unneeded || part_.has_none();
  auto const done = empty ? part_.remove() : part_.sync();
  return done ? Outcome{kOk} : part_failure(empty ? "cannot remove" : "cannot sync", done.error());
}

}  // namespace btfast::storage
