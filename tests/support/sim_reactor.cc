#include "tests/support/sim_reactor.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

constexpr int kFirstFd = 3;  // as in a process with its standard streams
constexpr std::uint16_t kFirstEphemeralPort = 49152;

bool wants(SimInterest const& interest, Interest part) noexcept {
  return (static_cast<unsigned>(interest.interest) & static_cast<unsigned>(part)) != 0;
}

// What a wait would return of it; nothing set when nothing.
ReactorEvent event_of(SimInterest const& interest, bool readable, bool writable, bool failed) {
  ReactorEvent event;
  event.token = interest.token;
  if (!interest.watched || interest.interest == Interest::kNone) return event;
  bool const told =
      interest.trigger == Trigger::kEdge && !interest.news_to_read && !interest.news_to_write;
  if (told) return event;
  event.hangup = failed;
  event.readable = failed || (readable && wants(interest, Interest::kRead));
  event.writable = failed || (writable && wants(interest, Interest::kWrite));
  return event;
}

}  // namespace

SimReactor::SimReactor(SimNetwork& network, Endpoint const& address)
    : network_(network), address_(address.with_port(0)), next_port_(kFirstEphemeralPort) {
  bool const added = network_.hosts_.emplace(address_, this).second;
  BTF_CHECK(added);
}

SimReactor::~SimReactor() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].free()) close(static_cast<int>(i) + kFirstFd);
  }
  network_.hosts_.erase(address_);
}

std::size_t SimReactor::open_sockets() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](Slot const& s) { return !s.free(); }));
}

// -- descriptors ----------------------------------------------------------------------------------

SimReactor::Slot* SimReactor::slot(int fd) noexcept {
  auto const index = static_cast<std::size_t>(fd - kFirstFd);
  if (fd < kFirstFd || index >= slots_.size() || slots_[index].free()) return nullptr;
  return &slots_[index];
}

SimStream* SimReactor::stream(int fd) noexcept {
  Slot* const found = slot(fd);
  return found != nullptr ? found->stream.get() : nullptr;
}

SimInterest* SimReactor::interest_of(int fd) noexcept {
  Slot* const found = slot(fd);
  if (found == nullptr) return nullptr;
  return found->stream ? &found->stream->interest : &found->listening->interest;
}

int SimReactor::take_fd(Slot taken) {
  auto const free = std::find_if(slots_.begin(), slots_.end(), [](auto& s) { return s.free(); });
  auto const index = free - slots_.begin();
  if (free == slots_.end()) {
    slots_.push_back(std::move(taken));
  } else {
    *free = std::move(taken);
  }
  return static_cast<int>(index) + kFirstFd;
}

std::uint16_t SimReactor::free_port() {
  do {
    next_port_ =
        next_port_ == 65535 ? kFirstEphemeralPort : static_cast<std::uint16_t>(next_port_ + 1);
  } while (listening_on(next_port_) != nullptr);
  return next_port_;
}

SimReactor::Listening* SimReactor::listening_on(std::uint16_t port) noexcept {
  for (Slot& candidate : slots_) {
    if (candidate.listening && candidate.listening->local.port() == port) {
      return candidate.listening.get();
    }
  }
  return nullptr;
}

// -- readiness ------------------------------------------------------------------------------------

Status SimReactor::watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  SimInterest* const watched = interest_of(fd);
  if (watched == nullptr) return Error{Errc::kNetwork, EBADF};
  *watched = {true, token, interest, trigger, true, true};
  return kOk;
}

Status SimReactor::rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  return watch(fd, token, interest, trigger);
}

void SimReactor::unwatch(int fd) noexcept {
  if (SimInterest* const watched = interest_of(fd)) *watched = {};
}

std::size_t SimReactor::wait(std::span<ReactorEvent> events, Duration) {
  std::vector<std::pair<ReactorEvent, SimInterest*>> ready;
  for (Slot& candidate : slots_) {
    if (candidate.free()) continue;
    SimInterest& interest =
        candidate.stream ? candidate.stream->interest : candidate.listening->interest;
    SimStream const* const s = candidate.stream.get();
    ReactorEvent const event =
        s != nullptr ? event_of(interest, s->readable(), s->writable(), s->error != 0)
                     : event_of(interest, !candidate.listening->waiting.empty(), false, false);
    if (event.readable || event.writable) ready.emplace_back(event, &interest);
  }
  // Any order is a possible one.
  for (std::size_t i = ready.size(); i > 1; --i) {
    std::swap(ready[i - 1], ready[network_.rng().below(static_cast<std::uint32_t>(i))]);
  }
  std::size_t const count = std::min(ready.size(), events.size());
  for (std::size_t i = 0; i < count; ++i) {
    events[i] = ready[i].first;
    ready[i].second->news_to_read = ready[i].second->news_to_write = false;
  }
  return count;
}

// -- connections ----------------------------------------------------------------------------------

Expected<int> SimReactor::connect(Endpoint const& remote, Endpoint const& local) {
  if (remote.family() != address_.family()) return Error{Errc::kUnsupported, EAFNOSUPPORT};
  if (local.family() != Family::kNone && local.family() != remote.family()) {
    return Error{Errc::kBadArgument, EAFNOSUPPORT};
  }
  auto client = std::make_shared<SimStream>();
  client->local = address_.with_port(local.port() != 0 ? local.port() : free_port());
  client->remote = remote;
  network_.send(client, {.kind = SimPacket::Kind::kSyn});
  Slot taken;
  taken.stream = std::move(client);
  return take_fd(std::move(taken));
}

