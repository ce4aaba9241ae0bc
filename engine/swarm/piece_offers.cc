#include "engine/swarm/piece_offers.h"

#include <algorithm>
#include <utility>

namespace btfast {

bool PieceOffers::try_offer(PieceIndex piece) noexcept {
  std::uint64_t nobody = 0;
  if (!pieces_[piece.value].compare_exchange_strong(nobody, kOffered, std::memory_order_relaxed)) {
    return false;
  }
  free_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void PieceOffers::add(PieceIndex piece, std::uint64_t what) noexcept {
  if (pieces_[piece.value].fetch_add(what, std::memory_order_relaxed) != 0) return;
  free_.fetch_sub(1, std::memory_order_relaxed);
}

bool PieceOffers::drop(PieceIndex piece, std::uint64_t what) noexcept {
  if (pieces_[piece.value].fetch_sub(what, std::memory_order_relaxed) != what) return false;
  free_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::optional<PieceIndex> PieceOffers::next_free(std::uint32_t from) const noexcept {
  // Mostly there is none, and a torrent may have a million pieces.
  if (!any_free()) return std::nullopt;
  for (std::size_t p = from; p < pieces_.size(); ++p) {
    PieceIndex const piece{static_cast<std::uint32_t>(p)};
    if (value(piece) == 0) return piece;
  }
  return std::nullopt;
}

std::vector<PieceIndex> PieceOffers::rarest(Bitfield const& has, Bitfield const& told,
                                            std::size_t most, bool held) const {
  // Others go on meanwhile, and what is sorted must not.
  std::vector<std::pair<std::uint64_t, PieceIndex>> known;
  for (std::uint32_t p = 0; p < pieces_.size() && most > 0; ++p) {
    PieceIndex const piece{p};
    if (has.test(piece) || told.test(piece)) continue;
    std::uint64_t const now = value(piece);
    if (held && (now < kHolder || now % kHolder != 0)) continue;
    known.emplace_back(known_by(piece), piece);
  }
  most = std::min(most, known.size());
  std::ranges::partial_sort(known, known.begin() + static_cast<std::ptrdiff_t>(most), {},
                            &std::pair<std::uint64_t, PieceIndex>::first);
  std::vector<PieceIndex> found;
  for (std::size_t i = 0; i < most; ++i) found.push_back(known[i].second);
  return found;
}

void PieceOffers::believe_seed(std::uint32_t fetched) noexcept {
  if (fetched < seed_fetched_.load(std::memory_order_relaxed)) return;
  seed_elsewhere_.store(true, std::memory_order_relaxed);
}

void PieceOffers::doubt_seed() noexcept {
  if (!seed_elsewhere_.exchange(false, std::memory_order_relaxed)) return;
  // Who fetched all of it is always believed.  Of shards that doubt, one does.
  std::uint64_t const twice = 2 * std::uint64_t{seed_fetched_.load(std::memory_order_relaxed)};
  seed_fetched_.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(twice, pieces_.size())),
                      std::memory_order_relaxed);
}

}  // namespace btfast
