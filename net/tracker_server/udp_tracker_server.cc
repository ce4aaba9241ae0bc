#include "net/tracker_server/udp_tracker_server.h"

#include <algorithm>
#include <utility>

#include "net/udp_listener.h"

namespace btfast::net {
namespace {

constexpr std::size_t kAnnounceHeadBytes = 20;
constexpr std::size_t kRequestBytes = 2'048;  // an announce is 98, a scrape 1,496 at most

}  // namespace

// Level-triggered, so that what a bounded turn leaves comes back.
class UdpTrackerServer::Socket final : public EventHandler {
 public:
  Socket(UdpTrackerServer& server, UdpListener socket)
      : server_(server), socket_(std::move(socket)) {}
  ~Socket() override { watch_.reset(); }

  Status start() {
    auto watch = server_.loop_.watch(socket_.fd(), *this, Interest::kRead, Trigger::kLevel);
    if (!watch) return watch.error();
    watch_ = *std::move(watch);
    return kOk;
  }
  void on_event(ReactorEvent const&) override {
    std::array<std::byte, kRequestBytes> buffer;
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
      auto const received = socket_.receive(buffer);
      // An error is of one datagram (a port that is closed), and collected by this read.
      if (received.result.kind == IoResult::Kind::kWouldBlock) return;
      if (received.result.kind != IoResult::Kind::kBytes) continue;
      auto const reply =
          server_.answer(std::span{buffer}.first(received.result.bytes), received.from);
      if (!reply.empty()) socket_.send(reply, received.from, received.to);
    }
  }

 private:
  UdpTrackerServer& server_;
  UdpListener socket_;
  Watch watch_;
};

Result<std::unique_ptr<UdpTrackerServer>> UdpTrackerServer::open(
    EventLoop& loop, std::vector<Endpoint> const& locals, TrackerTable& table,
    ConnectionIds::Secret const& secret) {
  std::unique_ptr<UdpTrackerServer> server{new UdpTrackerServer{loop, table, secret}};
  for (auto const& local : locals) {
    auto const failure = [&](Error error) {
      return Failure{error.code, error.sys_errno, "cannot listen on udp " + local.to_string()};
    };
    auto socket = UdpListener::open(local);
    if (!socket) return failure(socket.error());
    auto& added =
        server->sockets_.emplace_back(std::make_unique<Socket>(*server, *std::move(socket)));
    if (auto const started = added->start(); !started) return failure(started.error());
  }
  return server;
}

UdpTrackerServer::UdpTrackerServer(EventLoop& loop, TrackerTable& table,
                                   ConnectionIds::Secret const& secret)
    : loop_(loop), table_(table), ids_(secret) {}

UdpTrackerServer::~UdpTrackerServer() = default;

std::vector<std::byte> UdpTrackerServer::answer(std::span<std::byte const> datagram,
                                                Endpoint const& from) {
  auto request = parse_udp_request(datagram);
  if (!request) {
    ++stats_.refused;
    return {};
  }
  if (request->action == UdpAction::kConnect) {
    return udp_connect_answer(request->transaction, ids_.make(from, loop_.now()));
  }
  if (!ids_.valid(request->connection_id, from, loop_.now())) {
    return refuse(*request, "connection id?");
  }
  return request->action == UdpAction::kAnnounce ? announce(*request, from) : scrape(*request);
}

std::vector<std::byte> UdpTrackerServer::announce(UdpRequest& request, Endpoint const& from) {
  if (request.port == 0) return refuse(request, "port 0");
  TrackerAnnounce& announce = request.announce;
  std::size_t const entry = from.family() == Family::kIpv6 ? 18 : 6;
  std::size_t const fit = (kAnswerBytes - kAnnounceHeadBytes) / entry;
  announce.numwant = std::min(announce.numwant, static_cast<std::uint32_t>(fit));
  announce.peer = from.with_port(request.port);
  announce.only_family = from.family();  // BEP 15: the answer has room for no other
  auto const answer = table_.announce(announce, loop_.now());
  if (!answer) return refuse(request, "this tracker is full");
  ++stats_.announces;
  return udp_announce_answer(request.transaction, *answer, table_.limits().interval);
}

std::vector<std::byte> UdpTrackerServer::scrape(UdpRequest const& request) {
  ++stats_.scrapes;
  std::vector<SwarmCounts> counts;
  for (auto const& hash : request.info_hashes) {
    counts.push_back(table_.scrape(hash).value_or(SwarmCounts{}));
  }
  return udp_scrape_answer(request.transaction, counts);
}

std::vector<std::byte> UdpTrackerServer::refuse(UdpRequest const& request,
                                                std::string_view reason) {
  ++stats_.refused;
  return udp_error_answer(request.transaction, reason);
}

}  // namespace btfast::net
