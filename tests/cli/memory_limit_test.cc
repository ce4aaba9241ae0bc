#include "cli/memory_limit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/limits.h"

namespace btfast::cli {
namespace {

TEST(MemoryLimit, IsNoMoreThanTheMachineHas) {
  auto const pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  auto const page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

  EXPECT_GT(usable_memory(), 0u);
  EXPECT_LE(usable_memory(), pages * page);
}

TEST(MemoryLimit, TheCacheIsAQuarterOfItWithinItsBounds) {
  std::uint64_t const cache = default_cache_bytes();

  EXPECT_EQ(cache,
            std::clamp<std::uint64_t>(usable_memory() / 4, 16ull << 20, limits::kCacheBytes));
}

}  // namespace
}  // namespace btfast::cli
