// What tells whether a file is the one that it was, with the bytes that it had.
//
// Threads: pure functions.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>
#include <string>

namespace btfast {

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(FileIdentity const&) const = default;
};

struct FileState {
  FileIdentity identity;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  bool operator==(FileState const&) const = default;
};

FileIdentity identity_of(struct stat const& status) noexcept;
FileState state_of(struct stat const& status) noexcept;

// "grew from 5 to 7 bytes"; empty where nothing happened.
std::string change_between(FileState const& before, FileState const& after);

}  // namespace btfast
