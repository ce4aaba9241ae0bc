// WireFixture: one btfast node in a SimWorld, and scripted peers on the wire.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "tests/support/sim_world.h"

namespace btfast::test {

class WireFixture : public ::testing::Test {
 protected:
  // Eight pieces of four blocks.
  TestTorrent const torrent_ = TorrentBuilder{}.pieces(8).piece_size(64 * kKiB).build();
  SimWorld world_{7};

  SimNode& leech(SimNodeOptions options = {}) {
    options.uses_source = false;
    SimNode& node = world_.add_leech(torrent_, options);
    EXPECT_TRUE(until([&] { return node.state() == TorrentState::kDownloading; }));
    return node;
  }
  SimNode& seed(SimNodeOptions options = {}) {
    options.uses_source = false;
    SimNode& node = world_.add_seed(torrent_, options);
    EXPECT_TRUE(until([&] { return node.complete(); }));
    return node;
  }
  SimPeer& peer(std::uint8_t id) { return world_.add_peer(torrent_, id); }
  // A peer that has connected to `node`.
  SimPeer& guest(SimNode& node, std::uint8_t id, bool fast = true) {
    SimPeer& guest = peer(id);
    guest.handshake().fast_extension = fast;
    guest.connect(node.endpoint());
    EXPECT_TRUE(until([&] { return guest.greeted(); }));
    return guest;
  }
  // One that has everything and unchokes, and does not answer yet.
  SimPeer& giver(SimNode& node, std::uint8_t id, bool fast = true) {
    SimPeer& giver = guest(node, id, fast);
    giver.say_pieces({0, 1, 2, 3, 4, 5, 6, 7});
    giver.say(net::Unchoke{});
    return giver;
  }

  bool until(std::function<bool()> const& done, Duration at_most = std::chrono::minutes{1}) {
    return world_.run_until(done, at_most);
  }
  // Long enough for what is on its way, too short for any time-out.
  void settle() { world_.run_for(std::chrono::seconds{1}); }
};

}  // namespace btfast::test
