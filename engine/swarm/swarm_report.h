// What a shard tells the control thread of its peers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/mailbox.h"
#include "engine/base/types.h"
#include "engine/swarm/choke_peer.h"
#include "net/endpoint.h"
#include "net/peer_observer.h"

namespace btfast {

struct PeerOpened {
  PeerHandle handle;
  net::Endpoint remote;
  net::Endpoint local = {};  // our end of it
  PeerId id{};
  bool incoming = false;
};

// A peer said by which address it sees us.
struct AddressTold {
  net::Endpoint teller;
  net::Endpoint ours;
};

struct PeerClosed {
  PeerHandle handle;
  net::Endpoint remote;
  net::Endpoint local = {};
  bool incoming = false;
  bool opened = false;  // PeerOpened was sent
  net::CloseReason reason = net::CloseReason::kPeerClosed;
  std::string detail;
};

// The answer to a choke round.
struct ChokeSnapshot {
  std::vector<ChokePeer> peers;
};

// Every peer of the shard is gone and none will come.
struct ShardStopped {
  std::uint16_t net_thread = 0;
};

using SwarmReport =
    std::variant<std::monostate, PeerOpened, AddressTold, PeerClosed, ChokeSnapshot, ShardStopped>;
using SwarmReports = Mailbox<SwarmReport>;

}  // namespace btfast
