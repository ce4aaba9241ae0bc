#include "engine/upload/allowed_fast.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/base/byte_io.h"
#include "engine/base/sha1.h"

namespace btfast {
namespace {

// The network of the address, as the bytes that are hashed.
std::vector<std::byte> network_of(net::Endpoint const& peer) {
  bool const v4 = peer.family() == net::Family::kIpv4;
  std::size_t const significant = v4 ? 3 : 7;
  auto const address = peer.address();
  std::vector<std::byte> bytes(v4 ? 4 : 8, std::byte{0});
  for (std::size_t i = 0; i < significant; ++i) bytes[i] = static_cast<std::byte>(address[i]);
  return bytes;
}

}  // namespace

std::vector<PieceIndex> allowed_fast_set(net::Endpoint const& peer, InfoHash const& info_hash,
                                         std::uint32_t piece_count, std::size_t count) {
  std::vector<PieceIndex> set;
  if (peer.family() == net::Family::kNone) return set;
  std::size_t const wanted = std::min<std::size_t>(count, piece_count);
  std::vector<std::byte> seed = network_of(peer);
  seed.insert(seed.end(), info_hash.begin(), info_hash.end());
  Sha1Digest digest = sha1(seed);
  while (set.size() < wanted) {
    for (std::size_t at = 0; at < digest.size() && set.size() < wanted; at += 4) {
      PieceIndex const piece{load_be32(digest.data() + at) % piece_count};
      if (std::find(set.begin(), set.end(), piece) == set.end()) set.push_back(piece);
    }
    digest = sha1(digest);
  }
  return set;
}

}  // namespace btfast
