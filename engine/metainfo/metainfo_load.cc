#include <utility>

#include "engine/metainfo/input_file.h"
#include "engine/metainfo/metainfo.h"

namespace btfast {

Result<Metainfo> load_metainfo(std::string const& path, std::size_t bytes_max) {
  auto const bytes = read_input_file(path, bytes_max);
  if (!bytes) return bytes.error();
  auto metainfo = parse_metainfo(*bytes);
  if (metainfo) return metainfo;
  Failure failure = std::move(metainfo).error();
  failure.detail = input_file_name(path) + ": " + failure.detail;
  return failure;
}

}  // namespace btfast
