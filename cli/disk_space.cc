#include "cli/disk_space.h"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "cli/text.h"
#include "engine/base/log.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlockUnit = 512;  // of st_blocks, whatever the file system's own

std::uint64_t bytes_held(fs::path const& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * kBlockUnit;
}

}  // namespace

std::optional<std::uint64_t> free_bytes(std::string const& dir) {
  std::error_code error;
  fs::path path = fs::absolute(dir, error);
  while (!error) {
    auto const space = fs::space(path, error);
    if (!error) return space.available;
    if (!path.has_relative_path()) break;
    error.clear();
    path = path.parent_path();
  }
  return std::nullopt;
}

std::uint64_t bytes_to_take(std::string const& dir, std::vector<storage::FileSpec> const& files,
                            std::vector<bool> const& wanted) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    bool const comes = !files[i].pad && (i >= wanted.size() || wanted[i]);
    if (!comes) continue;
    std::uint64_t const held = bytes_held(fs::path{dir} / files[i].path);
    if (held < files[i].length) bytes += files[i].length - held;
  }
  return bytes;
}

void warn_if_short_of_space(std::string const& dir, std::vector<storage::FileSpec> const& files,
                            std::vector<bool> const& wanted) {
  auto const free = free_bytes(dir);
  std::uint64_t const needed = bytes_to_take(dir, files, wanted);
  if (!free || needed <= *free) return;
  log_event(LogLevel::kWarn, "short_of_space",
            {{"needed", needed}, {"free", *free}, {"missing", needed - *free}, {"path", dir}});
}

std::string short_of_space_text(std::uint64_t bytes_missing, std::string const& dir) {
  if (bytes_missing == 0) return "; all has come, and the disk has less room than it said";
  std::string text = "; " + brief_size(bytes_missing) + " are still to come";
  if (auto const free = free_bytes(dir)) text += ", and " + brief_size(*free) + " are free";
  return text;
}

}  // namespace btfast::cli
