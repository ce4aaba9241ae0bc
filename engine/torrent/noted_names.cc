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
using NotedNames = std::vector<NotedName>;

std::string top_of(std::string_view path) { return std::string{path.substr(0, path.find('/'))}; }

// What the file or the top folder may be called.
Names tops_of(std::vector<storage::FileSpec> const& files, std::size_t name_max) {
  Names tops;
  auto const first = std::ranges::find_if(files, [](auto const& file) { return !file.pad; });
  if (first == files.end()) return tops;
  storage::NameChoice choice{*first, first->path, name_max};
  do {
    tops.push_back(choice.prefix(1));
  } while (choice.cannot_be_held());
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

std::vector<std::string_view> elements_of(std::string_view path) {
  std::vector<std::string_view> out;
  for (;;) {
    std::size_t const slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

// Whether a file system's refusals turn `element` into `noted`; either may stand below `above`,
// which ends in '/' or is empty.
bool leads_to(std::string_view noted, std::string_view element, std::string_view above,
              std::size_t name_max) {
  auto const marked = [&](std::string_view name) {
    return storage::marked_element(name, std::string{above}.append(element), name_max);
  };
  std::string const mended = storage::portable_element(element, name_max);
  auto const ascii = [&](std::string_view name) {
    return storage::ascii_element(name, std::string{above}.append(element), name_max);
  };
  return noted == element || noted == mended || noted == marked(element) ||
         noted == marked(mended) || noted == storage::portable_element(marked(element), name_max) ||
         noted == ascii(mended) || noted == ascii(marked(mended));
}

// Whether it is one of the file's names, or what a file system makes of them.  A file may lie in a
// folder that stands under another of its names, so each element is looked at by itself.
bool is_name_of(storage::FileSpec const& file, std::string_view path, std::size_t name_max) {
  std::vector<std::string_view> names{file.path};
  for (auto const& other : file.other_names) names.push_back(other.path);
  auto const noted = elements_of(path);
  for (std::size_t i = 0; i < noted.size(); ++i) {
    auto const above = path.substr(0, static_cast<std::size_t>(noted[i].data() - path.data()));
    bool const known = std::ranges::any_of(names, [&](std::string_view name) {
      auto const own = elements_of(name);
      if (own.size() != noted.size()) return false;
      auto const own_above = name.substr(0, static_cast<std::size_t>(own[i].data() - name.data()));
      return leads_to(noted[i], own[i], own_above, name_max) ||
             leads_to(noted[i], own[i], above, name_max);
    });
    if (!known) return false;
  }
  return true;
}

bool believable(std::vector<storage::FileSpec> const& files, NotedNames const& names,
                Names const& tops, std::size_t name_max) {
  std::unordered_set<std::string_view> seen;
  auto name = names.begin();
  for (auto const& file : files) {
    if (file.pad) continue;
    if (name == names.end() || !std::ranges::binary_search(tops, top_of(name->path))) return false;
    if (!is_name_of(file, name->path, name_max) || !seen.insert(name->path).second) return false;
    ++name;
  }
  return name == names.end();
}

// What was not there under its name has none yet: by now another file of the torrent may be what
// the file system finds there.  It only belongs where the others are.
std::string name_to_take(storage::FileSpec const& file, NotedName const& noted) {
  if (noted.vouched) return noted.path;
  std::size_t const slash = file.path.find('/');
  if (slash == std::string::npos) return noted.path;
  return top_of(noted.path) + file.path.substr(slash);
}

void take(std::vector<storage::FileSpec>& files, NotedNames const& names) {
  auto name = names.begin();
  for (auto& file : files) {
    if (file.pad) continue;
    std::string wanted = name_to_take(file, *name);
    bool const renamed = wanted != file.path;
    if (renamed) file.other_names.push_back({std::exchange(file.path, std::move(wanted)), false});
    file.noted = name->vouched && (renamed || file.contested || !file.other_names.empty());
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
    if (names && believable(files, *names, tops, name_max)) return take(files, *names);
  }
}

}  // namespace btfast
