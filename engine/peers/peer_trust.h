// PeerTrust: what follows from bad pieces: liars are banned, suspects are asked for whole
// pieces of their own (parole) until they are cleared.  SmartBan decides who; here peers
// get their names and the shards hear of it.
//
// Threads: the control thread.
#pragma once

#include <functional>
#include <vector>

#include "engine/peers/dialer.h"
#include "engine/peers/smart_ban.h"
#include "engine/pieces/piece_events.h"
#include "engine/swarm/swarm_report.h"

namespace btfast {

class PeerTrust {
 public:
  using SetParole = std::function<void(PeerHandle, bool on)>;

  // The dialer must outlive us.
  PeerTrust(Dialer& dialer, SetParole set_parole)
      : dialer_(dialer), set_parole_(std::move(set_parole)) {}

  void on_bad_piece(PieceOutcome const& outcome);
  void on_good_piece(PieceOutcome const& outcome);
  // Suspects are remembered by address: a new connection does not end parole.
  void on_opened(PeerOpened const& opened);

 private:
  std::vector<SmartBan::Block> name_senders(std::vector<BlockSource> const& blocks) const;
  void apply(SmartBan::Verdict const& verdict);
  void tell(std::vector<net::Endpoint> const& peers, bool on_parole);

  Dialer& dialer_;
  SetParole const set_parole_;
  SmartBan bans_;
};

}  // namespace btfast
