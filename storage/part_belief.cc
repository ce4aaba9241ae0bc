#include "storage/part_belief.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace btfast::storage {
namespace {

constexpr std::uint64_t kReadBytes = 256 * 1024;

// Reads the file and the part file side by side.
class Comparison {
 public:
  Comparison(FileStorage& files, PartFile const& part, PartLayout const& layout, FileIndex file)
      : files_(files),
        part_(part),
        layout_(layout),
        file_(file),
        here_(static_cast<std::size_t>(std::min(kReadBytes, files.map().file(file).length))),
        there_(here_.size()) {}

  bool is_in_file(Fragment const& fragment);
  bool file_has_nothing_else();

 private:
  std::span<std::byte> read_file(std::uint64_t offset, std::uint64_t length);
  bool is_blank_or_in_part(std::uint64_t offset, std::uint64_t length);

  FileStorage& files_;
  PartFile const& part_;
  PartLayout const& layout_;
  FileIndex const file_;
  std::vector<std::byte> here_;
  std::vector<std::byte> there_;
};

// Empty where it cannot be read.
std::span<std::byte> Comparison::read_file(std::uint64_t offset, std::uint64_t length) {
  auto const bytes = std::span{here_}.first(static_cast<std::size_t>(length));
  bool const got = files_.read(files_.map().file_offset(file_) + offset, bytes).has_value();
  return got ? bytes : std::span<std::byte>{};
}

bool Comparison::is_in_file(Fragment const& fragment) {
  for (std::uint64_t done = 0; done < fragment.length;) {
    auto const bytes =
        read_file(fragment.in_file + done, std::min(kReadBytes, fragment.length - done));
    auto const theirs = std::span{there_}.first(bytes.size());
    if (bytes.empty() || !part_.read(theirs, fragment.in_part + done)) return false;
    if (!std::ranges::equal(bytes, theirs)) return false;
    done += bytes.size();
  }
  return true;
}

bool Comparison::file_has_nothing_else() {
  std::uint64_t const length = files_.map().file(file_).length;
  for (std::uint64_t at = 0; at < length;) {
    auto const place = layout_.at(file_, at);
    std::uint64_t const rest = place ? place->length : layout_.between(file_, at);
    std::uint64_t const bytes = std::min(kReadBytes, rest);
    bool const hole = files_.is_hole(files_.map().file_offset(file_) + at, bytes);
    if (!hole && !is_blank_or_in_part(at, bytes)) return false;
    at += bytes;
  }
  return true;
}

// REQUIRES: all of it in one fragment, or in none.
bool Comparison::is_blank_or_in_part(std::uint64_t offset, std::uint64_t length) {
  auto const bytes = read_file(offset, length);
  if (bytes.empty()) return false;
  auto const place = layout_.at(file_, offset);
  auto const theirs = std::span{there_}.first(bytes.size());
  std::ranges::fill(theirs, std::byte{0});
  if (place && part_.has(*place) && !part_.read(theirs, place->in_part)) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != std::byte{0} && bytes[i] != theirs[i]) return false;
  }
  return true;
}

}  // namespace

Belief believed_of(FileStorage& files, PartFile const& part, PartLayout const& layout,
                   FileIndex file) {
  auto const ends = layout.fragments(file);
  auto const is_written = [&](Fragment const& end) { return end.length > 0 && part.has(end); };
  if (std::ranges::none_of(ends, is_written)) return Belief::kFile;
  std::uint64_t const size = files.found_size(file).value_or(0);
  if (size == 0) return Belief::kNothing;
  if (size != files.map().file(file).length) return Belief::kPart;
  Comparison both{files, part, layout, file};
  auto const agrees = [&](Fragment const& end) { return !is_written(end) || both.is_in_file(end); };
  bool const has_them = std::ranges::all_of(ends, agrees);
  bool const nothing_else = !files.found(file)->linked && both.file_has_nothing_else();
  if (nothing_else) return has_them ? Belief::kBrought : Belief::kNothing;
  return has_them ? Belief::kFile : Belief::kPart;
}

}  // namespace btfast::storage