int SimReactor::connect_error(int fd) noexcept {
  SimStream const* const s = stream(fd);
  return s != nullptr ? s->error : EBADF;
}

Expected<int> SimReactor::listen(Endpoint const& local, int backlog) {
  if (local.family() != address_.family()) return Error{Errc::kUnsupported, EAFNOSUPPORT};
  std::uint16_t const port = local.port() != 0 ? local.port() : free_port();
  if (listening_on(port) != nullptr) return Error{Errc::kBusy, EADDRINUSE};
  Slot taken;
  taken.listening = std::make_unique<Listening>();
  taken.listening->local = local.with_port(port);
  taken.listening->backlog = static_cast<std::size_t>(std::max(backlog, 1));
  return take_fd(std::move(taken));
}

void SimReactor::on_syn(std::shared_ptr<SimStream> const& client) {
  Listening* const listening = listening_on(client->remote.port());
  if (listening == nullptr) {
    network_.send(client, {.kind = SimPacket::Kind::kReset, .error = ECONNREFUSED});
    return;
  }
  if (listening->waiting.size() >= listening->backlog) {
    network_.send(client, {.kind = SimPacket::Kind::kSyn});  // dropped, and sent again
    return;
  }
  auto const server = std::make_shared<SimStream>();
  server->state = SimStream::State::kOpen;
  server->local = client->remote;
  server->remote = client->local;
  server->window = client->window = network_.config().window_bytes;
  server->peer = client;
  client->peer = server;
  listening->waiting.push_back(server);
  listening->interest.news_to_read = true;
  network_.send(client, {.kind = SimPacket::Kind::kSynAck});
}

Expected<Accepted> SimReactor::accept(int listener) {
  Slot* const found = slot(listener);
  if (found == nullptr || !found->listening) return Error{Errc::kNetwork, EBADF};
  auto& waiting = found->listening->waiting;
  if (waiting.empty()) return Error{Errc::kWouldBlock, EAGAIN};
  if (!accept_errors_.empty()) {
    int const error = accept_errors_.front();
    accept_errors_.pop_front();
    return Error{Errc::kNoResource, error};
  }
  Slot taken;
  taken.stream = std::move(waiting.front());
  waiting.pop_front();
  Endpoint const remote = taken.stream->remote;
  return Accepted{take_fd(std::move(taken)), remote};
}

Endpoint SimReactor::local_endpoint(int fd) noexcept {
  Slot* const found = slot(fd);
  if (found == nullptr) return {};
  return found->stream ? found->stream->local : found->listening->local;
}

IoResult SimReactor::read(int fd, std::span<iovec const> into) noexcept {
  SimStream* const s = stream(fd);
  if (s == nullptr) return IoResult::error(EBADF);
  if (s->waiting() > 0) {
    std::size_t const taken = s->take(into);
    if (taken == 0) return IoResult::would_block();
    if (s->peer && s->peer->state != SimStream::State::kClosed) {
      network_.send(s->peer, {.kind = SimPacket::Kind::kWindow, .opened = taken});
    }
    return IoResult::of_bytes(taken);
  }
  if (s->error != 0) return IoResult::error(s->error);
  return s->ended ? IoResult::end() : IoResult::would_block();
}

IoResult SimReactor::write(int fd, std::span<iovec const> from) noexcept {
  SimStream* const s = stream(fd);
  if (s == nullptr) return IoResult::error(EBADF);
  if (s->error != 0) return IoResult::error(s->error == ECONNRESET ? EPIPE : s->error);
  if (s->state != SimStream::State::kOpen) return IoResult::would_block();
  std::vector<std::byte> bytes;
  for (iovec const& part : from) {
    auto const* const begin = static_cast<std::byte const*>(part.iov_base);
    std::size_t const size = std::min(part.iov_len, s->window - bytes.size());
    bytes.insert(bytes.end(), begin, begin + size);
  }
  std::size_t const size = bytes.size();
  if (size == 0) return IoResult::would_block();
  s->window -= size;
  network_.send_bytes(s->peer, std::move(bytes));
  return IoResult::of_bytes(size);
}

void SimReactor::reset(int fd) {
  if (Slot* const found = slot(fd); found != nullptr && found->stream) {
    end(std::exchange(found->stream, nullptr), true);
  }
}

void SimReactor::close(int fd) noexcept {
  Slot* const found = slot(fd);
  if (found == nullptr) return;
  Slot const closed = std::exchange(*found, {});
  if (closed.stream) {
    end(closed.stream, closed.stream->waiting() > 0);
    return;
  }
  for (auto const& waiting : closed.listening->waiting) end(waiting, true);
}

void SimReactor::end(std::shared_ptr<SimStream> const& ended, bool abort) {
  ended->state = SimStream::State::kClosed;
  ended->interest = {};
  auto const peer = ended->peer;
  if (!peer) return;
  if (peer->state == SimStream::State::kClosed) {
    peer->peer = nullptr;
    ended->peer = nullptr;
    return;
  }
  if (ended->error != 0) return;  // the other end knows
  if (abort) {
    network_.send(peer, {.kind = SimPacket::Kind::kReset, .error = ECONNRESET});
  } else {
    network_.send(peer, {.kind = SimPacket::Kind::kFin});
  }
}

}  // namespace btfast::net
