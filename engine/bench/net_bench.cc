#include "engine/bench/net_bench.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "engine/control_loop.h"
#include "net/net_thread.h"
#include "net/peer_connection.h"
#include "net/reactor_factory.h"

namespace btfast::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kConnectMost{5};
constexpr std::uint32_t kBlocksPerPiece = 64;
constexpr std::uint32_t kPieces = 1024;  // then the first again
// Asked ahead: more than the kernel's buffers hold, so that every block is foreseen.
constexpr std::uint32_t kAhead = 1024;
constexpr std::size_t kPlaces = 512;  // 8 MiB of destinations, used in turn
static_assert(kAhead % kPlaces == 0);

net::PieceHeader block_at(std::uint64_t n) noexcept {
  auto const piece = static_cast<std::uint32_t>(n / kBlocksPerPiece % kPieces);
  auto const begin = static_cast<std::uint32_t>(n % kBlocksPerPiece) * limits::kBlockSize;
  return {piece, begin, limits::kBlockSize};
}

// On its net thread: the handshake, then blocks in order, as fast as the socket takes them.
class Sender final : public net::EventHandler {
 public:
  explicit Sender(net::EventLoop& loop) : loop_(loop), payload_(limits::kBlockSize) {}
  ~Sender() override {
    watch_.reset();
    if (fd_ >= 0) loop_.reactor().close(fd_);
  }

  void start(int fd) {
    fd_ = fd;
    net::Handshake ours;
    ours.peer_id.fill(std::byte{'s'});  // not the receiver's own
    handshake_ = net::encode_handshake(ours);
    parts_ = {{handshake_.data(), handshake_.size()}};
    auto watch = loop_.watch(fd_, *this, net::Interest::kWrite, net::Trigger::kEdge);
    if (watch) watch_ = *std::move(watch);
  }
  void on_event(net::ReactorEvent const&) override {
    for (;;) {
      if (next_part_ == parts_.size()) next_batch();
      auto const wrote = loop_.reactor().write(fd_, std::span{parts_}.subspan(next_part_));
      if (wrote.kind == net::IoResult::Kind::kWouldBlock) return;
      if (wrote.kind != net::IoResult::Kind::kBytes) return watch_.reset();  // it has enough
      advance(wrote.bytes);
    }
  }

 private:
  void next_batch() {
    parts_.clear();
    next_part_ = 0;
    for (auto& header : headers_) {
      header = net::piece_header_bytes(block_at(next_block_++));
      parts_.push_back({header.data(), header.size()});
      parts_.push_back({payload_.data(), payload_.size()});
    }
  }
  void advance(std::size_t bytes) {
    while (bytes > 0) {
      iovec& part = parts_[next_part_];
      std::size_t const taken = std::min(bytes, part.iov_len);
      part.iov_base = static_cast<std::byte*>(part.iov_base) + taken;
      part.iov_len -= taken;
      bytes -= taken;
      if (part.iov_len == 0) ++next_part_;
    }
  }

  net::EventLoop& loop_;
  int fd_ = -1;
  net::Watch watch_;
  std::array<std::byte, net::kHandshakeBytes> handshake_{};
  std::vector<std::byte> payload_;
  std::array<std::array<std::byte, net::kPieceHeaderBytes>, limits::kReadvBlocks> headers_{};
  std::vector<iovec> parts_;
  std::size_t next_part_ = 0;
  std::uint64_t next_block_ = 0;
};

// On the caller's loop.
class Receiver final : public net::PeerObserver {
 public:
  Receiver() : memory_(kPlaces * limits::kBlockSize) {}

  bool begun() const noexcept { return received_ > 0; }
  bool closed() const noexcept { return closed_; }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t in_place() const noexcept { return in_place_; }
  std::string const& complaint() const noexcept { return complaint_; }

