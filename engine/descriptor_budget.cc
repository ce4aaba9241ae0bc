#include "engine/descriptor_budget.h"

#include <algorithm>

#include "engine/base/descriptors.h"
#include "net/http_client.h"
#include "net/tracker/tracker_tiers.h"
#include "storage/file_pool.h"

namespace btfast {
namespace {

std::uint64_t room_beside_files() noexcept {
  std::uint64_t const sockets = descriptors_for_sockets();
  std::uint64_t const files = storage::FilePool::default_open_max();
  return sockets > files ? sockets - files : 0;
}

}  // namespace

std::size_t trackers_within_descriptors() noexcept {
  std::uint64_t const room = room_beside_files() / 3 / net::HttpClient::kDescriptorsEach;
  return static_cast<std::size_t>(
      std::clamp<std::uint64_t>(room, 1, net::TrackerTiers::kSideBySide));
}

std::uint32_t peers_within_descriptors(std::uint32_t wanted) noexcept {
  std::uint64_t const all = room_beside_files();
  std::uint64_t const trackers = trackers_within_descriptors() * net::HttpClient::kDescriptorsEach;
  std::uint64_t const room = all > trackers ? all - trackers : 0;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 1, std::max(wanted, 1u)));
}

Outcome check_room_for(FirstSockets wanted) {
  std::size_t const trackers = wanted.tracker ? net::HttpClient::kDescriptorsEach : 0;
  return check_room_for_sockets(trackers + (wanted.peer ? 1 : 0));
}

}  // namespace btfast
