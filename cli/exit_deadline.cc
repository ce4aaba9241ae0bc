#include "cli/exit_deadline.h"

#include <signal.h>
#include <unistd.h>

#include <utility>

namespace btfast::cli {
namespace {

// What the handler reads: written before the alarm is set, and never after.
std::string g_text;
int g_exit = 0;
ReadyDescriptor const* g_errors = nullptr;

extern "C" void on_alarm(int) {
  (void)g_errors->write(g_text);
  ::_exit(g_exit);
}

}  // namespace

ExitDeadline::ExitDeadline() : errors_(STDERR_FILENO) {}

ExitDeadline::~ExitDeadline() {
  ::alarm(0);
  ::signal(SIGALRM, SIG_DFL);
}

void ExitDeadline::arm(ExitStatus exit, std::string text) {
  ::alarm(0);
  g_text = std::move(text);
  g_exit = static_cast<int>(exit);
  g_errors = &errors_;
  struct sigaction action {};
  action.sa_handler = on_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(static_cast<unsigned>(kPatience.count()));
}

}  // namespace btfast::cli
