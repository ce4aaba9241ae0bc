#include "engine/metainfo/torrent_layout.h"

#include <utility>

#include "storage/path_safety.h"

namespace btfast {
namespace {

storage::FileSpec pad_of(std::uint64_t length) { return {".pad", length, true, false}; }

}  // namespace

Result<std::string> torrent_top_name(Metainfo const& metainfo,
                                     std::optional<std::string> const& target_name) {
  if (!target_name) return storage::safe_element(metainfo.name);
  bool const plain = !target_name->empty() && *target_name != "." && *target_name != ".." &&
                     target_name->find('/') == std::string::npos &&
                     target_name->find('\0') == std::string::npos;
  if (!plain) return Failure{Errc::kBadArgument, "not a plain file name: " + *target_name};
  return *target_name;
}

Result<std::vector<storage::FileSpec>> torrent_layout(
    Metainfo const& metainfo, std::optional<std::string> const& target_name) {
  auto top = torrent_top_name(metainfo, target_name);
  if (!top) return top.error();
  std::vector<storage::FileSpec> specs;
  specs.reserve(metainfo.files.size());
  storage::SafePaths paths{*top};
  for (auto const& file : metainfo.files) {
    if (file.pad || file.symlink) {
      specs.push_back(pad_of(file.length));
      continue;
    }
    if (!metainfo.multi_file) {
      specs.push_back({*top, file.length, false, file.executable});
      continue;
    }
    auto path = paths.add(file.path);
    if (!path) return path.error();
    specs.push_back({*std::move(path), file.length, false, file.executable});
  }
  return specs;
}

}  // namespace btfast
