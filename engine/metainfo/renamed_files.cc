#include "engine/metainfo/renamed_files.h"

#include <string_view>
#include <utility>

namespace btfast {
namespace {

// Takes `element`, and the '/' before it unless it is the first, off the front of `path`.
bool take(std::string_view& path, std::string_view element, bool first) {
  if (!first) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
  }
  if (!path.starts_with(element)) return false;
  path.remove_prefix(element.size());
  return true;
}

bool is_called(std::string_view path, std::string_view top,
               std::vector<std::string> const& elements) {
  if (!take(path, top, true)) return false;
  for (auto const& element : elements) {
    if (!take(path, element, false)) return false;
  }
  return path.empty();
}

std::string joined(std::string_view top, std::vector<std::string> const& elements) {
  std::string name{top};
  for (auto const& element : elements) name.append("/").append(element);
  return name;
}

}  // namespace

RenamedFiles renamed_files(Metainfo const& metainfo, std::span<storage::FileSpec const> files,
                           std::optional<std::string> const& target,
                           std::function<bool(FileIndex)> const& asked_for) {
  std::string_view const top = target ? *target : metainfo.name;
  RenamedFiles out;
  for (std::size_t f = 0; f < files.size(); ++f) {
    if (files[f].pad || !asked_for(FileIndex{static_cast<std::uint32_t>(f)})) continue;
    auto const& elements = metainfo.files[f].path;
    if (is_called(files[f].path, top, elements)) continue;
    if (++out.count > RenamedFiles::kNamed) continue;
    out.named.push_back({joined(top, elements), files[f].path});
  }
  return out;
}

}  // namespace btfast
