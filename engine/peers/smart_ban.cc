#include "engine/peers/smart_ban.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace btfast {
namespace {

// Each known sender once, sorted; `all_known` tells whether some block has none.
std::vector<net::Endpoint> senders_of(std::span<SmartBan::Block const> blocks, bool& all_known) {
  std::vector<net::Endpoint> senders;
  all_known = true;
  for (auto const& block : blocks) {
    if (block.from.family() == net::Family::kNone) {
      all_known = false;
    } else if (senders.empty() || senders.back() != block.from) {
      senders.push_back(block.from);
    }
  }
  std::sort(senders.begin(), senders.end());
  senders.erase(std::unique(senders.begin(), senders.end()), senders.end());
  return senders;
}

}  // namespace

SmartBan::Verdict SmartBan::on_failed(PieceIndex piece, std::span<Block const> blocks) {
  Verdict verdict;
  bool all_known = true;
  auto const senders = senders_of(blocks, all_known);
  if (all_known && senders.size() == 1) {
    suspects_.erase(senders.front());
    verdict.liars = senders;
  } else if (!senders.empty()) {
    remember(piece, blocks, verdict);
  }
  return verdict;
}

void SmartBan::remember(PieceIndex piece, std::span<Block const> blocks, Verdict& verdict) {
  make_room(blocks.size(), verdict);
  if (blocks.size() > limits::kBanEvidenceBlocks) return;
  auto const [at, fresh] = records_.try_emplace(piece);
  if (fresh) oldest_first_.push_back(piece);
  Record& record = at->second;
  record.seen.resize(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Block const& block = blocks[i];
    if (block.from.family() == net::Family::kNone) continue;
    auto& seen = record.seen[i];
    if (std::find(seen.begin(), seen.end(), block) != seen.end()) continue;
    seen.push_back(block);
    ++record.blocks;
    ++evidence_blocks_;
    auto const place = std::lower_bound(record.senders.begin(), record.senders.end(), block.from);
    if (place != record.senders.end() && *place == block.from) continue;
    record.senders.insert(place, block.from);
    if (++suspects_[block.from] == 1) verdict.suspects.push_back(block.from);
  }
}

void SmartBan::make_room(std::size_t blocks, Verdict& verdict) {
  while (!oldest_first_.empty() && evidence_blocks_ + blocks > limits::kBanEvidenceBlocks) {
    auto const record = records_.extract(oldest_first_.front());
    oldest_first_.pop_front();
    close(record.mapped(), verdict);
  }
}

SmartBan::Verdict SmartBan::on_passed(PieceIndex piece, std::span<Block const> blocks) {
  Verdict verdict;
  auto const record = records_.extract(piece);
  if (record.empty()) return verdict;
  std::erase(oldest_first_, piece);
  auto const& seen = record.mapped().seen;
  auto& liars = verdict.liars;
  for (std::size_t i = 0; i < std::min(seen.size(), blocks.size()); ++i) {
    for (Block const& block : seen[i]) {
      if (block.digest != blocks[i].digest) liars.push_back(block.from);
    }
  }
  std::sort(liars.begin(), liars.end());
  liars.erase(std::unique(liars.begin(), liars.end()), liars.end());
  for (auto const& liar : liars) suspects_.erase(liar);
  close(record.mapped(), verdict);
  return verdict;
}

SmartBan::Verdict SmartBan::vouch_for(net::Endpoint const& peer) {
  Verdict verdict;
  acquit(peer, verdict);
  return verdict;
}

// A record that is no longer waited for weighs on its senders no longer.
void SmartBan::close(Record const& record, Verdict& verdict) {
  evidence_blocks_ -= record.blocks;
  for (auto const& sender : record.senders) {
    auto const suspect = suspects_.find(sender);
    if (suspect != suspects_.end() && --suspect->second == 0) acquit(sender, verdict);
  }
}

void SmartBan::acquit(net::Endpoint const& peer, Verdict& verdict) {
  if (suspects_.erase(peer) > 0) verdict.cleared.push_back(peer);
}

}  // namespace btfast
