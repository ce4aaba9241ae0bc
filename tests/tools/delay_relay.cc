// A TCP relay that makes a link slow and far: delay and rate in user space, because the
// laboratory's kernel has no netem.
//
//   delay_relay LISTEN_HOST:PORT TARGET_HOST:PORT DELAY_MS RATE_BYTES_PER_S(0 = no limit)
//
// Each direction is one link shared by all connections: bytes leave in the order they came, each
// run DELAY_MS after it was read and not before the rate allows.  The round trip is 2 x DELAY_MS.
// Every 100 ms, while there are connections, a line on stdout says how long there have been some,
// in ms, and how many bytes the caller was given in that time.
//
// Bound: a direction of a connection holds at most kHeldMax bytes; beyond that it stops reading,
// so TCP carries the back-pressure to the sender.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kRunSize = 64 * 1024;
constexpr std::size_t kHeldMax = 64 * 1024 * 1024;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kTellEvery = 100 * kNsPerMs;
constexpr double kNsPerSecond = 1e9;

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// The shared bottleneck of one direction.
struct Link {
  std::int64_t delay_ns = 0;
  double bytes_per_s = 0;
  std::int64_t free_at_ns = 0;
  std::uint64_t delivered = 0;

  // When bytes read now come out at the far end.
  std::int64_t due(std::int64_t now, std::size_t bytes) {
    free_at_ns = std::max(free_at_ns, now);
    if (bytes_per_s > 0) {
      free_at_ns +=
          static_cast<std::int64_t>(static_cast<double>(bytes) / bytes_per_s * kNsPerSecond);
    }
    return free_at_ns + delay_ns;
  }
};

struct Run {
  std::int64_t due_ns;
  std::vector<char> bytes;
  std::size_t at = 0;
};

// One direction of one connection: what was read at `from` and is not yet written to `to`.
class Lane {
 public:
  Lane(int from, int to, Link& link) : from_(from), to_(to), link_(link) {}

  // False when the connection broke.
  bool pump(std::int64_t now) { return read_some(now) && write_due(now); }

  bool finished() const { return ended_ && runs_.empty(); }
  std::int64_t next_due_ns() const { return runs_.empty() ? INT64_MAX : runs_.front().due_ns; }
  bool blocked() const { return blocked_; }
  bool full() const { return held_ >= kHeldMax; }
  bool ended() const { return ended_; }

 private:
  bool read_some(std::int64_t now) {
    std::array<char, kRunSize> buffer;
    while (!ended_ && !full()) {
      ssize_t const got = recv(from_, buffer.data(), buffer.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) {
        ended_ = true;
        break;
      }
      auto const size = static_cast<std::size_t>(got);
      runs_.push_back({link_.due(now, size), {buffer.data(), buffer.data() + got}});
      held_ += size;
      if (size < buffer.size()) break;
    }
    return true;
  }

  bool write_due(std::int64_t now) {
    blocked_ = false;
    while (!runs_.empty() && runs_.front().due_ns <= now) {
      Run& run = runs_.front();
      ssize_t const put =
          send(to_, run.bytes.data() + run.at, run.bytes.size() - run.at, MSG_NOSIGNAL);
      if (put < 0) {
        blocked_ = errno == EAGAIN;
        return blocked_ || errno == EINTR;
      }
      run.at += static_cast<std::size_t>(put);
      held_ -= static_cast<std::size_t>(put);
      link_.delivered += static_cast<std::uint64_t>(put);
      if (run.at == run.bytes.size()) runs_.pop_front();
    }
    if (finished() && !shut_) {
      shutdown(to_, SHUT_WR);
      shut_ = true;
    }
    return true;
  }

  int from_;
  int to_;
  Link& link_;
  std::deque<Run> runs_;
  std::size_t held_ = 0;
  bool ended_ = false;
  bool blocked_ = false;
  bool shut_ = false;
};

class Pair {
 public:
  Pair(int near, int far, Link& up, Link& down)
      : near_(near), far_(far), up_(near, far, up), down_(far, near, down) {}
  ~Pair() {
    close(near_);
    close(far_);
  }
  Pair(Pair const&) = delete;
  Pair& operator=(Pair const&) = delete;

