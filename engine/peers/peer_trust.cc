#include "engine/peers/peer_trust.h"

#include "engine/base/log.h"

namespace btfast {

void PeerTrust::on_bad_piece(PieceOutcome const& outcome) {
  auto blocks = name_senders(outcome.blocks);
  // Bytes that could not be read again: who sent all of them is the liar all the same.
  if (blocks.empty() && outcome.senders.size() == 1) {
    blocks.push_back({dialer_.endpoint_of(outcome.senders.front()), {}});
  }
  apply(bans_.on_failed(outcome.piece, blocks));
}

void PeerTrust::on_good_piece(PieceOutcome const& outcome) {
  if (!outcome.blocks.empty()) {
    apply(bans_.on_passed(outcome.piece, name_senders(outcome.blocks)));
  }
  if (outcome.senders.size() == 1) {
    apply(bans_.vouch_for(dialer_.endpoint_of(outcome.senders.front())));
  }
}

void PeerTrust::on_opened(PeerOpened const& opened) {
  if (bans_.suspected(opened.remote)) set_parole_(opened.handle, true);
}

std::vector<SmartBan::Block> PeerTrust::name_senders(std::vector<BlockSource> const& blocks) const {
  std::vector<SmartBan::Block> named;
  named.reserve(blocks.size());
  for (BlockSource const& block : blocks) {
    named.push_back({dialer_.endpoint_of(block.from), block.digest});
  }
  return named;
}

void PeerTrust::apply(SmartBan::Verdict const& verdict) {
  for (net::Endpoint const& liar : verdict.liars) dialer_.ban(liar);
  tell(verdict.suspects, true);
  tell(verdict.cleared, false);
}

void PeerTrust::tell(std::vector<net::Endpoint> const& peers, bool on_parole) {
  for (net::Endpoint const& peer : peers) {
    log_event(LogLevel::kInfo, on_parole ? "suspect" : "cleared", {{"peer", peer.to_string()}});
    for (PeerHandle const handle : dialer_.handles_of(peer)) set_parole_(handle, on_parole);
  }
}

}  // namespace btfast
