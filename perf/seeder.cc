// The minimal seeder every measured client downloads from: one thread, epoll, sendfile.
//
//   perf_seeder INFO_HASH PIECE_LENGTH DATA_FILE HOST:PORT...
//
// Serves one single-file torrent at any number of IPv4 endpoints, as one peer each.  Written for
// little CPU per byte and nothing else, so that a comparison measures the downloader; it shares
// no code with the engine it is used to measure.  Ends on SIGTERM or SIGINT with a line of JSON.
//
// Bound: one connection queues at most kRequestsMax requests; a peer that sends more is closed.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t kHandshakeSize = 68;
constexpr std::size_t kReservedAt = 20;
constexpr std::size_t kInfoHashAt = 28;
constexpr std::size_t kRequestsMax = 8192;
constexpr std::uint32_t kBlockSizeMax = 128 * 1024;
constexpr std::uint8_t kUnchoke = 1;
constexpr std::uint8_t kBitfield = 5;
constexpr std::uint8_t kRequest = 6;
constexpr std::uint8_t kPiece = 7;
constexpr std::uint8_t kCancel = 8;
constexpr std::uint8_t kHaveAll = 14;
constexpr std::uint8_t kExtended = 20;

volatile std::sig_atomic_t g_stop = 0;

[[noreturn]] void die(char const* what) {
  std::perror(what);
  std::exit(1);
}

void store_u32(char* at, std::uint32_t value) {
  value = htonl(value);
  std::memcpy(at, &value, 4);
}

std::uint32_t load_u32(char const* at) {
  std::uint32_t value;
  std::memcpy(&value, at, 4);
  return ntohl(value);
}

// What is served.  Immutable once main() has filled it.
struct Content {
  std::string info_hash;
  std::uint64_t piece_length = 0;
  std::uint64_t size = 0;
  std::uint64_t piece_count = 0;
  int fd = -1;
};

struct Request {
  std::uint32_t piece;
  std::uint32_t begin;
  std::uint32_t length;
};

class Connection {
 public:
  Connection(Content const& content, int fd, std::uint32_t number)
      : content_(content), fd_(fd), number_(number) {}
  ~Connection() { close(fd_); }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  // Both return false when the connection is over.
  bool on_readable();
  bool on_writable();

  bool wants_write() const { return out_at_ < out_.size() || file_left_ > 0 || !requests_.empty(); }
  int fd() const { return fd_; }
  std::uint64_t bytes_up() const { return bytes_up_; }

 private:
  bool take_handshake();
  bool take_messages();
  bool on_message(std::string_view body);
  void greet(bool fast, bool extended);
  bool start_next();

  Content const& content_;
  int fd_;
  std::uint32_t number_;
  bool greeted_ = false;
  std::vector<char> in_;
  std::vector<char> out_;  // bytes that go before the file range in flight
  std::size_t out_at_ = 0;
  off_t file_at_ = 0;
  std::size_t file_left_ = 0;
  std::deque<Request> requests_;
  std::uint64_t bytes_up_ = 0;
};

bool Connection::on_readable() {
  std::array<char, 65536> buffer;
  for (;;) {
    ssize_t const got = recv(fd_, buffer.data(), buffer.size(), 0);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    in_.insert(in_.end(), buffer.data(), buffer.data() + got);
    if (!greeted_ && !take_handshake()) return false;
    if (greeted_ && !take_messages()) return false;
    if (static_cast<std::size_t>(got) < buffer.size()) return true;
  }
}

bool Connection::take_handshake() {
  if (in_.size() < kHandshakeSize) return true;
  if (std::string_view{in_.data() + kInfoHashAt, 20} != content_.info_hash) return false;
  bool const fast = (in_[kReservedAt + 7] & 0x04) != 0;
  bool const extended = (in_[kReservedAt + 5] & 0x10) != 0;
  in_.erase(in_.begin(), in_.begin() + kHandshakeSize);
  greet(fast, extended);
  greeted_ = true;
  return true;
}

void append_message(std::string& out, std::uint8_t id, std::string_view body = {}) {
  char size[4];
  store_u32(size, static_cast<std::uint32_t>(1 + body.size()));
  out.append(size, 4).push_back(static_cast<char>(id));
  out.append(body);
}

