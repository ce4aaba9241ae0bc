#include "cli/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

extern char** environ;

namespace btfast::cli {
namespace {

constexpr char const* kOwnFile = "/proc/self/exe";
// Its output ends a moment before the process does.
constexpr std::chrono::milliseconds kReapInterval{2};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// By its real name, so that people find the children in `ps` under it.
std::string own_file() {
  std::array<char, 4096> path;
  ::ssize_t const n = ::readlink(kOwnFile, path.data(), path.size());
  return n > 0 ? std::string{path.data(), static_cast<std::size_t>(n)} : std::string{kOwnFile};
}

// Ours, but for settings of the user's that are meant for a command of the user's own.
std::vector<std::string> child_environment(std::string const& config_dir) {
  std::vector<std::string> out{"XDG_CONFIG_HOME=" + config_dir};
  for (char** at = environ; *at != nullptr; ++at) {
    std::string_view const entry{*at};
    bool const settings = entry.starts_with("BTFAST_") && !entry.starts_with("BTFAST_REACTOR=");
    if (!settings && !entry.starts_with("XDG_CONFIG_HOME=")) out.emplace_back(entry);
  }
  return out;
}

struct Image {
  std::array<char const*, 3> programs;  // the first that can be executed
  char* const* argv;
  char* const* envp;
  int output;
  int log;
  ::pid_t parent;
  ::sigset_t unblocked;
};

// Held from before the fork until the child has forgotten our handlers: one of them would take a
// signal that is meant for the child, and the child would go on.
class SignalsHeld {
 public:
  SignalsHeld() noexcept {
    ::sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(SignalsHeld const&) = delete;
  SignalsHeld& operator=(SignalsHeld const&) = delete;

  ::sigset_t const& before() const noexcept { return before_; }

 private:
  ::sigset_t before_{};
};

void forget_handlers() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    struct ::sigaction handler {};
    if (::sigaction(number, nullptr, &handler) != 0 || handler.sa_handler == SIG_IGN) continue;
    handler = {};
    handler.sa_handler = SIG_DFL;
    (void)::sigaction(number, &handler, nullptr);
  }
}

// Between fork and exec: system calls only.
[[noreturn]] void become(Image const& image) {
#ifdef __linux__
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != image.parent) ::_exit(127);
#endif
  (void)::setpgid(0, 0);
  forget_handlers();
  (void)::sigprocmask(SIG_SETMASK, &image.unblocked, nullptr);
  int const input = ::open("/dev/null", O_RDONLY);
  bool const wired = input >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
                     ::dup2(image.output, STDOUT_FILENO) >= 0 &&
                     ::dup2(image.log, STDERR_FILENO) >= 0;
  if (wired) {
    for (char const* const program : image.programs) ::execve(program, image.argv, image.envp);
  }
  ::_exit(127);
}

struct Forked {
  ::pid_t pid;
  int err;
};

Forked fork_into(Image image) {
  SignalsHeld const held;
  image.unblocked = held.before();
  ::pid_t const pid = ::fork();
  if (pid == 0) become(image);
  return {pid, errno};
}

Failure failure_of(int err, std::string what) {
  Errc const code = err == EMFILE || err == EAGAIN || err == ENOMEM ? Errc::kNoResource
                                                                    : errc_from_file_errno(err);
  return {code, err, std::move(what)};
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(net::EventLoop& loop,
                                                          ChildSpec const& spec) {
  std::vector<std::string> arguments{"btfast"};
  arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
  auto environment = child_environment(spec.config_dir);
  auto const argv = pointers(arguments);
  auto const envp = pointers(environment);
  int const log = ::open(spec.log_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (log < 0) return failure_of(errno, spec.log_path);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    int const err = errno;
    ::close(log);
    return failure_of(err, "pipe");
  }
  (void)::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  std::string const own = own_file();
  auto const [pid, err] = fork_into({{own.c_str(), kOwnFile, spec.program.c_str()},
                                     argv.data(),
                                     envp.data(),
                                     pipe[1],
                                     log,
                                     ::getpid(),
                                     {}});
  ::close(pipe[1]);
  ::close(log);
  if (pid < 0) {
    ::close(pipe[0]);
    return failure_of(err, "fork");
  }
  std::unique_ptr<ChildProcess> child{new ChildProcess{loop, pid, pipe[0], spec.log_path}};
  auto watch = loop.watch(pipe[0], *child, net::Interest::kRead, net::Trigger::kLevel);
  if (!watch) return Failure{watch.error().code, watch.error().sys_errno, "watching a child"};
  child->watch_ = *std::move(watch);
  return child;
}

ChildProcess::ChildProcess(net::EventLoop& loop, ::pid_t pid, int output, std::string log_path)
    : pid_(pid),
      output_fd_(output),
      log_path_(std::move(log_path)),
      reap_timer_(loop.timers(), [this] { reap(WNOHANG); }) {}

ChildProcess::~ChildProcess() {
  watch_.reset();
  ::close(output_fd_);
  if (ended_) return;
  signal(SIGKILL);
  reap(0);
}

void ChildProcess::signal(int number) noexcept {
  if (!ended_) ::kill(pid_, number);
}

void ChildProcess::on_event(net::ReactorEvent const&) {
  std::array<char, 4096> piece;
  ::ssize_t const n = ::read(output_fd_, piece.data(), piece.size());
  if (n > 0) {
    std::size_t const room = kOutputBytes - output_.size();
    output_.append(piece.data(), std::min(room, static_cast<std::size_t>(n)));
    return;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  watch_.reset();
  reap(WNOHANG);
}

void ChildProcess::reap(int options) {
  int status = 0;
  rusage usage{};
  ::pid_t reaped = 0;
  do {
    reaped = ::wait4(pid_, &status, options, &usage);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return reap_timer_.arm(kReapInterval);
  ended_ = true;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  auto const seconds = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  cpu_s_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  peak_rss_ = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string ChildProcess::last_words() const {
  std::ifstream in{log_path_};
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace btfast::cli
