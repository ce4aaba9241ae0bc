// ChildProcess: another btfast, started from this one, its standard output collected.
//
// Threads:   its event loop's.
// Ownership: a child never outlives its object, nor (on Linux) the process that made it,
//            however that ends: the kernel kills it with its parent.  It has a process
//            group of its own, so a terminal's Ctrl-C reaches only the parent, which decides.
// Bound:     kOutputBytes of output are kept.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/expected.h"
#include "net/event_loop.h"
#include "net/timer_wheel.h"

namespace btfast::cli {

struct ChildSpec {
  std::string program;  // used where this program's own file cannot be named
  std::vector<std::string> arguments;
  std::string log_path;  // its standard error
  std::string config_dir;
};

class ChildProcess final : public net::EventHandler {
 public:
  static constexpr std::size_t kOutputBytes = 1u << 20;

  static Result<std::unique_ptr<ChildProcess>> start(net::EventLoop& loop, ChildSpec const& spec);
  // Kills it where it runs, and waits.
  ~ChildProcess() override;
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;

  ::pid_t pid() const noexcept { return pid_; }
  bool ended() const noexcept { return ended_; }
  // Of one that ended: its exit status, or 128 + the signal that killed it.
  int status() const noexcept { return status_; }
  double cpu_s() const noexcept { return cpu_s_; }
  std::uint64_t peak_rss() const noexcept { return peak_rss_; }
  std::string const& output() const noexcept { return output_; }
  // The last line it wrote to standard error.
  std::string last_words() const;
  void signal(int number) noexcept;

  void on_event(net::ReactorEvent const& event) override;

 private:
  ChildProcess(net::EventLoop& loop, ::pid_t pid, int output, std::string log_path);
  void reap(int options);

  ::pid_t const pid_;
  int const output_fd_;
  std::string const log_path_;
  std::string output_;
  net::Watch watch_;
  net::Timer reap_timer_;
  bool ended_ = false;
  int status_ = 0;
  double cpu_s_ = 0;
  std::uint64_t peak_rss_ = 0;
};

}  // namespace btfast::cli
