#include "cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

namespace btfast::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGUSR1, SIGHUP};

// What the handler may touch: lock-free atomics, the clock and write().
std::atomic<int> g_pipe_write{-1};
int g_pipe_read = -1;
std::atomic<std::int64_t> g_first_stop_ns{0};  // 0: nobody wished it yet
std::atomic<int> g_stop_signal{0};             // the first one
std::array<struct sigaction, kSignals.size()> g_previous{};
bool g_series = false;

std::int64_t now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// False when it is the first one, said once more.
bool is_new_wish(int signal) noexcept {
  std::int64_t const now = now_ns();
  std::int64_t first = 0;
  if (g_first_stop_ns.compare_exchange_strong(first, now)) {
    g_stop_signal.store(signal);
    return true;
  }
  constexpr std::int64_t kOneWishNs = std::chrono::nanoseconds{Signals::kOneWish}.count();
  if (now - first >= kOneWishNs) ::_exit(128 + signal);
  return false;
}

void send(int signal) noexcept {
  int const fd = g_pipe_write.load();
  if (fd < 0) return;
  auto const byte = static_cast<unsigned char>(signal);
  auto const ignored = ::write(fd, &byte, 1);
  (void)ignored;  // a full pipe has signals enough
}

extern "C" void on_signal(int signal) {
  int const before = errno;
  bool const stop = signal == SIGINT || signal == SIGTERM;
  if (!stop || is_new_wish(signal)) send(signal);
  errno = before;
}

// One for the life of the process: a handler on another thread may hold the number for any time,
// and after a close it would be another file's.
Outcome open_pipe() {
  if (g_pipe_read >= 0) return kOk;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return Failure{Errc::kNoResource, errno, "cannot listen to signals"};
  }
  g_pipe_read = pipe[0];
  g_pipe_write = pipe[1];
  return kOk;
}

// What came too late for the Signals before.
void empty_pipe() {
  std::array<unsigned char, 64> late{};
  while (::read(g_pipe_read, late.data(), late.size()) > 0) {
  }
}

struct sigaction action_of(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return action;
}

}  // namespace

void ignore_stray_signals() {
  for (int const signal : {SIGUSR1, SIGHUP}) (void)::signal(signal, SIG_IGN);
}

SignalSeries::SignalSeries() {
  g_series = true;
  g_first_stop_ns = 0;
  g_stop_signal = 0;
  struct sigaction const action = action_of(on_signal);
  for (int const signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}
SignalSeries::~SignalSeries() { g_series = false; }

bool SignalSeries::stop_wished() noexcept { return g_stop_signal.load() != 0; }

Result<std::unique_ptr<Signals>> Signals::listen(net::EventLoop& loop, Handlers handlers) {
  std::unique_ptr<Signals> signals{new Signals{std::move(handlers)}};
  if (auto const begun = signals->begin(loop); !begun) return begun.error();
  return signals;
}

Outcome Signals::begin(net::EventLoop& loop) {
  if (auto const opened = open_pipe(); !opened) return opened;
  empty_pipe();
  if (!g_series) {
    g_first_stop_ns = 0;
    g_stop_signal = 0;
  }
  auto watched = loop.watch(g_pipe_read, *this, net::Interest::kRead, net::Trigger::kLevel);
  if (!watched) {
    return Failure{Errc::kNoResource, watched.error().sys_errno, "cannot listen to signals"};
  }
  watch_ = *std::move(watched);
  began_ = true;
  struct sigaction const action = action_of(on_signal);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &g_previous[i]);
  }
  if (int const kept = g_stop_signal.load(); kept != 0) send(kept);
  return kOk;
}

Signals::~Signals() {
  if (!began_) return;
  bool const ending = g_stop_signal.load() != 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    bool const stop = kSignals[i] == SIGINT || kSignals[i] == SIGTERM;
    if (!stop || !(ending || g_series)) ::sigaction(kSignals[i], &g_previous[i], nullptr);
  }
  watch_.reset();
}

void Signals::on_event(net::ReactorEvent const&) {
  unsigned char signal = 0;
  while (::read(g_pipe_read, &signal, 1) == 1) {
    if (signal == SIGUSR1) {
      handlers_.on_status();
    } else if (signal == SIGHUP) {
      handlers_.on_reopen();
    } else {
      handlers_.on_stop(signal);
    }
  }
}

}  // namespace btfast::cli
