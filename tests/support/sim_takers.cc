#include "tests/support/sim_takers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "net/wire/handshake.h"
#include "net/wire/message.h"

namespace btfast::test {
namespace {

// Fewer than limits::kPeersPerAddress.
constexpr std::size_t kTakersPerHost = 8;
constexpr std::chrono::milliseconds kTurn{100};
// From one host's connecting to the next one's: of a thousand some hundreds have not greeted.
constexpr std::chrono::microseconds kApart{250};
constexpr std::chrono::milliseconds kConnected{12};
constexpr std::size_t kPrefixBytes = 5;  // length and id
constexpr std::uint8_t kPieceId = 7;

}  // namespace

class SimTakers::Taker {
 public:
  Taker(net::SimReactor& reactor, int fd, TestTorrent const& torrent,
        SimTakersOptions const& options, std::uint32_t number)
      : reactor_(reactor),
        fd_(fd),
        torrent_(torrent),
        options_(options),
        piece_(number % torrent.geometry().piece_count()) {
    net::Handshake hello{.info_hash = torrent.metainfo->info_hash};
    hello.peer_id.fill(std::byte{0x2D});
    store_be32(hello.peer_id.data() + 16, number);
    auto const bytes = net::encode_handshake(hello);
    unsent_.assign(bytes.begin(), bytes.end());
    say(net::Interested{});
  }

  // So much time passed: what it may read of it.
  void turn(Duration passed) {
    double const seconds = std::chrono::duration<double>(passed).count();
    credit_ += static_cast<double>(options_.bytes_per_s) * seconds;
    write();
    while (credit_ >= 1 && read(static_cast<std::size_t>(credit_))) {
    }
    // What was not there in time is not made up for.
    credit_ = std::min(credit_, static_cast<double>(options_.bytes_per_s) * 2 * seconds);
    ask();
    write();
  }

  std::uint64_t taken() const { return taken_; }
  bool unchoked() const { return unchoked_; }
  std::uint64_t times_choked() const { return times_choked_; }

 private:
  void say(net::Message const& message) { net::encode_message(message, unsent_); }

  void write() {
    while (!unsent_.empty()) {
      iovec const from{unsent_.data(), unsent_.size()};
      auto const io = reactor_.write(fd_, std::span{&from, 1});
      if (io.kind != net::IoResult::Kind::kBytes) return;
      unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(io.bytes));
    }
  }

  // False: there is nothing to read.
  bool read(std::size_t most) {
    std::array<std::byte, 16 * 1024> buffer;
    bool const in_prefix = skip_ == 0;
    std::size_t const wanted = in_prefix ? kPrefixBytes - prefix_come_ : skip_;
    iovec const into{in_prefix ? prefix_.data() + prefix_come_ : buffer.data(),
                     in_prefix ? wanted : std::min({wanted, most, buffer.size()})};
    auto const io = reactor_.read(fd_, std::span{&into, 1});
    if (io.kind != net::IoResult::Kind::kBytes) return false;
    credit_ -= static_cast<double>(io.bytes);
    in_prefix ? take_prefix(io.bytes) : take_rest(io.bytes);
    return true;
  }
  void take_rest(std::size_t bytes) {
    skip_ -= bytes;
    if (in_block_) taken_ += bytes;
  }
  void take_prefix(std::size_t bytes) {
    prefix_come_ += bytes;
    if (prefix_come_ < kPrefixBytes) return;
    prefix_come_ = 0;
    skip_ = load_be32(prefix_.data()) - 1;
    auto const id = static_cast<std::uint8_t>(prefix_[4]);
    in_block_ = id == kPieceId;
    if (in_block_ && outstanding_ > 0) --outstanding_;  // it may come after a choke, too
    if (id == net::Unchoke::kId) unchoked_ = true;
    if (id != net::Choke::kId) return;
    unchoked_ = false;
    ++times_choked_;
    asked_ -= std::uint64_t{outstanding_} * limits::kBlockSize;
    outstanding_ = 0;  // without the fast extension
  }

