// A leech that throws everything away: how fast, and at what cost, does a seed serve?
//
//   perf_leech [--depth N] [--idle SECONDS] [--rate BYTES --seconds SECONDS] INFO_HASH
//              PIECE_LENGTH SIZE CONNECTIONS BYTES HOST:PORT...
//
// CONNECTIONS connections, dealt out over the endpoints, ask for blocks in order, each from a place
// of its own and around the end, N requests ahead, for BYTES of payload in all, and wait for those:
// what the seed did for bytes that nobody waits for would count against it. Payload is dropped in
// the kernel (MSG_TRUNC).  --idle: say "I have everything", never unchoke, ask for
// nothing, hold the connections for so long.  --rate: each connection reads no faster than so many
// bytes a second; with --seconds it is the time that ends it, and not BYTES.  Prints a line of
// JSON.
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include "perf/peer_tools.h"

namespace btfast::perf {
namespace {

constexpr std::size_t kPrefixSize = 5;  // length and id
constexpr int kTurnMs = 10;             // of connections with a rate

struct Options {
  std::uint32_t depth = 128;
  double idle_s = 0;
  double rate = 0;     // of each connection; 0: no limit
  double seconds = 0;  // 0: until bytes_wanted
  std::string info_hash;
  std::uint32_t piece_length = 0;
  std::uint64_t size = 0;
  std::size_t connections = 0;
  std::uint64_t bytes_wanted = 0;
  std::vector<std::string> peers;
};

class Connection {
 public:
  // `to_ask`: bytes that no connection has asked for yet.
  Connection(Options const& options, int fd, std::uint64_t start, std::uint64_t& to_ask)
      : options_(options), fd_(fd), next_(start), to_ask_(to_ask) {}

  // Payload bytes dropped; -1: the peer went away.
  std::int64_t on_readable() {
    std::uint64_t const before = dropped_;
    while (!rests()) {
      ssize_t const got = step();
      if (got == 0) return -1;
      if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) return -1;
        break;
      }
    }
    if (!options_.idle_s && outstanding_ <= options_.depth / 2) ask();
    return static_cast<std::int64_t>(dropped_ - before);
  }
  // Its rate allows so much more from now on; true: it was used up and is not any more.
  bool earn(double seconds) {
    bool const rested = rests();
    credit_ = std::min(credit_ + options_.rate * seconds, options_.rate / 10);
    return rested && !rests();
  }
  bool rests() const { return options_.rate > 0 && credit_ < 1; }
  std::uint64_t dropped() const { return dropped_; }
  std::uint64_t unchokes() const { return unchokes_; }
  int fd() const { return fd_; }

 private:
  // One system call.
  ssize_t step() {
    if (skip_ > 0) {
      std::size_t const most =
          options_.rate > 0 ? std::min(skip_, static_cast<std::size_t>(credit_)) : skip_;
      ssize_t const got = recv(fd_, nullptr, most, MSG_TRUNC);
      if (got <= 0) return got;
      credit_ -= static_cast<double>(got);
      skip_ -= static_cast<std::size_t>(got);
      if (in_block_) dropped_ += static_cast<std::uint64_t>(got);
      return got;
    }
    ssize_t const got = recv(fd_, prefix_.data() + prefix_come_, kPrefixSize - prefix_come_, 0);
    if (got <= 0) return got;
    prefix_come_ += static_cast<std::size_t>(got);
    if (prefix_come_ >= 4 && load_u32(prefix_.data()) == 0) {  // a keep-alive
      prefix_[0] = prefix_[4];
      prefix_come_ -= 4;
    } else if (prefix_come_ == kPrefixSize) {
      on_message();
    }
    return got;
  }

  void on_message() {
    prefix_come_ = 0;
    skip_ = load_u32(prefix_.data()) - 1;
    auto const id = static_cast<std::uint8_t>(prefix_[4]);
    in_block_ = id == kPiece;
    if (in_block_ && outstanding_ > 0) --outstanding_;
    if (id == kChoke) {
      choked_ = true;
      to_ask_ += std::uint64_t{outstanding_} * kBlockSize;
      outstanding_ = 0;
    }
    if (id == kUnchoke) {
      choked_ = false;
      ++unchokes_;
    }
  }

  void ask() {
    if (choked_) return;
    std::string out;
    for (; outstanding_ < options_.depth && to_ask_ > 0; ++outstanding_) {
      auto const piece = static_cast<std::uint32_t>(next_ / options_.piece_length);
      auto const begin = static_cast<std::uint32_t>(next_ % options_.piece_length);
      std::uint64_t const left =
          std::min(options_.size - next_, std::uint64_t{options_.piece_length - begin});
      auto const length = static_cast<std::uint32_t>(std::min<std::uint64_t>(kBlockSize, left));
      append_request(out, piece, begin, length);
      next_ = (next_ + length) % options_.size;
      to_ask_ -= std::min<std::uint64_t>(length, to_ask_);
    }
    if (out.empty()) return;
    if (send(fd_, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size())) {
      refuse("requests do not fit the socket: lower --depth");
    }
  }

  Options const& options_;
  int fd_;
  std::uint64_t next_;
  std::uint64_t& to_ask_;
  std::uint32_t outstanding_ = 0;
  bool choked_ = true;
  bool in_block_ = false;
  std::array<char, kPrefixSize> prefix_{};
  std::size_t prefix_come_ = 0;
  std::size_t skip_ = kHandshakeSize;
  double credit_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t unchokes_ = 0;
};

