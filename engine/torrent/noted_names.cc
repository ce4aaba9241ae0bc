#include "engine/torrent/noted_names.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "engine/base/limits.h"
#include "engine/torrent/resume_file.h"
#include "storage/io.h"
#include "storage/name_choice.h"
#include "storage/path_safety.h"

namespace btfast {
namespace {

namespace io = storage::io;
using Names = std::vector<std::string>;

std::string top_of(std::string_view path) { return std::string{path.substr(0, path.find('/'))}; }

// What the file or the top folder may be called.
Names tops_of(std::vector<storage::FileSpec> const& files, std::size_t name_max) {
  Names tops;
  auto const first = std::ranges::find_if(files, [](auto const& file) { return !file.pad; });
  if (first == files.end()) return tops;
  storage::NameChoice portable{*first, first->path, name_max};
  (void)portable.cannot_be_held();
  tops = {top_of(first->path), portable.prefix(1)};
  for (auto const& other : first->other_names) tops.push_back(top_of(other.path));
  std::ranges::sort(tops);
  tops.erase(std::unique(tops.begin(), tops.end()), tops.end());
  return tops;
}

std::size_t size_max(std::vector<storage::FileSpec> const& files) {
  // Of a file's share of the control file, and of what is there once, pieces included.
  constexpr std::size_t kFile = 64 + limits::kPathElementBytes;
  constexpr std::size_t kOnce = 4096 + limits::kPieces / 8;
  std::size_t size = kOnce;
  for (auto const& file : files) size += 2 * file.path.size() + kFile;
  return size;
}

std::optional<std::vector<std::byte>> read_whole(int root, std::string const& name,
                                                 std::size_t bytes_max) {
  auto const fd = io::open_beneath(root, name, io::Access::kRead);
  if (!fd) return std::nullopt;
  auto const info = io::info(fd->get());
  if (!info || info->size > bytes_max) return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(info->size));
  if (!io::read_at(fd->get(), bytes, 0)) return std::nullopt;
  return bytes;
}

// The elements of a name that we chose are safe, or the torrent's own where they stood there.
bool is_name_of(storage::FileSpec const& file, std::string_view path) {
  for (std::string_view rest = path;;) {
    std::string const element{rest.substr(0, rest.find('/'))};
    if (!storage::is_plain_element(element)) return false;
    bool const own = std::ranges::any_of(file.other_names, [&](auto const& other) {
      return ("/" + other.path + "/").find("/" + element + "/") != std::string::npos;
    });
    if (!own && storage::safe_element(element) != element && !file.top_chosen) return false;
    if (element.size() == rest.size()) return true;
    rest.remove_prefix(element.size() + 1);
  }
}

bool believable(std::vector<storage::FileSpec> const& files, Names const& names,
                Names const& tops) {
  std::unordered_set<std::string_view> seen;
  auto name = names.begin();
  for (auto const& file : files) {
    if (file.pad) continue;
    if (name == names.end() || !std::ranges::binary_search(tops, top_of(*name))) return false;
    if (!is_name_of(file, *name) || !seen.insert(*name).second) return false;
    ++name;
  }
  return name == names.end();
}

void take(std::vector<storage::FileSpec>& files, Names names) {
  auto name = names.begin();
  for (auto& file : files) {
    if (file.pad) continue;
    bool const renamed = *name != file.path;
    if (renamed) file.other_names.push_back({std::exchange(file.path, std::move(*name)), false});
    file.noted = renamed || file.contested || !file.other_names.empty();
    ++name;
  }
}

}  // namespace

void use_noted_names(std::vector<storage::FileSpec>& files, std::string const& output_dir,
                     InfoHash const& info_hash) {
  auto const root = io::open_directory(output_dir.empty() ? "." : output_dir);
  if (!root) return;
  std::size_t const name_max = io::name_max(root->get());
  Names const tops = tops_of(files, name_max);
  for (auto const& top : tops) {
    auto const bytes = read_whole(root->get(), control_file_name(top, name_max), size_max(files));
    if (!bytes) continue;
    auto names = decode_noted_names(*bytes, info_hash);
    if (names && believable(files, *names, tops)) return take(files, *std::move(names));
  }
}

}  // namespace btfast