  void on_handshake(net::PeerConnection& peer, net::Handshake const&) override {
    peer.open(kPieces, {}, *this);
    for (std::uint32_t i = 0; i < kAhead; ++i) expect_next(peer);
  }
  void on_message(net::PeerConnection&, net::Message const&) override {}
  void on_block_in_place(net::PeerConnection& peer, net::PieceHeader const&) override {
    ++in_place_;
    ++received_;
    expect_next(peer);
  }
  void on_block_bytes(net::PeerConnection& peer, net::PieceHeader const&,
                      std::span<std::byte const>) override {
    ++received_;
    expect_next(peer);
  }
  void on_read_batch_end(net::PeerConnection&) override {}
  void on_send_drained(net::PeerConnection&) override {}
  void on_closed(net::PeerConnection&, net::CloseReason reason, std::string_view detail) override {
    closed_ = true;
    complaint_ = std::string{net::close_reason_name(reason)} + " " + std::string{detail};
  }

 private:
  void expect_next(net::PeerConnection& peer) {
    auto const header = block_at(next_);
    auto* const place = memory_.data() + next_ % kPlaces * limits::kBlockSize;
    peer.expect_block({header.piece, header.begin, header.length, place});
    ++next_;
  }

  std::vector<std::byte> memory_;
  std::uint64_t next_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t in_place_ = 0;
  bool closed_ = false;
  std::string complaint_;
};

Failure failed(std::string const& what, Error why = {Errc::kNetwork}) {
  Errc const code = why.code == Errc::kNoResource ? Errc::kNoResource : Errc::kNetwork;
  return {code, why.sys_errno, "loopback: " + what};
}

// A listening socket for the time of one accept.
class Door {
 public:
  explicit Door(net::Reactor& reactor)
      : reactor_(reactor), fd_(reactor.listen(net::Endpoint::ipv4({127, 0, 0, 1}, 0), 1)) {}
  ~Door() {
    if (fd_) reactor_.close(*fd_);
  }
  std::optional<Error> refused() const { return fd_ ? std::nullopt : std::optional{fd_.error()}; }
  net::Endpoint endpoint() { return reactor_.local_endpoint(*fd_); }
  Expected<net::Accepted> accept() { return reactor_.accept(*fd_); }

 private:
  net::Reactor& reactor_;
  Expected<int> fd_;
};

NetBench measure(ControlLoop& control, net::PeerConnection const& peer, Receiver const& receiver,
                 TimedStep const& step) {
  auto const before = peer.traffic();
  auto const blocks = receiver.received();
  auto const in_place = receiver.in_place();
  double const cpu = thread_cpu_s();
  while (!step.over() && !receiver.closed()) control.loop().run_turn(milliseconds{20});
  NetBench out;
  out.blocks = receiver.received() - blocks;
  out.in_place = receiver.in_place() - in_place;
  out.received = {out.blocks * limits::kBlockSize, step.seconds(), thread_cpu_s() - cpu};
  out.read_calls = peer.traffic().read_calls - before.read_calls;
  return out;
}

}  // namespace

Result<NetBench> bench_net(milliseconds each, Watcher const& watcher) {
  auto made = ControlLoop::make();
  if (!made) return std::move(made).error();
  ControlLoop& control = **made;
  auto reactor = net::make_reactor();
  if (!reactor) return std::move(reactor).error();
  SteadyClock const clock;
  Receiver receiver;
  Door door{control.loop().reactor()};
  if (door.refused()) return failed("cannot listen", *door.refused());
  auto connected = net::PeerConnection::connect(control.loop(), door.endpoint(), {}, {}, receiver);
  if (!connected) return failed("cannot connect", connected.error());
  auto const peer = *std::move(connected);

  net::NetThread thread{0, *std::move(reactor), clock};
  Sender sender{thread.loop()};
  bool sending = false;
  Stopwatch const watch;
  while (!receiver.begun() && !receiver.closed() && !watch.past(kConnectMost) &&
         !watcher.stop.stop_requested()) {
    control.loop().run_turn(milliseconds{5});
    if (sending) continue;
    auto const accepted = door.accept();
    if (accepted) {
      sender.start(accepted->fd);
      if (auto const started = thread.start(); !started) return started.error();
      sending = true;
    } else if (accepted.error().code != Errc::kWouldBlock) {
      return failed("cannot accept", accepted.error());
    }
  }
  NetBench const out = measure(control, *peer, receiver, TimedStep{watcher, {}, each});
  thread.stop();
  thread.join();
  peer->close(net::CloseReason::kShutdown);
  control.loop().run_turn(Duration::zero());  // what it deferred
  if (out.blocks == 0) return failed("nothing came: " + receiver.complaint());
  return out;
}

}  // namespace btfast::bench
