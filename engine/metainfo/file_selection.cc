#include "engine/metainfo/file_selection.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "engine/metainfo/glob.h"

namespace btfast {
namespace {

Failure bad_part(std::string_view part, std::string const& why) {
  return {Errc::kBadArgument, "\"" + std::string{part} + "\": " + why};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// One more than any file has where the number is too large for its type.
std::size_t number_of(std::string_view digits) {
  std::size_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} ? value : limits::kFiles + 1;
}

// Numbers of files, from 1.
struct Range {
  std::size_t first;
  std::size_t last;
};

std::optional<Range> as_range(std::string_view part, std::size_t file_count) {
  std::size_t const dash = part.find('-');
  auto const first = part.substr(0, dash);
  if (!is_number(first)) return std::nullopt;
  if (dash == std::string_view::npos) return Range{number_of(first), number_of(first)};
  auto const last = part.substr(dash + 1);
  if (last.empty()) return Range{number_of(first), file_count};
  if (!is_number(last)) return std::nullopt;
  return Range{number_of(first), number_of(last)};
}

std::string_view after_slash(std::string_view path, std::size_t slash) {
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool names(std::string_view glob, std::string_view path) {
  return glob_matches(glob, path) || glob_matches(glob, after_slash(path, path.find('/'))) ||
         glob_matches(glob, after_slash(path, path.rfind('/')));
}

// The parts of a list; a backslash keeps a comma in its part (and stays: it means the same
// to a glob).
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '\\') {
      ++i;
    } else if (i == list.size() || list[i] == ',') {
      parts.push_back(list.substr(start, i - start));
      start = i + 1;
    }
  }
  if (start <= list.size() && (parts.empty() || start < list.size())) {
    parts.push_back(list.substr(start));  // ended with a lone backslash
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

class Selector {
 public:
  Selector(Metainfo const& metainfo, std::span<storage::FileSpec const> layout)
      : metainfo_(metainfo), layout_(layout) {
    selection_.files.assign(layout.size(), Priority::kSkip);
  }

  Outcome add(std::string_view part) {
    if (part.empty()) return bad_part(part, "nothing between two commas");
    auto const range = as_range(part, layout_.size());
    return range ? add_range(part, *range) : add_glob(part);
  }
  FileSelection take() && { return std::move(selection_); }

 private:
  Outcome add_range(std::string_view part, Range range) {
    if (range.first == 0 || range.last > layout_.size() || range.first > layout_.size()) {
      std::size_t const count = layout_.size();
      return bad_part(part, count == 1 ? "the torrent has one file, number 1"
                                       : "the torrent's files are 1 to " + std::to_string(count));
    }
    if (range.last < range.first) return bad_part(part, "ends before it begins");
    bool found = false;
    for (std::size_t f = range.first - 1; f < range.last; ++f) found = add_file(f) || found;
    if (!found) return bad_part(part, "is padding, not a file");
    return kOk;
  }

  Outcome add_glob(std::string_view part) {
    bool found = false;
    for (std::size_t f = 0; f < layout_.size(); ++f) {
      if (!layout_[f].pad && names(part, layout_[f].path)) found = add_file(f) || found;
    }
    if (!found) return bad_part(part, "no file of the torrent has such a name");
    return kOk;
  }

  bool add_file(std::size_t file) {
    if (layout_[file].pad || metainfo_.files[file].pad) return false;
    selection_.files[file] = Priority::kNormal;
    return true;
  }

  Metainfo const& metainfo_;
  std::span<storage::FileSpec const> layout_;
  FileSelection selection_;
};

bool is_nobodys(MetainfoFile const& file) { return file.pad || file.symlink; }

}  // namespace

std::vector<bool> FileSelection::wanted_files(std::size_t file_count) const {
  std::vector<bool> out(file_count, true);
  for (std::size_t f = 0; f < files.size(); ++f) out[f] = files[f] != Priority::kSkip;
  return out;
}

Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout) {
  Selector selector{metainfo, layout};
  for (auto const part : split(list)) {
    if (auto const added = selector.add(trimmed(part)); !added) return added.error();
  }
  return std::move(selector).take();
}

WantedPieces wanted_pieces(FileSelection const& selection, Metainfo const& metainfo) {
  PieceGeometry const& geometry = metainfo.geometry;
  std::uint32_t const count = geometry.piece_count();
  WantedPieces wanted;
  bool whole = true;  // every file is wanted
  for (std::uint32_t f = 0; f < metainfo.files.size(); ++f) {
    whole = whole && (is_nobodys(metainfo.files[f]) || selection.wants(FileIndex{f}));
  }
  wanted.priorities.assign(count, whole ? Priority::kLow : Priority::kSkip);
  std::uint64_t offset = 0;
  for (std::uint32_t f = 0; f < metainfo.files.size(); ++f) {
    MetainfoFile const& file = metainfo.files[f];
    std::uint64_t const start = std::exchange(offset, offset + file.length);
    Priority const priority = selection.priority(FileIndex{f});
    if (is_nobodys(file) || file.length == 0 || priority == Priority::kSkip) continue;
    std::uint32_t const first = geometry.piece_at(start).value;
    std::uint32_t const last = geometry.piece_at(offset - 1).value;
    auto const raise = [&](std::uint32_t piece, Priority to) {
      wanted.priorities[piece] = std::max(wanted.priorities[piece], to);
    };
    for (std::uint32_t p = first; p <= last; ++p) raise(p, priority);
    if (!selection.first_last) continue;
    raise(first, Priority::kUrgent);
    raise(last, Priority::kUrgent);
  }
  wanted.pieces = Bitfield{count};
  for (std::uint32_t p = 0; p < count; ++p) {
    if (wanted.priorities[p] == Priority::kSkip) continue;
    wanted.pieces.set(p);
    wanted.bytes += geometry.piece_size(PieceIndex{p});
  }
  return wanted;
}

}  // namespace btfast
