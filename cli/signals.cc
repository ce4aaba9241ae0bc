#include "cli/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <utility>

namespace btfast::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGUSR1, SIGHUP};

// What the handler may touch: lock-free atomics and write().
std::atomic<int> g_pipe_write{-1};
std::atomic<int> g_stops{0};
std::array<struct sigaction, kSignals.size()> g_previous{};

extern "C" void on_signal(int signal) {
  if ((signal == SIGINT || signal == SIGTERM) && g_stops.fetch_add(1) > 0) ::_exit(128 + signal);
  auto const byte = static_cast<unsigned char>(signal);
  auto const ignored = ::write(g_pipe_write.load(), &byte, 1);
  (void)ignored;  // a full pipe has signals enough
}

}  // namespace

Signals::Signals(net::EventLoop& loop, Handlers handlers) : handlers_(std::move(handlers)) {
  std::array<int, 2> pipe{};
  BTF_CHECK(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  read_fd_ = pipe[0];
  g_pipe_write = pipe[1];
  g_stops = 0;
  auto watched = loop.watch(read_fd_, *this, net::Interest::kRead, net::Trigger::kLevel);
  BTF_CHECK(watched.has_value());
  watch_ = *std::move(watched);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &g_previous[i]);
  }
}

Signals::~Signals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &g_previous[i], nullptr);
  }
  watch_.reset();
  ::close(read_fd_);
  ::close(g_pipe_write.exchange(-1));
}

void Signals::on_event(net::ReactorEvent const&) {
  unsigned char signal = 0;
  while (::read(read_fd_, &signal, 1) == 1) {
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
