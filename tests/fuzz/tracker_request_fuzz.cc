// Any bytes as a question to our tracker: a UDP datagram, an HTTP request head, its query.
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "net/tracker_server/http_request.h"
#include "net/tracker_server/udp_request.h"

namespace btfast::net {
namespace {

void try_query(std::string_view query) {
  if (auto const announce = parse_announce_query(query)) BTF_CHECK(announce->port != 0);
  if (auto const hashes = parse_scrape_query(query)) {
    BTF_CHECK(!hashes->empty());
    for (std::size_t i = 1; i < hashes->size(); ++i) BTF_CHECK((*hashes)[i - 1] < (*hashes)[i]);
  }
}

void try_request(std::span<std::byte const> bytes) {
  auto const head = parse_http_head(as_text(bytes));
  if (head.state == HttpRequestHead::State::kWhole) {
    BTF_CHECK(head.path.starts_with('/'));
    BTF_CHECK(head.path.size() + head.query.size() < bytes.size());
    try_query(head.query);
  }
  try_query(as_text(bytes));
  if (auto const request = parse_udp_request(bytes)) {
    BTF_CHECK(bytes.size() >= 16);
    BTF_CHECK(request->action != UdpAction::kError);
    BTF_CHECK(request->info_hashes.size() <= kUdpScrapeHashes);
  }
}

}  // namespace
}  // namespace btfast::net

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  btfast::net::try_request(std::as_bytes(std::span{data, size}));
  return 0;
}
