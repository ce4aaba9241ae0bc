#include "net/tracker_server/http_tracker_server.h"

#include <utility>

#include "net/tracker_server/http_reply.h"
#include "net/tracker_server/http_request.h"

namespace btfast::net {
namespace {

std::vector<std::byte> error_page(std::string_view status) { return http_response(status, {}); }

}  // namespace

Result<std::unique_ptr<HttpTrackerServer>> HttpTrackerServer::open(EventLoop& loop,
                                                                   ListenRequest const& request,
                                                                   TrackerTable& table) {
  std::unique_ptr<HttpTrackerServer> server{new HttpTrackerServer{loop, table}};
  auto* const raw = server.get();
  auto listener =
      Listener::open(loop, request, [raw](Accepted accepted) { raw->welcome(accepted); });
  if (!listener) return std::move(listener).error();
  server->listener_ = *std::move(listener);
  return server;
}

HttpTrackerServer::HttpTrackerServer(EventLoop& loop, TrackerTable& table)
    : loop_(loop), table_(table), bury_(loop.timers(), [this] { done_.clear(); }) {}

void HttpTrackerServer::welcome(Accepted accepted) {
  auto& from_there = per_address_[accepted.remote.with_port(0)];
  bool const room = connections_.size() < kConnections && from_there < kPerAddress;
  auto connection = std::make_unique<HttpConnection>(
      loop_, accepted,
      [this](HttpConnection const& c, std::string_view request) { return answer(c, request); },
      [this](HttpConnection& c) { on_done(c); });
  if (!room || !connection->start()) {
    ++stats_.refused;
    if (from_there == 0) per_address_.erase(accepted.remote.with_port(0));
    return;  // closes
  }
  ++from_there;
  connections_.emplace(connection.get(), std::move(connection));
}

void HttpTrackerServer::on_done(HttpConnection& connection) {
  auto const per_address = per_address_.find(connection.remote().with_port(0));
  if (--per_address->second == 0) per_address_.erase(per_address);
  auto const found = connections_.find(&connection);
  done_.push_back(std::move(found->second));
  connections_.erase(found);
  bury_.arm(Duration::zero());
}

std::vector<std::byte> HttpTrackerServer::answer(HttpConnection const& connection,
                                                 std::string_view request) {
  auto const head = parse_http_head(request);
  switch (head.state) {
    case HttpRequestHead::State::kIncomplete:
      if (request.size() < kHttpRequestBytes) return {};
      ++stats_.refused;
      return error_page("431 Request Header Fields Too Large");
    case HttpRequestHead::State::kMalformed:
      ++stats_.refused;
      return error_page("400 Bad Request");
    case HttpRequestHead::State::kOtherMethod:
      ++stats_.refused;
      return error_page("405 Method Not Allowed");
    case HttpRequestHead::State::kWhole:
      break;
  }
  if (head.path == "/announce") return announce(connection.remote(), head.query);
  if (head.path == "/scrape") return scrape(head.query);
  ++stats_.refused;
  return error_page("404 Not Found");
}

std::vector<std::byte> HttpTrackerServer::announce(Endpoint const& remote, std::string_view query) {
  auto parsed = parse_announce_query(query);
  if (!parsed) return refuse(parsed.error().detail);
  parsed->announce.peer = remote.with_port(parsed->port);
  auto const answer = table_.announce(parsed->announce, loop_.now());
  if (!answer) return refuse("this tracker is full");
  ++stats_.announces;
  ReplyForm const form{.compact = parsed->compact, .no_peer_id = parsed->no_peer_id};
  return http_response("200 OK", announce_body(*answer, table_.limits().interval, form));
}

std::vector<std::byte> HttpTrackerServer::scrape(std::string_view query) {
  auto const hashes = parse_scrape_query(query);
  if (!hashes) return refuse(hashes.error().detail);
  ++stats_.scrapes;
  std::vector<std::pair<InfoHash, SwarmCounts>> swarms;
  for (auto const& hash : *hashes) {
    if (auto const counts = table_.scrape(hash)) swarms.emplace_back(hash, *counts);
  }
  return http_response("200 OK", scrape_body(swarms));
}

std::vector<std::byte> HttpTrackerServer::refuse(std::string_view reason) {
  ++stats_.refused;
  return http_response("200 OK", failure_body(reason));
}

}  // namespace btfast::net
