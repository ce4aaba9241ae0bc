#include "net/reactor_kqueue.h"

#include <sys/event.h>
#include <sys/types.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

static_assert(sizeof(void*) >= sizeof(std::uint64_t), "tokens travel in a pointer");

constexpr std::uint64_t kWakeToken = ~std::uint64_t{0};
constexpr int kWakeIdent = 0;  // of its own filter: no descriptor's
constexpr std::size_t kEventsPerWait = 256;

bool wants(Interest interest, Interest part) noexcept {
  return (static_cast<unsigned>(interest) & static_cast<unsigned>(part)) != 0;
}

int change(int queue, int ident, int filter, unsigned flags, unsigned filter_flags,
           std::uint64_t token) noexcept {
  struct kevent event {};
  event.ident = static_cast<decltype(event.ident)>(ident);
  event.filter = static_cast<decltype(event.filter)>(filter);
  event.flags = static_cast<decltype(event.flags)>(flags);
  event.fflags = filter_flags;
  event.udata = reinterpret_cast<void*>(token);
  return ::kevent(queue, &event, 1, nullptr, 0, nullptr) < 0 ? errno : 0;
}

ReactorEvent to_event(struct kevent const& from) noexcept {
  bool const is_write = from.filter == EVFILT_WRITE;
  bool const eof = (from.flags & EV_EOF) != 0;
  ReactorEvent event;
  event.token = reinterpret_cast<std::uint64_t>(from.udata);
  // The end of what the peer sends is still to be read, and only hangs up with an error;
  // the end of what we can send hangs up.
  event.hangup = eof && (is_write || from.fflags != 0);
  event.readable = !is_write || event.hangup;
  event.writable = is_write || event.hangup;
  event.ended = eof;
  return event;
}

// Of a socket: the error that ended it.
bool has_error(struct kevent const& from) noexcept {
  return (from.flags & EV_EOF) != 0 && from.fflags != 0;
}

}  // namespace

Result<std::unique_ptr<Reactor>> KqueueReactor::create() {
  auto const refused = [](int err) {
    return Failure{Errc::kNoResource, err, "cannot make an event loop"};
  };
  Fd queue{::kqueue()};
  if (!queue) return refused(errno);
  int const failed = change(queue.get(), kWakeIdent, EVFILT_USER, EV_ADD | EV_CLEAR, 0, kWakeToken);
  if (failed != 0) return refused(failed);
  return std::unique_ptr<Reactor>{new KqueueReactor{std::move(queue)}};
}

KqueueReactor::KqueueReactor(Fd queue) noexcept : queue_(std::move(queue)) {}

Status KqueueReactor::watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  BTF_DCHECK(token != kWakeToken);
  unsigned const flags = EV_ADD | (trigger == Trigger::kEdge ? EV_CLEAR : 0u);
  constexpr std::pair<Interest, int> kFilters[] = {{Interest::kRead, EVFILT_READ},
                                                   {Interest::kWrite, EVFILT_WRITE}};
  for (auto const& [part, filter] : kFilters) {
    if (!wants(interest, part)) continue;
    if (int const failed = change(queue_.get(), fd, filter, flags, 0, token); failed != 0) {
      unwatch(fd);
      return Error{errc_from_socket_errno(failed), failed};
    }
  }
  return kOk;
}

Status KqueueReactor::rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  // Adding a filter that is there need not ask anew (libkqueue's does not).
  unwatch(fd);
  return watch(fd, token, interest, trigger);
}

void KqueueReactor::unwatch(int fd) noexcept {
  // A filter that was not there is not there.
  (void)change(queue_.get(), fd, EVFILT_READ, EV_DELETE, 0, 0);
  (void)change(queue_.get(), fd, EVFILT_WRITE, EV_DELETE, 0, 0);
}

std::size_t KqueueReactor::wait(std::span<ReactorEvent> events, Duration timeout) {
  BTF_DCHECK(!events.empty());
  std::array<struct kevent, kEventsPerWait> ready;
  auto const room = static_cast<int>(std::min(events.size(), ready.size()));
  bool const forever = timeout < Duration::zero();
  auto const seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  timespec until{};
  until.tv_sec = static_cast<time_t>(seconds.count());
  until.tv_nsec = static_cast<long>((timeout - seconds).count());

  int const count =
      ::kevent(queue_.get(), nullptr, 0, ready.data(), room, forever ? nullptr : &until);
  if (count < 0) {
    BTF_CHECK(errno == EINTR);
    return 0;
  }
  std::size_t stored = 0;
  for (int i = 0; i < count; ++i) {
    struct kevent const& from = ready[static_cast<std::size_t>(i)];
    if (from.filter == EVFILT_USER) continue;
    events[stored++] = to_event(from);
    if (has_error(from)) errors_[static_cast<int>(from.ident)] = static_cast<int>(from.fflags);
  }
  return stored;
}

void KqueueReactor::wake() noexcept {
  // Triggering a filter that is there cannot fail.
  (void)change(queue_.get(), kWakeIdent, EVFILT_USER, 0, NOTE_TRIGGER, kWakeToken);
}

// libkqueue takes the error from the socket to report it in the event; elsewhere it is
// still there.

int KqueueReactor::connect_error(int fd) noexcept {
  int const pending = PosixSockets::connect_error(fd);
  return pending != 0 ? pending : reported_error(fd);
}

IoResult KqueueReactor::read(int fd, std::span<iovec const> into) noexcept {
  IoResult const result = PosixSockets::read(fd, into);
  bool const ended = result.kind == IoResult::Kind::kEnd;
  int const reported = ended ? reported_error(fd) : 0;
  return reported != 0 ? IoResult::error(reported) : result;
}

void KqueueReactor::close(int fd) noexcept {
  errors_.erase(fd);
  PosixSockets::close(fd);
}

int KqueueReactor::reported_error(int fd) const noexcept {
  auto const found = errors_.find(fd);
  return found == errors_.end() ? 0 : found->second;
}

}  // namespace btfast::net