std::string full_bitfield(std::uint64_t pieces) {
  std::string bits((pieces + 7) / 8, '\xff');
  bits.back() = static_cast<char>(0xffU << (8 * bits.size() - pieces));
  return bits;
}

// Handshake, how many requests we queue (BEP 10), what we have, unchoke: all that a seed ever has
// to say first.
void Connection::greet(bool fast, bool extended) {
  std::string hello =
      "\x13"
      "BitTorrent protocol";
  std::string reserved(8, '\0');
  if (extended) reserved[5] = 0x10;
  if (fast) reserved[7] = 0x04;
  char id[21];
  // Two seeders of one swarm must not look like one peer.
  std::snprintf(id, sizeof id, "-PS0001-%06u%06u", static_cast<unsigned>(getpid()) % 1'000'000U,
                number_ % 1'000'000U);
  hello += reserved + content_.info_hash + std::string{id, 20};
  if (fast) append_message(hello, kHaveAll);
  if (!fast) append_message(hello, kBitfield, full_bitfield(content_.piece_count));
  if (extended) {
    std::string const offer = "d1:mde4:reqqi" + std::to_string(kRequestsMax) + "ee";
    append_message(hello, kExtended, std::string(1, '\0') + offer);
  }
  append_message(hello, kUnchoke);
  out_.assign(hello.begin(), hello.end());
}

bool Connection::take_messages() {
  std::size_t at = 0;
  while (in_.size() - at >= 4) {
    std::uint32_t const size = load_u32(in_.data() + at);
    if (size > kBlockSizeMax + content_.piece_count / 8 + 16) return false;
    if (in_.size() - at - 4 < size) break;
    if (size > 0 && !on_message({in_.data() + at + 4, size})) return false;
    at += 4 + size;
  }
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
  return true;
}

bool Connection::on_message(std::string_view body) {
  auto const id = static_cast<std::uint8_t>(body[0]);
  if (id != kRequest && id != kCancel) return true;
  if (body.size() != 13) return false;
  Request const asked{load_u32(body.data() + 1), load_u32(body.data() + 5),
                      load_u32(body.data() + 9)};
  if (id == kCancel) {
    for (auto it = requests_.begin(); it != requests_.end(); ++it) {
      if (it->piece == asked.piece && it->begin == asked.begin) {
        requests_.erase(it);
        break;
      }
    }
    return true;
  }
  std::uint64_t const at = asked.piece * content_.piece_length + asked.begin;
  bool const inside = asked.begin < content_.piece_length && asked.length > 0 &&
                      asked.length <= kBlockSizeMax && at + asked.length <= content_.size;
  if (!inside || requests_.size() >= kRequestsMax) return false;
  requests_.push_back(asked);
  return true;
}

bool Connection::start_next() {
  if (requests_.empty()) return false;
  Request const next = requests_.front();
  requests_.pop_front();
  out_.resize(13);
  out_at_ = 0;
  store_u32(out_.data(), 9 + next.length);
  out_[4] = static_cast<char>(kPiece);
  store_u32(out_.data() + 5, next.piece);
  store_u32(out_.data() + 9, next.begin);
  file_at_ = static_cast<off_t>(next.piece * content_.piece_length + next.begin);
  file_left_ = next.length;
  return true;
}

bool Connection::on_writable() {
  for (;;) {
    if (out_at_ < out_.size()) {
      int const more = file_left_ > 0 ? MSG_MORE : 0;
      ssize_t const put =
          send(fd_, out_.data() + out_at_, out_.size() - out_at_, MSG_NOSIGNAL | more);
      if (put < 0) return errno == EAGAIN || errno == EINTR;
      out_at_ += static_cast<std::size_t>(put);
    } else if (file_left_ > 0) {
      ssize_t const put = sendfile(fd_, content_.fd, &file_at_, file_left_);
      if (put < 0) return errno == EAGAIN || errno == EINTR;
      if (put == 0) return false;  // the file is shorter than the torrent says
      file_left_ -= static_cast<std::size_t>(put);
      bytes_up_ += static_cast<std::uint64_t>(put);
    } else if (!start_next()) {
      return true;
    }
  }
}

