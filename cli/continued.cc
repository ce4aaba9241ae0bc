#include "cli/continued.h"

#include <signal.h>

#include <atomic>

namespace btfast::cli {
namespace {

std::atomic<unsigned> g_continued{0};

extern "C" void on_continue(int) { g_continued.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

void count_continues() noexcept {
  struct sigaction action {};
  action.sa_handler = on_continue;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGCONT, &action, nullptr);
}

unsigned times_continued() noexcept { return g_continued.load(std::memory_order_relaxed); }

}  // namespace btfast::cli
