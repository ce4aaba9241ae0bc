// The part of PartialStorage that finds where an end is read, when the part file has it and
// something stands in its file's place, too (part_belief.h).
//
// Where the two are not the same only the piece's digest decides.  Whoever hashes reads one kind
// and turns over to the other where the first is wrong.
#include <algorithm>

#include "storage/partial_storage.h"

namespace btfast::storage {

void PartialStorage::note_what_is_believed(FileIndex file) {
  if (!is_wanted(file)) {
    if (belief(file) == Belief::kPart) files_->disown(file);
    return;
  }
  if (!files_->found(file)) return;
  // What the part file has, too, is not lost with the file.
  bool const nothing_else = belief(file) == Belief::kNothing || belief(file) == Belief::kBrought;
  if (nothing_else) files_->note_blank(file);
  note_to_be_filled(file);
}

// Whatever the length of what stands there: its first bytes may be right.
bool PartialStorage::stands_in_file(FileSlice const& slice) const {
  return files_->found_size(slice.file).value_or(0) >= slice.offset + slice.length;
}

// What has its bytes in the part file, if anywhere.  What is wanted is read as it stands once its
// ends were brought there.
bool PartialStorage::in_part(FileIndex file) const {
  if (!is_wanted(file)) return !is_whole(file) || belief(file) != Belief::kFile;
  bool const written = access_ == io::Access::kWrite;
  if (written && prepared_) return false;
  bool const differs = belief(file) == Belief::kNothing || belief(file) == Belief::kPart;
  return !files_->found_size(file) || (written && differs);
}

// Which of the two kinds is read, where there are two.  First the part file's, but of what is
// wanted and stands there with bytes of its own.
bool PartialStorage::is_of_part(FileIndex file, Fragment const& end) const {
  if (end.length == 0 || !part_.has(end)) return false;
  if (!stands_in_file({file, end.in_file, end.length})) return true;
  bool const file_first = is_wanted(file) && belief(file) == Belief::kPart;
  return file_first == turned_[end.number];
}

// All that the part file has of it.
bool PartialStorage::has_its_ends(FileIndex file) const {
  return belief(file) == Belief::kFile || belief(file) == Belief::kBrought;
}

void PartialStorage::note_to_be_filled(FileIndex file) {
  auto const [head, tail] = layout_.fragments(file);
  bool const lacks = !has_its_ends(file);
  files_->note_to_be_filled(file, lacks && is_of_part(file, head), lacks && is_of_part(file, tail));
}

bool PartialStorage::turn_over(std::uint64_t offset, std::uint64_t length) {
  bool const written = access_ == io::Access::kWrite;
  if (whole() || (written && prepared_)) return false;
  MutexLock const lock{mutex_};
  bool any = false;
  SliceWalk walk{map(), offset, length};
  while (auto const slice = walk.next()) {
    auto const place = layout_.at(slice->file, slice->offset);
    if (!absent(slice->file) || !place || !part_.has(*place)) continue;
    auto const end = layout_.fragment(place->number);
    if (!stands_in_file({slice->file, end.in_file, end.length})) continue;
    turned_[end.number] = !turned_[end.number];
    any = true;
    bool const to_note = written && is_wanted(slice->file);
    if (to_note) note_to_be_filled(slice->file);
  }
  return any;
}

Belief PartialStorage::belief(FileIndex file) const {
  return beliefs_.empty() ? Belief::kFile : beliefs_[file.value];
}

void PartialStorage::find_beliefs() {
  beliefs_.clear();
  turned_.assign(layout_.fragment_count(), false);
  if (part_.has_none()) return;
  beliefs_.reserve(map().files().size());
  for (std::uint32_t f = 0; f < map().files().size(); ++f) {
    beliefs_.push_back(believed_of(*files_, part_, layout_, FileIndex{f}));
  }
}

void PartialStorage::find_absent() {
  std::size_t absent = 0;
  for (std::uint32_t f = 0; f < map().files().size(); ++f) {
    bool const is_absent = !map().file(FileIndex{f}).pad && in_part(FileIndex{f});
    absent_[f].store(is_absent, std::memory_order_relaxed);  // nobody else is here yet
    absent += is_absent ? 1 : 0;
  }
  absent_count_.store(absent, std::memory_order_release);
}

}  // namespace btfast::storage
