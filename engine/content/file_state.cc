#include "engine/content/file_state.h"

#include "engine/base/counted.h"

namespace btfast {

FileIdentity identity_of(struct stat const& status) noexcept {
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

FileState state_of(struct stat const& status) noexcept {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
#ifdef __APPLE__
  auto const& mtime = status.st_mtimespec;
#else
  auto const& mtime = status.st_mtim;
#endif
  return {identity_of(status), static_cast<std::uint64_t>(status.st_size),
          mtime.tv_sec * kNsPerSecond + mtime.tv_nsec};
}

std::string change_between(FileState const& before, FileState const& after) {
  if (before == after) return {};
  if (before.identity != after.identity) return "was replaced by another file";
  if (before.size == after.size) return "was written to";
  return (before.size < after.size ? "grew from " : "shrank from ") + std::to_string(before.size) +
         " to " + counted_bytes(after.size);
}

}  // namespace btfast