  void ask() {
    if (!unchoked_) return;
    std::uint32_t const piece_length = torrent_.geometry().piece_length();
    for (; outstanding_ < options_.depth && asked_ < options_.enough; ++outstanding_) {
      say(net::Request{piece_, begin_, limits::kBlockSize});
      asked_ += limits::kBlockSize;
      begin_ = (begin_ + limits::kBlockSize) % piece_length;
      if (begin_ == 0) piece_ = (piece_ + 1) % torrent_.geometry().piece_count();
    }
  }

  net::SimReactor& reactor_;
  int const fd_;
  TestTorrent const& torrent_;
  SimTakersOptions const& options_;
  std::uint32_t piece_;
  std::uint32_t begin_ = 0;
  double credit_ = 0;
  std::vector<std::byte> unsent_;
  std::array<std::byte, kPrefixBytes> prefix_{};
  std::size_t prefix_come_ = 0;
  std::size_t skip_ = net::kHandshakeBytes;
  bool in_block_ = false;
  bool unchoked_ = false;
  std::uint64_t times_choked_ = 0;
  std::uint64_t asked_ = 0;
  std::uint32_t outstanding_ = 0;
  std::uint64_t taken_ = 0;
};

struct SimTakers::Host {
  Host(net::SimNetwork& network, net::Endpoint const& address)
      : reactor(network, address), loop(reactor, network.clock()), timer(loop.timers(), [this] {
          if (begin != nullptr) return std::exchange(begin, nullptr)();
          for (auto& taker : takers) taker->turn(kTurn);
          timer.arm(kTurn);
        }) {}

  net::SimReactor reactor;
  net::EventLoop loop;
  std::vector<std::unique_ptr<Taker>> takers;
  std::function<void()> begin;
  net::Timer timer;
};

SimTakers::SimTakers(net::SimNetwork& network, TestTorrent const& torrent, SimTakersOptions options)
    : torrent_(torrent), options_(options) {
  for (std::size_t i = 0; i * kTakersPerHost < options_.count; ++i) {
    auto const address = net::Endpoint::ipv4(
        {198, 18, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250 + 1)}, 0);
    hosts_.push_back(std::make_unique<Host>(network, address));
  }
}

SimTakers::~SimTakers() = default;

std::vector<net::EventLoop*> SimTakers::loops() {
  std::vector<net::EventLoop*> all;
  for (auto& host : hosts_) all.push_back(&host->loop);
  return all;
}

void SimTakers::connect(net::Endpoint const& seed) {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i]->begin = [this, i, seed] { begin(i, seed); };
    hosts_[i]->timer.arm(i * kApart);
  }
}

void SimTakers::begin(std::size_t index, net::Endpoint const& seed) {
  Host& host = *hosts_[index];
  std::size_t const first = index * kTakersPerHost;
  for (std::size_t n = first; n < std::min(first + kTakersPerHost, options_.count); ++n) {
    auto const fd = host.reactor.connect(seed, {});
    BTF_CHECK(fd.has_value());
    host.takers.push_back(std::make_unique<Taker>(host.reactor, *fd, torrent_, options_,
                                                  static_cast<std::uint32_t>(n)));
  }
  host.timer.arm(kConnected);
}

std::vector<std::uint64_t> SimTakers::taken() const {
  std::vector<std::uint64_t> out;
  for (auto const& host : hosts_) {
    for (auto const& taker : host->takers) out.push_back(taker->taken());
  }
  return out;
}

std::uint64_t SimTakers::taken_by_all() const {
  std::uint64_t sum = 0;
  for (std::uint64_t const bytes : taken()) sum += bytes;
  return sum;
}

std::size_t SimTakers::unchoked() const {
  std::size_t count = 0;
  for (auto const& host : hosts_) {
    for (auto const& taker : host->takers) count += taker->unchoked() ? 1 : 0;
  }
  return count;
}

std::uint64_t SimTakers::times_choked() const {
  std::uint64_t count = 0;
  for (auto const& host : hosts_) {
    for (auto const& taker : host->takers) count += taker->times_choked();
  }
  return count;
}

}  // namespace btfast::test
