#include "tests/support/sim_peer.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/base/bitfield.h"
#include "engine/base/check.h"

namespace btfast::test {
namespace {

constexpr std::uint16_t kPort = 6881;

template <class M>
constexpr bool kNamesRange = requires(M const& m) {
  m.length;
};
template <class M>
constexpr bool kNamesPiece = requires(M const& m) {
  m.piece;
};

std::string line_of(net::Message const& message) {
  std::string line{net::message_name(message)};
  std::visit(
      [&](auto const& m) {
        using M = std::remove_cvref_t<decltype(m)>;
        if constexpr (kNamesPiece<M>) line += " " + std::to_string(m.piece);
        if constexpr (kNamesRange<M>) {
          line += " " + std::to_string(m.begin) + " " + std::to_string(m.length);
        }
      },
      message);
  return line;
}

}  // namespace

SimPeer::SimPeer(net::SimNetwork& network, net::Endpoint const& address, TestTorrent const& torrent,
                 std::uint8_t id)
    : reactor_(network, address), loop_(reactor_, network.clock()), torrent_(torrent) {
  ours_.info_hash = torrent.metainfo->info_hash;
  ours_.peer_id.fill(std::byte{id});
  ours_.fast_extension = true;
}

SimPeer::~SimPeer() { close(); }

net::Endpoint SimPeer::endpoint() const { return reactor_.address().with_port(kPort); }

void SimPeer::listen() {
  auto const fd = reactor_.listen(endpoint(), 16);
  BTF_CHECK(fd.has_value());
  listener_ = *fd;
  listen_watch_ = *loop_.watch(listener_, *this, net::Interest::kRead, net::Trigger::kLevel);
}

void SimPeer::connect(net::Endpoint const& remote) {
  auto const fd = reactor_.connect(remote, {});
  BTF_CHECK(fd.has_value());
  watch_stream(*fd);
}

void SimPeer::watch_stream(int fd) {
  fd_ = fd;
  closed_ = greeted_ = false;
  handshake_.clear();
  frames_ = net::FrameReader{
      net::FrameRules{torrent_.geometry().piece_count(), ours_.fast_extension, true}};
  block_ = {};
  payload_.clear();
  watch_ = *loop_.watch(fd_, *this, net::Interest::kReadWrite, net::Trigger::kEdge);
  auto const hello = net::encode_handshake(ours_);
  unsent_.assign(hello.begin(), hello.end());
  write();
}

void SimPeer::close() {
  watch_.reset();
  if (fd_ >= 0) reactor_.close(std::exchange(fd_, -1));
}

// -- speaking -------------------------------------------------------------------------------------

void SimPeer::say_bytes(std::span<std::byte const> bytes) {
  if (fd_ < 0) return;
  unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
  write();
}

void SimPeer::say(net::Message const& message) {
  std::vector<std::byte> frame;
  net::encode_message(message, frame);
  say_bytes(frame);
}

void SimPeer::say_pieces(std::vector<std::uint32_t> const& pieces) {
  Bitfield has{torrent_.geometry().piece_count()};
  for (std::uint32_t const p : pieces) has.set(PieceIndex{p});
  auto const wire = has.to_wire();
  say(net::BitfieldMessage{wire});
}

void SimPeer::say_block(BlockRange const& range) {
  say_block(net::Request{range.piece.value, range.begin, range.length});
}

void SimPeer::say_block(net::Request const& request) {
  say_bytes(net::piece_header_bytes({request.piece, request.begin, request.length}));
  say_bytes(torrent_.bytes({PieceIndex{request.piece}, request.begin, request.length}));
}

void SimPeer::say_wrong_block(net::Request const& request) {
  say_bytes(net::piece_header_bytes({request.piece, request.begin, request.length}));
  say_bytes(std::vector<std::byte>(request.length, std::byte{0x5A}));
}

void SimPeer::serve() {
  serving_ = true;
  for (auto const& request : requests_) say_block(request);
}

void SimPeer::write() {
  while (!unsent_.empty()) {
    iovec const from{unsent_.data(), unsent_.size()};
    auto const io = reactor_.write(fd_, std::span{&from, 1});
    if (io.kind != net::IoResult::Kind::kBytes) return;
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(io.bytes));
  }
}

