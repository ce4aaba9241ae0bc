// PeerTable: the peers of one shard in slots that are named by PeerHandle.  A handle
// outlives its peer harmlessly: the slot's generation has moved on.
//
// Threads: plain data of one net thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/swarm/peer.h"

namespace btfast {

class PeerTable {
 public:
  explicit PeerTable(std::uint16_t net_thread) : net_thread_(net_thread) {}

  Peer& add() {
    std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
    if (free_.empty()) {
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot].peer = std::make_unique<Peer>();
    ++count_;
    Peer& peer = *slots_[slot].peer;
    peer.handle = {net_thread_, slot, slots_[slot].generation};
    return peer;
  }

  // Ends the handle and hands the peer out, so that its owner may destroy it later.
  std::unique_ptr<Peer> remove(PeerHandle handle) {
    if (find(handle) == nullptr) return nullptr;
    ++slots_[handle.slot].generation;
    free_.push_back(handle.slot);
    --count_;
    return std::move(slots_[handle.slot].peer);
  }

  Peer* find(PeerHandle handle) noexcept {
    if (handle.slot >= slots_.size()) return nullptr;
    Slot& slot = slots_[handle.slot];
    return slot.generation == handle.generation ? slot.peer.get() : nullptr;
  }
  Peer* at(std::uint32_t slot) noexcept {
    return slot < slots_.size() ? slots_[slot].peer.get() : nullptr;
  }

  std::size_t size() const noexcept { return count_; }

  // Calls `visit(Peer&)` for each; it may close peers, not add or remove them.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].peer) visit(*slots_[i].peer);
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Peer> peer;
    std::uint32_t generation = 0;
  };

  std::uint16_t const net_thread_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
};

}  // namespace btfast
