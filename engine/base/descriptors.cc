#include "engine/base/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// More than any machine gives; stands for "no limit".
constexpr std::uint64_t kUnlimited = 1u << 30;

}  // namespace

std::uint64_t descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return kUnlimited;
  }
  return std::min<std::uint64_t>(limit.rlim_cur, kUnlimited);
}

std::uint64_t descriptors_for_sockets() noexcept {
  std::uint64_t const limit = descriptor_limit();
  return limit - std::min<std::uint64_t>(limits::kReservedFds, limit / 4);
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);  // what we have goes on
}

bool is_of_descriptor_reserve(int fd) noexcept {
  return fd >= 0 && static_cast<std::uint64_t>(fd) >= descriptors_for_sockets();
}

}  // namespace btfast
