#include "engine/metainfo/file_selection.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "engine/metainfo/file_names.h"
#include "engine/metainfo/torrent_layout.h"

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

// Where the parts of a list may end: at each comma, and at its end.
std::vector<std::size_t> comma_ends(std::string_view list) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',') ends.push_back(i);
  }
  ends.push_back(list.size());
  return ends;
}

// Whether the comma behind `part` belongs to it: an odd number of backslashes stands before it.
bool ends_escaped(std::string_view part) {
  auto const last = part.find_last_not_of('\\');
  std::size_t const backslashes = part.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 != 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

using Files = FileNames::Files;

class Selector {
 public:
  Selector(Metainfo const& metainfo, std::span<storage::FileSpec const> layout,
           FileNames const& names)
      : metainfo_(metainfo), layout_(layout), names_(names) {
    selection_.files.assign(layout.size(), Priority::kSkip);
  }

  Outcome run(std::string_view list) {
    auto const ends = comma_ends(list);
    StretchHashes const hashes{list};
    std::size_t start = 0;
    for (std::size_t at = 0; at < ends.size(); start = ends[at++] + 1) {
      auto const length = name_length({list, hashes}, start, std::span{ends}.subspan(at));
      if (length > 0) {
        at += length - 1;
        continue;
      }
      while (at + 1 < ends.size() && ends_escaped(list.substr(start, ends[at] - start))) ++at;
      auto const ok = add_part(trimmed(list.substr(start, ends[at] - start)));
      if (!ok) return ok;
    }
    bool const none = std::none_of(selection_.files.begin(), selection_.files.end(),
                                   [](Priority each) { return each != Priority::kSkip; });
    if (none) return bad_part(list, "leaves no file");
    return kOk;
  }
  FileSelection take() && { return std::move(selection_); }

 private:
  struct HashedList {
    std::string_view text;
    StretchHashes const& hashes;

    std::uint64_t hash_of(std::string_view part) const noexcept {
      auto const begin = static_cast<std::size_t>(part.data() - text.data());
      return hashes.of(begin, begin + part.size());
    }
  };

  // How many stretches between commas the longest name at `start` has, which is then added; 0
  // where none stands there.
  std::size_t name_length(HashedList const& list, std::size_t start,
                          std::span<std::size_t const> ends) {
    for (std::size_t count = stretches_max(list, start, ends); count > 0; --count) {
      std::string_view const part = list.text.substr(start, ends[count - 1] - start);
      std::string_view const bare = trimmed(part);
      if (add_name(list, part) || (bare.size() < part.size() && add_name(list, bare))) return count;
    }
    return 0;
  }

  // A longer name has a comma behind the first one, two, four and so on of its stretches.
  std::size_t stretches_max(HashedList const& list, std::size_t start,
                            std::span<std::size_t const> ends) const {
    std::size_t const limit = std::min(ends.size(), names_.commas_max() + 1);
    std::size_t count = 1;
    while (count < limit && begins_name(list, list.text.substr(start, ends[count - 1] - start))) {
      count *= 2;
    }
    return std::min(count, limit);
  }

  // As add_name reads it: with the spaces in front or without, behind a "!" or not.
  bool begins_name(HashedList const& list, std::string_view text) const {
    auto const begins = [&](std::string_view name) {
      bool const refused = name.starts_with('!');
      return names_.may_begin(list.hash_of(name)) ||
             (refused && names_.may_begin(list.hash_of(name.substr(1))));
    };
    std::string_view const bare = text.substr(std::min(text.find_first_not_of(' '), text.size()));
    return begins(text) || (bare.size() < text.size() && begins(bare));
  }

  bool add_name(HashedList const& list, std::string_view part) {
    if (part.empty()) return false;
    if (may_be_name(list, part) && put(find_name(part), true)) return true;
    std::string_view const behind = part.substr(1);
    return part.front() == '!' && may_be_name(list, behind) && put(find_name(behind), false);
  }

  // Without a look at the files: of a list's stretches nearly none is a name.
  bool may_be_name(HashedList const& list, std::string_view part) const noexcept {
    if (!part.ends_with('/')) return names_.may_be_file(list.hash_of(part));
    return names_.may_be_folder(list.hash_of(part.substr(0, part.size() - 1)));
  }

  // What is a number as well means the number, unless it is a whole path.
  Files find_name(std::string_view name) const {
    if (name.empty()) return {};
    bool const number = as_range(name, layout_.size()).has_value();
    return number ? names_.whole(name) : names_.named(name);
  }

  Outcome add_part(std::string_view part) {
    if (part.empty()) return bad_part(part, "nothing between two commas");
    bool const take = part.front() != '!';
    std::string_view const what = trimmed(part.substr(take ? 0 : 1));
    if (what.empty()) return bad_part(part, "nothing behind the \"!\"");
    if (auto const range = as_range(what, layout_.size())) return add_range(part, *range, take);
    if (put(names_.matching(what), take)) return kOk;
    bool const folder = !names_.in_folder(what).empty();
    return bad_part(part, folder ? "is a folder: a '/' behind it means all that is in it"
                                 : "no file of the torrent has such a name");
  }

  Outcome add_range(std::string_view part, Range range, bool take) {
    std::size_t const count = layout_.size();
    if (range.first == 0 || range.last > count || range.first > count) {
      // Beyond the numbers it can only be a name.
      if (put(names_.named(part.substr(take ? 0 : 1)), take)) return kOk;
      return bad_part(part, count == 1 ? "the torrent has one file, number 1"
                                       : "the torrent's files are 1 to " + std::to_string(count));
    }
    if (range.last < range.first) return bad_part(part, "ends before it begins");
    Files files;
    for (std::size_t f = range.first - 1; f < range.last; ++f) {
      if (!layout_[f].pad) files.push_back(f);
    }
    if (!put(files, take)) return bad_part(part, "is padding, not a file");
    return kOk;
  }

  // False where there are none.
  bool put(Files const& files, bool take) {
    bool const first = std::exchange(first_, first_ && files.empty());
    if (files.empty()) return false;
    if (first && !take) put_all();
    for (std::size_t const f : files) {
      bool const wanted = take && !metainfo_.files[f].pad;
      selection_.files[f] = wanted ? Priority::kNormal : Priority::kSkip;
    }
    return true;
  }
  void put_all() {
    for (std::size_t f = 0; f < layout_.size(); ++f) {
      if (!layout_[f].pad) selection_.files[f] = Priority::kNormal;
    }
  }

  Metainfo const& metainfo_;
  std::span<storage::FileSpec const> layout_;
  FileNames const& names_;
  FileSelection selection_;
  bool first_ = true;  // nothing was put yet
};

}  // namespace

