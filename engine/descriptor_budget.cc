#include "engine/descriptor_budget.h"

#include <algorithm>

#include "engine/base/descriptors.h"
#include "storage/file_pool.h"

namespace btfast {

std::uint32_t peers_within_descriptors(std::uint32_t wanted) noexcept {
  std::uint64_t const sockets = descriptors_for_sockets();
  std::uint64_t const files = storage::FilePool::default_open_max();
  std::uint64_t const room = sockets > files ? sockets - files : 0;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 1, std::max(wanted, 1u)));
}

}  // namespace btfast