struct Totals {
  std::uint64_t bytes = 0;
  std::size_t alive = 0;
  std::size_t served = 0;
  std::uint64_t least = 0;  // bytes of the connection that got least
};

class Leech {
 public:
  explicit Leech(Options const& options)
      : options_(options), epoll_(epoll_create1(0)), to_ask_(options.bytes_wanted) {
    std::uint64_t const pieces = (options.size + options.piece_length - 1) / options.piece_length;
    for (std::size_t i = 0; i < options.connections; ++i) {
      int const fd = connect_to(options.peers[i % options.peers.size()], i);
      greet(fd, i);
      std::uint64_t const start = i * pieces / options.connections * options.piece_length;
      connections_.push_back(std::make_unique<Connection>(options, fd, start, to_ask_));
      listen(*connections_.back(), EPOLL_CTL_ADD, EPOLLIN);
    }
    totals_.alive = connections_.size();
  }

  Totals run() {
    double const until = now_s() + (options_.idle_s > 0 ? options_.idle_s : options_.seconds);
    double earned = now_s();
    std::array<epoll_event, 256> events;
    while (totals_.alive > 0 && !done(until)) {
      int const wait_ms = options_.rate > 0 ? kTurnMs : options_.idle_s > 0 ? 100 : 5000;
      int const count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
      bool const forever = options_.idle_s == 0 && options_.seconds == 0;
      if (count == 0 && forever && options_.rate == 0) refuse("nothing came for five seconds");
      for (int i = 0; i < count; ++i) {
        on_event(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
      if (options_.rate > 0) earned = wake_rested(earned);
    }
    totals_.least = connections_.empty() ? 0 : connections_.front()->dropped();
    for (auto const& connection : connections_) {
      totals_.served += connection->unchokes() > 0;
      totals_.least = std::min(totals_.least, connection->dropped());
    }
    return totals_;
  }

 private:
  bool done(double until) const {
    bool const timed = options_.idle_s > 0 || options_.seconds > 0;
    return timed ? now_s() >= until : totals_.bytes >= options_.bytes_wanted;
  }

  // Those whose rate allows nothing more are not listened to until it does.
  double wake_rested(double earned) {
    double const now = now_s();
    if (now - earned < kTurnMs / 1000.0) return earned;
    for (auto const& connection : connections_) {
      if (connection->earn(now - earned)) listen(*connection, EPOLL_CTL_MOD, EPOLLIN);
    }
    return now;
  }

  void listen(Connection& connection, int how, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, how, connection.fd(), &event) != 0 && errno != ENOENT && errno != EBADF) {
      die("epoll_ctl");
    }
  }

  void greet(int fd, std::size_t number) {
    bool const idle = options_.idle_s > 0;
    std::string const hello =
        handshake(options_.info_hash, "PL0001", static_cast<unsigned>(number)) +
        (idle ? message(kHaveAll) : message(kHaveNone) + message(kInterested));
    if (send(fd, hello.data(), hello.size(), 0) != static_cast<ssize_t>(hello.size())) die("send");
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) die("fcntl");
  }

  void on_event(Connection& connection) {
    std::int64_t const dropped = connection.on_readable();
    if (dropped >= 0) {
      totals_.bytes += static_cast<std::uint64_t>(dropped);
      if (connection.rests()) listen(connection, EPOLL_CTL_MOD, 0);
      return;
    }
    --totals_.alive;
    close(connection.fd());
  }

  Options const& options_;
  int epoll_;
  std::uint64_t to_ask_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Totals totals_;
};

Options parse(int argc, char** argv) {
  Options options;
  int at = 1;
  for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
    std::string const option = argv[at];
    if (option == "--depth") {
      options.depth = static_cast<std::uint32_t>(std::atoi(argv[at + 1]));
    } else if (option == "--idle") {
      options.idle_s = std::atof(argv[at + 1]);
    } else if (option == "--rate") {
      options.rate = std::atof(argv[at + 1]);
    } else if (option == "--seconds") {
      options.seconds = std::atof(argv[at + 1]);
    } else {
      refuse(("unknown option " + option).c_str());
    }
  }
  if (argc - at < 6) {
    refuse(
        "usage: perf_leech [--depth N] [--idle SECONDS] [--rate BYTES --seconds SECONDS] "
        "INFO_HASH PIECE_LENGTH SIZE CONNECTIONS BYTES HOST:PORT...");
  }
  options.info_hash = from_hex(argv[at]);
  options.piece_length = static_cast<std::uint32_t>(std::strtoul(argv[at + 1], nullptr, 10));
  options.size = std::strtoull(argv[at + 2], nullptr, 10);
  options.connections = std::strtoull(argv[at + 3], nullptr, 10);
  options.bytes_wanted =
      options.seconds > 0 ? UINT64_MAX : std::strtoull(argv[at + 4], nullptr, 10);
  options.peers.assign(argv + at + 5, argv + argc);
  if (options.piece_length == 0 || options.size == 0) refuse("bad piece length or size");
  return options;
}

}  // namespace
}  // namespace btfast::perf

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  auto const options = btfast::perf::parse(argc, argv);
  double const started = btfast::perf::now_s();
  auto const totals = btfast::perf::Leech{options}.run();
  std::printf(
      "{\"bytes_down\":%llu,\"wall_s\":%.3f,\"connections_left\":%zu,"
      "\"connections_served\":%zu,\"least_bytes\":%llu,%s}\n",
      static_cast<unsigned long long>(totals.bytes), btfast::perf::now_s() - started, totals.alive,
      totals.served, static_cast<unsigned long long>(totals.least),
      btfast::perf::resource_json().c_str());
  return 0;
}
