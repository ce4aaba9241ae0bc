#include "net/tracker_server/udp_request.h"

#include <algorithm>

#include "engine/base/byte_io.h"
#include "net/tracker_server/http_reply.h"

namespace btfast::net {
namespace {

constexpr std::uint32_t kDefaultNumwant = 50;

AnnounceEvent event_of(std::uint32_t value) noexcept {
  return value <= 3 ? static_cast<AnnounceEvent>(value) : AnnounceEvent::kNone;
}

bool read_announce(ByteReader& in, UdpRequest& request) {
  TrackerAnnounce& announce = request.announce;
  announce.info_hash = in.array<20>();
  announce.peer_id = in.array<20>();
  in.u64();  // downloaded
  announce.left = in.u64();
  in.u64();  // uploaded
  announce.event = event_of(in.u32());
  in.u32();  // address: the one that asks counts
  in.u32();  // key
  auto const numwant = in.u32();
  announce.numwant = numwant == 0xffffffffu ? kDefaultNumwant : numwant;
  request.port = in.u16();
  return in.ok();
}

bool read_scrape(ByteReader& in, UdpRequest& request) {
  while (in.remaining() >= 20 && request.info_hashes.size() < kUdpScrapeHashes) {
    request.info_hashes.push_back(in.array<20>());
  }
  return !request.info_hashes.empty();
}

std::vector<std::byte> begin_answer(UdpAction action, std::uint32_t transaction) {
  std::vector<std::byte> out;
  ByteWriter{out}.u32(raw(action)).u32(transaction);
  return out;
}

}  // namespace

std::optional<UdpRequest> parse_udp_request(std::span<std::byte const> datagram) {
  ByteReader in{datagram};
  UdpRequest request;
  request.connection_id = in.u64();
  auto const action = in.u32();
  request.transaction = in.u32();
  if (!in.ok() || action > raw(UdpAction::kScrape)) return std::nullopt;
  request.action = static_cast<UdpAction>(action);
  bool good = false;
  switch (request.action) {
    case UdpAction::kConnect:
      good = request.connection_id == kUdpProtocolId;
      break;
    case UdpAction::kAnnounce:
      good = read_announce(in, request);
      break;
    case UdpAction::kScrape:
      good = read_scrape(in, request);
      break;
    case UdpAction::kError:
      break;
  }
  if (!good) return std::nullopt;
  return request;
}

std::vector<std::byte> udp_connect_answer(std::uint32_t transaction, std::uint64_t connection_id) {
  auto out = begin_answer(UdpAction::kConnect, transaction);
  ByteWriter{out}.u64(connection_id);
  return out;
}

std::vector<std::byte> udp_announce_answer(std::uint32_t transaction, TrackerAnswer const& answer,
                                           std::chrono::seconds interval) {
  auto out = begin_answer(UdpAction::kAnnounce, transaction);
  ByteWriter{out}
      .u32(static_cast<std::uint32_t>(interval.count()))
      .u32(answer.counts.leechers)
      .u32(answer.counts.seeders);
  for (auto const& peer : answer.peers) append_compact(peer.endpoint, out);
  return out;
}

std::vector<std::byte> udp_scrape_answer(std::uint32_t transaction,
                                         std::span<SwarmCounts const> swarms) {
  auto out = begin_answer(UdpAction::kScrape, transaction);
  for (auto const& counts : swarms) {
    ByteWriter{out}.u32(counts.seeders).u32(counts.downloaded).u32(counts.leechers);
  }
  return out;
}

std::vector<std::byte> udp_error_answer(std::uint32_t transaction, std::string_view text) {
  auto out = begin_answer(UdpAction::kError, transaction);
  ByteWriter{out}.text(text);
  return out;
}

}  // namespace btfast::net
