#include "engine/content/read_back.h"

#include <algorithm>
#include <utility>

#include "engine/metainfo/metainfo.h"
#include "engine/metainfo/torrent_layout.h"

namespace btfast {
namespace {

Failure differs(std::string what) {
  return {Errc::kBadArgument,
          std::move(what) + ": no torrent can say so, it would be read otherwise"};
}

std::string joined(std::vector<std::string> const& elements) {
  std::string path;
  for (auto const& element : elements) path += (path.empty() ? "" : "/") + element;
  return path;
}

std::vector<std::string> flat(std::vector<std::vector<std::string>> const& tiers) {
  std::vector<std::string> out;
  for (auto const& tier : tiers) out.insert(out.end(), tier.begin(), tier.end());
  return out;
}

Outcome same_files(Metainfo const& read, FileScan const& scan) {
  if (read.name != scan.name) return differs(scan.name);
  if (read.files.size() != scan.files.size()) return differs("the list of files");
  for (std::size_t f = 0; f < read.files.size(); ++f) {
    auto const& file = scan.files[f];
    bool const same_path = !scan.multi_file || joined(read.files[f].path) == file.path;
    if (!same_path || read.files[f].length != file.length) return differs(file.path);
  }
  return kOk;
}

// Once each: a URL that is given twice is asked once.
Outcome all_kept(std::vector<std::string> const& kept, std::vector<std::string> const& given) {
  for (auto const& url : given) {
    if (std::find(kept.begin(), kept.end(), url) == kept.end()) return differs(url);
  }
  return kOk;
}

}  // namespace

Outcome read_back(std::span<std::byte const> torrent, MadeFrom const& from) {
  auto const read = parse_metainfo(torrent);
  if (!read) {
    return Failure{Errc::kBadArgument,
                   "the torrent could not be read: " + failure_text(read.error())};
  }
  if (auto const same = same_files(*read, from.scan); !same) return same;
  if (auto const kept = all_kept(flat(read->tracker_tiers), flat(from.tracker_tiers)); !kept) {
    return kept;
  }
  if (auto const kept = all_kept(read->web_seeds, from.web_seeds); !kept) return kept;
  auto const layout = torrent_layout(*read);
  if (!layout) return Failure{Errc::kBadArgument, failure_text(layout.error())};
  return kOk;
}

}  // namespace btfast