std::vector<bool> FileSelection::wanted_files(std::size_t file_count) const {
  std::vector<bool> out(file_count, true);
  for (std::size_t f = 0; f < files.size(); ++f) out[f] = files[f] != Priority::kSkip;
  return out;
}

Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout) {
  return parse_selection(list, metainfo, layout, FileNames{layout});
}

Result<FileSelection> parse_selection(std::string_view list, Metainfo const& metainfo,
                                      std::span<storage::FileSpec const> layout,
                                      FileNames const& names) {
  Selector selector{metainfo, layout, names};
  if (auto const read = selector.run(list); !read) return read.error();
  return std::move(selector).take();
}

WantedPieces wanted_pieces(FileSelection const& selection, Metainfo const& metainfo) {
  PieceGeometry const& geometry = metainfo.geometry;
  std::uint32_t const count = geometry.piece_count();
  WantedPieces wanted;
  bool whole = true;  // every file is wanted
  for (std::uint32_t f = 0; f < metainfo.files.size(); ++f) {
    whole = whole && (is_never_made(metainfo.files[f]) || selection.wants(FileIndex{f}));
  }
  wanted.priorities.assign(count, whole ? Priority::kLow : Priority::kSkip);
  std::uint64_t offset = 0;
  for (std::uint32_t f = 0; f < metainfo.files.size(); ++f) {
    MetainfoFile const& file = metainfo.files[f];
    std::uint64_t const start = std::exchange(offset, offset + file.length);
    Priority const priority = selection.priority(FileIndex{f});
    if (is_never_made(file) || file.length == 0 || priority == Priority::kSkip) continue;
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