int listen_at(std::string const& text) {
  auto const colon = text.rfind(':');
  sockaddr_in where{};
  where.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &where.sin_addr) != 1) {
    std::fprintf(stderr, "not an IPv4 endpoint: %s\n", text.c_str());
    std::exit(2);
  }
  where.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int const on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) die(text.c_str());
  if (listen(fd, 512) != 0) die("listen");
  return fd;
}

class Seeder {
 public:
  explicit Seeder(Content content) : content_(std::move(content)), epoll_(epoll_create1(0)) {}

  void add_listener(std::string const& endpoint) {
    int const fd = listen_at(endpoint);
    listeners_.emplace(fd, static_cast<std::uint32_t>(listeners_.size()));
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }

  void run() {
    std::array<epoll_event, 128> events;
    while (g_stop == 0) {
      int const count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)]);
    }
  }

  std::uint64_t bytes_up() const {
    std::uint64_t total = bytes_up_ended_;
    for (auto const& [fd, connection] : connections_) total += connection->bytes_up();
    return total;
  }

 private:
  void watch(int fd, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, operation, fd, &event) != 0) die("epoll_ctl");
  }

  void on_event(epoll_event const& event) {
    int const fd = event.data.fd;
    if (auto const listener = listeners_.find(fd); listener != listeners_.end()) {
      accept_one(fd, listener->second);
      return;
    }
    auto const found = connections_.find(fd);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    bool alive = (event.events & (EPOLLERR | EPOLLHUP)) == 0;
    if (alive && (event.events & EPOLLIN) != 0) alive = connection.on_readable();
    if (alive && connection.wants_write()) alive = connection.on_writable();
    if (!alive) {
      bytes_up_ended_ += connection.bytes_up();
      connections_.erase(found);
      return;
    }
    update_interest(connection);
  }

  // EPOLLOUT is asked for only while the socket refuses bytes we have for it.
  void update_interest(Connection const& connection) {
    bool const blocked = connection.wants_write();
    bool& known = blocked_[connection.fd()];
    if (known == blocked) return;
    known = blocked;
    watch(connection.fd(), EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  void accept_one(int listener, std::uint32_t number) {
    int const fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int const on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.emplace(fd, std::make_unique<Connection>(content_, fd, number));
    blocked_[fd] = false;
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }

  Content content_;
  int epoll_;
  std::unordered_map<int, std::uint32_t> listeners_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::unordered_map<int, bool> blocked_;
  std::uint64_t bytes_up_ended_ = 0;
};

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::string const pair{text.substr(i, 2)};
    bytes.push_back(static_cast<char>(std::strtoul(pair.c_str(), nullptr, 16)));
  }
  return bytes;
}

Content open_content(char** argv) {
  Content content;
  content.info_hash = from_hex(argv[1]);
  content.piece_length = std::strtoull(argv[2], nullptr, 10);
  content.fd = open(argv[3], O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (content.fd < 0 || fstat(content.fd, &status) != 0) die(argv[3]);
  content.size = static_cast<std::uint64_t>(status.st_size);
  if (content.info_hash.size() != 20 || content.piece_length == 0 || content.size == 0) {
    std::fprintf(stderr, "bad info hash, piece length or empty data\n");
    std::exit(2);
  }
  content.piece_count = (content.size + content.piece_length - 1) / content.piece_length;
  return content;
}

void stop_on(int number) {
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop = 1; };
  sigaction(number, &action, nullptr);
}

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s INFO_HASH PIECE_LENGTH DATA_FILE HOST:PORT...\n", argv[0]);
    return 2;
  }
  stop_on(SIGTERM);
  stop_on(SIGINT);
  std::signal(SIGPIPE, SIG_IGN);  // sendfile has no MSG_NOSIGNAL
  Seeder seeder{open_content(argv)};
  for (int i = 4; i < argc; ++i) seeder.add_listener(argv[i]);
  seeder.run();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"bytes_up\":%llu,\"cpu_s\":%.3f}\n",
              static_cast<unsigned long long>(seeder.bytes_up()),
              seconds(used.ru_utime) + seconds(used.ru_stime));
  return 0;
}