// -- hearing --------------------------------------------------------------------------------------

void SimPeer::on_event(net::ReactorEvent const& event) {
  accept();
  if (fd_ >= 0 && event.writable) write();
  if (fd_ >= 0) on_readable();
}

void SimPeer::accept() {
  if (listener_ < 0) return;
  while (auto const accepted = reactor_.accept(listener_)) {
    ++connections_;
    remote_ = accepted->remote;
    if (fd_ < 0) {
      watch_stream(accepted->fd);
    } else {
      reactor_.close(accepted->fd);
    }
  }
}

void SimPeer::on_readable() {
  std::array<std::byte, 16 * 1024> buffer;
  while (fd_ >= 0) {
    iovec const into{buffer.data(), buffer.size()};
    auto const io = reactor_.read(fd_, std::span{&into, 1});
    if (io.kind == net::IoResult::Kind::kWouldBlock) return;
    if (io.kind != net::IoResult::Kind::kBytes) {
      closed_ = true;
      return close();
    }
    take(std::span{buffer}.first(io.bytes));
  }
}

void SimPeer::take(std::span<std::byte const> in) {
  if (!greeted_) take_handshake(in);
  while (greeted_ && fd_ >= 0 && (block_.length > 0 || !in.empty())) {
    if (block_.length > 0) {
      take_block(in);
      if (block_.length > 0) return;
      continue;
    }
    net::Frame const frame = frames_.next(in);
    if (frame.kind == net::Frame::Kind::kNeedMore) return;
    if (frame.kind == net::Frame::Kind::kBlock) {
      block_ = frame.block;
    } else if (frame.kind == net::Frame::Kind::kMessage) {
      note(frame.message);
    } else {
      heard_.push_back("nonsense: " + frames_.complaint());
      return close();
    }
  }
}

void SimPeer::take_handshake(std::span<std::byte const>& in) {
  std::size_t const size = std::min(net::kHandshakeBytes - handshake_.size(), in.size());
  handshake_.insert(handshake_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
  in = in.subspan(size);
  if (handshake_.size() < net::kHandshakeBytes) return;
  auto const theirs =
      net::decode_handshake(std::span<std::byte const, net::kHandshakeBytes>{handshake_});
  BTF_CHECK(theirs.has_value());
  theirs_ = *theirs;
  greeted_ = true;
  if (greeting_) greeting_();
}

void SimPeer::take_block(std::span<std::byte const>& in) {
  std::size_t const size = std::min<std::size_t>(block_.length - payload_.size(), in.size());
  payload_.insert(payload_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
  in = in.subspan(size);
  if (payload_.size() < block_.length) return;
  auto const range = torrent_.geometry().range(block_.piece, block_.begin, block_.length);
  BTF_CHECK(range.has_value());
  auto const right = torrent_.bytes(*range);
  misled_ |= !std::equal(right.begin(), right.end(), payload_.begin(), payload_.end());
  block_bytes_ += payload_.size();
  heard_.push_back("piece " + std::to_string(block_.piece) + " " + std::to_string(block_.begin) +
                   " " + std::to_string(block_.length));
  payload_.clear();
  block_ = {};
}

void SimPeer::note(net::Message const& message) {
  heard_.push_back(line_of(message));
  if (auto const* request = std::get_if<net::Request>(&message)) {
    requests_.push_back(*request);
    if (serving_) say_block(*request);
  }
  if (hook_) hook_(message);
}

std::size_t SimPeer::times_heard(std::string_view start) const {
  return static_cast<std::size_t>(std::count_if(
      heard_.begin(), heard_.end(), [&](auto const& line) { return line.starts_with(start); }));
}

}  // namespace btfast::test
