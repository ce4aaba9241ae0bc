// How much memory this process may use: the machine's, or its cgroup's where that is less.
#pragma once

#include <cstdint>

namespace btfast::cli {

std::uint64_t usable_memory();

// --cache by default: limits::kCacheBytes, and a quarter of a small machine or container.
std::uint64_t default_cache_bytes();

}  // namespace btfast::cli
