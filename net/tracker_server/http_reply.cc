#include "net/tracker_server/http_reply.h"

#include <string>

#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

void write_compact(bencode::Writer& out, TrackerAnswer const& answer) {
  std::vector<std::byte> v4;
  std::vector<std::byte> v6;
  for (auto const& peer : answer.peers) {
    append_compact(peer.endpoint, peer.endpoint.family() == Family::kIpv6 ? v6 : v4);
  }
  out.key("peers").string(v4);
  if (!v6.empty()) out.key("peers6").string(v6);
}

void write_list(bencode::Writer& out, TrackerAnswer const& answer, bool no_peer_id) {
  out.key("peers").begin_list();
  for (auto const& peer : answer.peers) {
    out.begin_dict().key("ip").string(peer.endpoint.address_string());
    if (!no_peer_id) out.key("peer id").string(peer.id);
    out.key("port").integer(peer.endpoint.port()).end();
  }
  out.end();
}

}  // namespace

std::vector<std::byte> announce_body(TrackerAnswer const& answer, std::chrono::seconds interval,
                                     ReplyForm form) {
  std::vector<std::byte> body;
  bencode::Writer out{body};
  out.begin_dict();
  out.key("complete").integer(answer.counts.seeders);
  out.key("downloaded").integer(answer.counts.downloaded);
  out.key("incomplete").integer(answer.counts.leechers);
  out.key("interval").integer(interval.count());
  if (form.compact) {
    write_compact(out, answer);
  } else {
    write_list(out, answer, form.no_peer_id);
  }
  out.end();
  return body;
}

std::vector<std::byte> scrape_body(std::span<std::pair<InfoHash, SwarmCounts> const> swarms) {
  std::vector<std::byte> body;
  bencode::Writer out{body};
  out.begin_dict().key("files").begin_dict();
  for (auto const& [info_hash, counts] : swarms) {
    out.key(as_text(info_hash)).begin_dict();
    out.key("complete").integer(counts.seeders);
    out.key("downloaded").integer(counts.downloaded);
    out.key("incomplete").integer(counts.leechers);
    out.end();
  }
  out.end().end();
  return body;
}

std::vector<std::byte> failure_body(std::string_view reason) {
  std::vector<std::byte> body;
  bencode::Writer{body}.begin_dict().key("failure reason").string(reason).end();
  return body;
}

std::vector<std::byte> http_response(std::string_view status, std::span<std::byte const> body) {
  std::vector<std::byte> response;
  ByteWriter out{response};
  out.text("HTTP/1.1 ").text(status).text("\r\nContent-Type: text/plain\r\nContent-Length: ");
  out.text(std::to_string(body.size())).text("\r\nConnection: close\r\n\r\n").bytes(body);
  return response;
}

void append_compact(Endpoint const& endpoint, std::vector<std::byte>& out) {
  ByteWriter{out}.bytes(std::as_bytes(endpoint.address())).u16(endpoint.port());
}

}  // namespace btfast::net
