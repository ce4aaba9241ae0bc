#include "net/tracker/udp_tracker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "net/address_scope.h"

namespace btfast::net {
namespace {

using std::chrono::seconds;

constexpr seconds kConnectionLife{60};  // BEP 15
constexpr seconds kFirstRetry{15};      // BEP 15: 15 * 2^n
constexpr unsigned kRetriesMax = 8;     // BEP 15
constexpr std::size_t kDatagramBytes = 20 + 18 * limits::kTrackerPeers;
constexpr int kDatagramsPerTurn = 64;  // a flood must not hold the control thread

// BEP 15's schedule, shortened for a request that has less time than its first step.
Duration retry_delay(unsigned tries, std::chrono::milliseconds timeout) noexcept {
  Duration const first = timeout > kFirstRetry ? Duration{kFirstRetry} : Duration{timeout} / 3;
  return first * (1u << std::min(tries, kRetriesMax));
}

std::string url_data_of(TrackerUrl const& url) {
  if (url.query.empty() && (url.path.empty() || url.path == "/" || url.path == "/announce")) {
    return {};
  }
  return url.query.empty() ? url.path : url.path + '?' + url.query;
}

}  // namespace

UdpTracker::UdpTracker(TrackerUrl url, EventLoop& loop, Resolver& resolver, Source source,
                       seconds interval_min)
    : url_(std::move(url)),
      loop_(loop),
      resolver_(resolver),
      source_(std::move(source)),
      interval_min_(interval_min),
      retry_timer_(loop.timers(), [this] { on_retry(); }),
      deadline_(loop.timers(), [this] { finish(failure(Errc::kTimeout, "no answer")); }) {
  BTF_CHECK(url_.scheme == TrackerScheme::kUdp);
}

UdpTracker::~UdpTracker() = default;

void UdpTracker::announce(AnnounceRequest const& request, Callback done) {
  BTF_CHECK(state_ == State::kIdle);
  request_ = request;
  done_ = std::move(done);
  tries_ = 0;
  addresses_refused_ = 0;
  reconnected_ = !connection_is_good();
  send_error_.reset();
  deadline_.arm(request.timeout);
  if (connection_is_good()) return begin_announce();
  state_ = State::kResolving;
  lookup_ = resolver_.resolve(url_.host, url_.port, [this](Result<Resolver::Addresses> result) {
    on_resolved(std::move(result));
  });
}

void UdpTracker::cancel() noexcept {
  lookup_.cancel();
  retry_timer_.disarm();
  deadline_.disarm();
  done_ = nullptr;
  state_ = State::kIdle;
  if (connection_is_good()) return;
  watch_.reset();
  socket_.close();
}

void UdpTracker::on_resolved(Result<Resolver::Addresses> result) {
  if (!result) return finish(result.error());
  addresses_ = *std::move(result);
  if (source_.address.family() != Family::kNone) {
    std::erase_if(addresses_,
                  [this](Endpoint const& e) { return e.family() != source_.address.family(); });
  }
  if (addresses_.empty()) return finish(failure(Errc::kNetwork, "no address of our family"));
  address_index_ = 0;
  begin_connect();
}

bool UdpTracker::connection_is_good() const noexcept {
  return socket_ && loop_.now() < connection_until_;
}

void UdpTracker::begin_connect() {
  state_ = State::kConnecting;
  connection_until_ = {};
  if (!open_socket()) return;
  if (!new_transaction()) return;
  retry_timer_.arm(retry_delay(tries_, request_.timeout));
  send(udp_connect_packet(transaction_));
}

void UdpTracker::begin_announce() {
  state_ = State::kAnnouncing;
  if (!new_transaction()) return;
  retry_timer_.arm(retry_delay(tries_, request_.timeout));
  send(udp_announce_packet(connection_id_, transaction_, request_, url_data_of(url_)));
}

// False when the announce went elsewhere: to the next address, or to its end.
bool UdpTracker::open_socket() {
  watch_.reset();
  auto socket = UdpSocket::connect(addresses_[address_index_], source_.address, source_.device);
  if (!socket) {
    try_next_address(socket.error());
    return false;
  }
  socket_ = *std::move(socket);
  auto watch = loop_.watch(socket_.fd(), *this, Interest::kRead, Trigger::kLevel);
  if (!watch) {
    finish(Failure{watch.error().code, watch.error().sys_errno, url_.host});
    return false;
  }
  watch_ = *std::move(watch);
  return true;
}

// A loop of refusals ends when every address has refused once; the turn between keeps
// replies out of announce().
void UdpTracker::try_next_address(Error why) {
  watch_.reset();
  socket_.close();
  connection_until_ = {};
  if (++addresses_refused_ >= addresses_.size()) {
    Errc const code = why.sys_errno == ECONNREFUSED ? Errc::kConnectRefused : why.code;
    return finish(Failure{code, why.sys_errno, url_.host + ":" + std::to_string(url_.port)});
  }
  address_index_ = (address_index_ + 1) % addresses_.size();
  state_ = State::kConnecting;
  retry_timer_.arm(Duration::zero());
}

void UdpTracker::on_retry() {
  if (!socket_) return begin_connect();  // after a refusal: not a silence
  if (send_error_) return try_next_address(*std::exchange(send_error_, std::nullopt));
  ++tries_;
  if (state_ == State::kAnnouncing && connection_is_good()) return begin_announce();
  if (state_ == State::kConnecting) address_index_ = (address_index_ + 1) % addresses_.size();
  begin_connect();
}

// A failure is handled in the next turn: finish() may not run inside announce().
void UdpTracker::send(std::span<std::byte const> packet) {
  auto const sent = socket_.send(packet);
  if (sent.kind != IoResult::Kind::kError) return;
  send_error_ = Error{Errc::kNetwork, sent.sys_errno};
  retry_timer_.arm(Duration::zero());
}

// False when the kernel has no random numbers: the announce ends in the next turn.
bool UdpTracker::new_transaction() {
  std::array<std::byte, 4> random;
  if (secure_random(random)) {
    transaction_ = load_be32(random.data());
    return true;
  }
  retry_timer_.disarm();
  deadline_.arm(Duration::zero());
  return false;
}

void UdpTracker::on_event(ReactorEvent const&) {
  std::array<std::byte, kDatagramBytes> buffer;
  for (int i = 0; i < kDatagramsPerTurn && socket_; ++i) {
    auto const got = socket_.receive(buffer);
    switch (got.kind) {
      case IoResult::Kind::kWouldBlock:
        return;
      case IoResult::Kind::kEnd:
        break;
      case IoResult::Kind::kBytes:
        on_datagram(std::span{buffer}.first(got.bytes));
        break;
      case IoResult::Kind::kError:
        if (state_ == State::kIdle) {
          watch_.reset();
          return socket_.close();
        }
        return try_next_address({Errc::kNetwork, got.sys_errno});
    }
  }
}

void UdpTracker::on_datagram(std::span<std::byte const> datagram) {
  bool const waiting = state_ == State::kConnecting || state_ == State::kAnnouncing;
  auto const answer = parse_udp_answer(datagram);
  if (!waiting || !answer || answer->transaction != transaction_) return;
  if (answer->action == UdpAction::kError) return on_error_answer(answer->body);
  if (state_ == State::kAnnouncing) {
    if (answer->action == UdpAction::kAnnounce) on_announced(answer->body);
    return;
  }
  auto const id = parse_connection_id(answer->body);
  if (answer->action != UdpAction::kConnect || !id) return;
  connection_id_ = *id;
  connection_until_ = loop_.now() + kConnectionLife;
  tries_ = 0;
  begin_announce();
}

void UdpTracker::on_error_answer(std::span<std::byte const> text) {
  if (state_ == State::kAnnouncing && !std::exchange(reconnected_, true)) return begin_connect();
  connection_until_ = {};
  finish(Failure{Errc::kRefused, tracker_words(as_text(text))});
}

void UdpTracker::on_announced(std::span<std::byte const> body) {
  auto const& server = addresses_[address_index_];
  ReplyRules const rules{.interval_min = interval_min_,
                         .local_tracker = !is_global_address(server)};
  auto reply = parse_udp_reply(body, server.family(), rules);
  if (!reply) return;  // too short to be one
  finish(*std::move(reply));
}

void UdpTracker::finish(Result<AnnounceReply> result) {
  auto const done = std::exchange(done_, nullptr);
  cancel();
  if (done) done(std::move(result));
}

Failure UdpTracker::failure(Errc code, std::string_view what) const {
  return Failure{code, url_.host + ":" + std::to_string(url_.port) + ": " + std::string{what}};
}

}  // namespace btfast::net