  bool pump(std::int64_t now) {
    return up_.pump(now) && down_.pump(now) && !(up_.finished() && down_.finished());
  }
  std::int64_t next_due_ns() const {
    std::int64_t next = INT64_MAX;
    if (!up_.blocked()) next = std::min(next, up_.next_due_ns());
    if (!down_.blocked()) next = std::min(next, down_.next_due_ns());
    return next;
  }
  std::uint32_t near_events() const { return events(up_, down_); }
  std::uint32_t far_events() const { return events(down_, up_); }
  int near() const { return near_; }
  int far() const { return far_; }

 private:
  static std::uint32_t events(Lane const& reads, Lane const& writes) {
    std::uint32_t wanted = 0;
    if (!reads.ended() && !reads.full()) wanted |= EPOLLIN;
    if (writes.blocked()) wanted |= EPOLLOUT;
    return wanted;
  }

  int near_;
  int far_;
  Lane up_;
  Lane down_;
};

sockaddr_in endpoint_of(std::string const& text) {
  auto const colon = text.rfind(':');
  sockaddr_in where{};
  where.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &where.sin_addr) != 1) {
    std::fprintf(stderr, "not an IPv4 endpoint: %s\n", text.c_str());
    std::exit(2);
  }
  where.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return where;
}

int stream_socket() {
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int const on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

class Relay {
 public:
  Relay(sockaddr_in listen_at, sockaddr_in target, Link link)
      : target_(target),
        up_(link),
        down_(link),
        epoll_(epoll_create1(0)),
        listener_(stream_socket()) {
    if (bind(listener_, reinterpret_cast<sockaddr*>(&listen_at), sizeof listen_at) != 0 ||
        listen(listener_, 512) != 0) {
      std::perror("listen");
      std::exit(1);
    }
    watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 128> events;
    for (;;) {
      int const count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
      for (int i = 0; i < count; ++i) {
        if (events[static_cast<std::size_t>(i)].data.fd == listener_) accept_one();
      }
      pump_all();
      tell();
    }
  }

 private:
  void watch(int fd, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void accept_one() {
    int const near = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (near < 0) return;
    int const on = 1;
    setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int const far = stream_socket();
    if (connect(far, reinterpret_cast<sockaddr*>(&target_), sizeof target_) != 0 &&
        errno != EINPROGRESS) {
      close(near);
      close(far);
      return;
    }
    // Level-triggered readiness of both ends; a connect still under way reports itself by EPOLLOUT.
    watch(near, EPOLL_CTL_ADD, EPOLLIN);
    watch(far, EPOLL_CTL_ADD, EPOLLIN);
    if (pairs_.empty()) {
      since_ns_ = told_ns_ = now_ns();
      down_.delivered = 0;
    }
    pairs_.push_back(std::make_unique<Pair>(near, far, up_, down_));
  }

  void tell() {
    std::int64_t const now = now_ns();
    if (pairs_.empty() || now - told_ns_ < kTellEvery) return;
    told_ns_ = now;
    std::printf("%lld %llu\n", static_cast<long long>((now - since_ns_) / kNsPerMs),
                static_cast<unsigned long long>(down_.delivered));
    std::fflush(stdout);
  }

  void pump_all() {
    std::int64_t const now = now_ns();
    for (std::size_t i = 0; i < pairs_.size();) {
      Pair& pair = *pairs_[i];
      if (!pair.pump(now)) {
        pairs_[i] = std::move(pairs_.back());
        pairs_.pop_back();
        continue;
      }
      watch(pair.near(), EPOLL_CTL_MOD, pair.near_events());
      watch(pair.far(), EPOLL_CTL_MOD, pair.far_events());
      ++i;
    }
  }

  int wait_ms() const {
    std::int64_t next = INT64_MAX;
    for (auto const& pair : pairs_) next = std::min(next, pair->next_due_ns());
    if (next == INT64_MAX) return -1;
    std::int64_t const left = next - now_ns();
    return left <= 0 ? 0 : static_cast<int>((left + kNsPerMs - 1) / kNsPerMs);
  }

  sockaddr_in target_;
  Link up_;
  Link down_;
  int epoll_;
  int listener_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::int64_t since_ns_ = 0;
  std::int64_t told_ns_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s LISTEN:PORT TARGET:PORT DELAY_MS BYTES_PER_S\n", argv[0]);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Link link;
  link.delay_ns = static_cast<std::int64_t>(std::atof(argv[3]) * static_cast<double>(kNsPerMs));
  link.bytes_per_s = std::atof(argv[4]);
  Relay{endpoint_of(argv[1]), endpoint_of(argv[2]), link}.run();
}
