#include "net/reactor_epoll.h"

#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/base/check.h"

namespace btfast::net {
namespace {

constexpr std::uint64_t kWakeToken = ~std::uint64_t{0};
constexpr std::size_t kEventsPerWait = 256;

bool wants(Interest interest, Interest part) noexcept {
  return (static_cast<unsigned>(interest) & static_cast<unsigned>(part)) != 0;
}

// The kernel reports errors and hang-ups even to who asks for nothing, and level-triggered
// it would do so in every wait; such a registration is kept out of the kernel's set.
bool is_dormant(Interest interest, Trigger trigger) noexcept {
  return interest == Interest::kNone && trigger == Trigger::kLevel;
}

Status control(int epoll, int operation, int fd, std::uint64_t token, Interest interest,
               Trigger trigger) noexcept {
  epoll_event event{};
  event.data.u64 = token;
  if (wants(interest, Interest::kRead)) event.events |= EPOLLIN;
  if (wants(interest, Interest::kWrite)) event.events |= EPOLLOUT;
  if (trigger == Trigger::kEdge) event.events |= EPOLLET | EPOLLRDHUP;
  if (::epoll_ctl(epoll, operation, fd, &event) == 0) return kOk;
  return Error{errc_from_socket_errno(errno), errno};
}

ReactorEvent to_event(epoll_event const& from) noexcept {
  bool const over = (from.events & (EPOLLHUP | EPOLLERR)) != 0;
  ReactorEvent event;
  event.token = from.data.u64;
  event.readable = over || (from.events & (EPOLLIN | EPOLLRDHUP)) != 0;
  event.writable = over || (from.events & EPOLLOUT) != 0;
  event.hangup = over;
  event.ended = over || (from.events & EPOLLRDHUP) != 0;
  return event;
}

// Rounded up: a wait never ends just before what it waits for.
int to_milliseconds(Duration timeout) noexcept {
  if (timeout < Duration::zero()) return -1;
  auto const rounded = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
}

}  // namespace

Result<std::unique_ptr<Reactor>> EpollReactor::create() {
  auto const refused = [](int err) {
    return Failure{Errc::kNoResource, err, "cannot make an event loop"};
  };
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return refused(errno);
  Fd wake_event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake_event) return refused(errno);
  auto const watched = control(epoll.get(), EPOLL_CTL_ADD, wake_event.get(), kWakeToken,
                               Interest::kRead, Trigger::kEdge);
  if (!watched) return refused(watched.error().sys_errno);
  return std::unique_ptr<Reactor>{new EpollReactor{std::move(epoll), std::move(wake_event)}};
}

EpollReactor::EpollReactor(Fd epoll, Fd wake_event) noexcept
    : epoll_(std::move(epoll)), wake_event_(std::move(wake_event)) {}

Status EpollReactor::watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  BTF_DCHECK(token != kWakeToken);
  if (is_dormant(interest, trigger)) return kOk;
  return control(epoll_.get(), EPOLL_CTL_ADD, fd, token, interest, trigger);
}

Status EpollReactor::rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) {
  if (is_dormant(interest, trigger)) {
    unwatch(fd);
    return kOk;
  }
  auto const changed = control(epoll_.get(), EPOLL_CTL_MOD, fd, token, interest, trigger);
  bool const was_dormant = !changed && changed.error().sys_errno == ENOENT;
  return was_dormant ? watch(fd, token, interest, trigger) : changed;
}

void EpollReactor::unwatch(int fd) noexcept {
  // Fails only for a dormant registration.
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::size_t EpollReactor::wait(std::span<ReactorEvent> events, Duration timeout) {
  BTF_DCHECK(!events.empty());
  std::array<epoll_event, kEventsPerWait> ready;
  auto const room = static_cast<int>(std::min(events.size(), ready.size()));
  int const count = ::epoll_wait(epoll_.get(), ready.data(), room, to_milliseconds(timeout));
  if (count < 0) {
    BTF_CHECK(errno == EINTR);
    return 0;
  }
  std::size_t stored = 0;
  for (int i = 0; i < count; ++i) {
    epoll_event const& from = ready[static_cast<std::size_t>(i)];
    // Edge-triggered, the counter need not be read: every write is a new edge.
    if (from.data.u64 != kWakeToken) events[stored++] = to_event(from);
  }
  return stored;
}

void EpollReactor::wake() noexcept {
  // Fails for good only when 2^64 - 1 wakes were asked for, and then one is pending.
  while (::eventfd_write(wake_event_.get(), 1) != 0 && errno == EINTR) {
  }
}

}  // namespace btfast::net
