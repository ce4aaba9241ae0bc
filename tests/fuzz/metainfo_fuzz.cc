// Metainfo: what loads is consistent, and its files lie below the output directory.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/torrent_layout.h"

namespace {

bool inside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.back() == '/') return false;
  while (!path.empty()) {
    auto const end = path.find('/');
    std::string_view const element = path.substr(0, end);
    if (element.empty() || element == "." || element == "..") return false;
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const metainfo = btfast::parse_metainfo(std::as_bytes(std::span{data, size}));
  if (!metainfo) {
    BTF_CHECK(!metainfo.error().detail.empty());
    return 0;
  }
  std::uint64_t total = 0;
  for (auto const& file : metainfo->files) total += file.length;
  BTF_CHECK(total == metainfo->geometry.total_size());
  BTF_CHECK(metainfo->piece_hashes.size() == metainfo->geometry.piece_count());
  std::size_t trackers = 0;
  for (auto const& tier : metainfo->tracker_tiers) trackers += tier.size();
  BTF_CHECK(trackers <= btfast::limits::kTrackers);
  auto const layout = btfast::torrent_layout(*metainfo);
  if (!layout) return 0;
  BTF_CHECK(layout->size() == metainfo->files.size());
  for (auto const& file : *layout) BTF_CHECK(inside(file.path));
  return 0;
}
