#include "cli/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/limits.h"

namespace btfast::cli {
namespace {

// Below this a download of large pieces comes to a stand.
constexpr std::uint64_t kCacheMin = 16ull << 20;

// Our cgroup's path in each hierarchy: lines are "0::/path" (v2) and "4:memory:/path" (v1).
std::vector<std::string> limit_files() {
  std::vector<std::string> files{"/sys/fs/cgroup/memory.max",
                                 "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  std::ifstream in{"/proc/self/cgroup"};
  for (std::string line; std::getline(in, line);) {
    std::string const path = line.substr(std::min(line.size(), line.find('/')));
    if (line.rfind("0::", 0) == 0) files.push_back("/sys/fs/cgroup" + path + "/memory.max");
    if (line.find(":memory:") != std::string::npos) {
      files.push_back("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes");
    }
  }
  return files;
}

}  // namespace

std::uint64_t usable_memory() {
  std::uint64_t memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (auto const& file : limit_files()) {
    std::uint64_t limit = 0;
    // "max" is no number, and no limit.
    if (std::ifstream{file} >> limit) memory = std::min(memory, limit);
  }
  return memory;
}

std::uint64_t default_cache_bytes() {
  return std::clamp<std::uint64_t>(usable_memory() / 4, kCacheMin, limits::kCacheBytes);
}

}  // namespace btfast::cli
