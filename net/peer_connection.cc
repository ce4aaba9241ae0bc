#include "net/peer_connection.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/sha1.h"
#include "net/wire/frame_rules.h"

namespace btfast::net {
namespace {

// A slow peer that moves this much is not idle, though its block is not whole.
constexpr std::uint64_t kProgressBytes = 4096;
constexpr Duration kFloodWindow = std::chrono::minutes{1};

CloseReason reason_of(int err) {
  return err == ECONNRESET || err == EPIPE ? CloseReason::kPeerClosed : CloseReason::kIoError;
}

}  // namespace

// -- life -----------------------------------------------------------------------------------------

PeerConnection::PeerConnection(EventLoop& loop, int fd, Endpoint const& remote,
                               PeerObserver& observer, PeerTimes const& times)
    : loop_(loop),
      remote_(remote),
      observer_(&observer),
      fd_(fd),
      receive_(loop.reactor(), *this, traffic_),
      timeouts_(loop.timers(), *this, times),
      batch_timer_(loop.timers(), [this] { on_batch_overdue(); }),
      last_receive_(loop.now()),
      flood_window_end_(loop.now() + kFloodWindow) {}

PeerConnection::~PeerConnection() { release(); }

Expected<std::unique_ptr<PeerConnection>> PeerConnection::connect(
    EventLoop& loop, Endpoint const& remote, Endpoint const& local, Handshake const& ours,
    PeerObserver& observer, PeerTimes const& times) {
  auto const fd = loop.reactor().connect(remote, local);
  if (!fd) return fd.error();
  std::unique_ptr<PeerConnection> peer{new PeerConnection{loop, *fd, remote, observer, times}};
  if (auto const watched = peer->start_watch(); !watched) return watched.error();
  peer->ours_ = ours;
  peer->answered_ = true;
  peer->sending_.add_bytes(encode_handshake(ours));
  peer->timeouts_.start_connect();
  return peer;
}

Expected<std::unique_ptr<PeerConnection>> PeerConnection::accept(EventLoop& loop, Accepted accepted,
                                                                 PeerObserver& observer,
                                                                 PeerTimes const& times) {
  std::unique_ptr<PeerConnection> peer{
      new PeerConnection{loop, accepted.fd, accepted.remote, observer, times}};
  if (auto const watched = peer->start_watch(); !watched) return watched.error();
  peer->incoming_ = true;
  peer->writable_ = true;
  peer->state_ = State::kHandshake;
  peer->local_ = loop.reactor().local_endpoint(accepted.fd);
  peer->timeouts_.start_handshake();
  return peer;
}

Status PeerConnection::start_watch() {
  auto watch = loop_.watch(fd_, *this, Interest::kReadWrite, Trigger::kEdge);
  if (!watch) return watch.error();
  watch_ = std::move(*watch);
  return kOk;
}

void PeerConnection::answer(Handshake const& ours) {
  if (state_ != State::kHandshake || std::exchange(answered_, true)) return;
  ours_ = ours;
  sending_.add_bytes(encode_handshake(ours_));
  schedule_flush();
}

void PeerConnection::open(std::uint32_t piece_count, Handshake const& ours,
                          PeerObserver& observer) {
  if (state_ != State::kHandshake) return;
  observer_ = &observer;
  answer(ours);
  state_ = State::kFrames;
  receive_.start(FrameRules{piece_count, ours_.fast_extension && theirs_.fast_extension,
                            ours_.extension_protocol && theirs_.extension_protocol});
  timeouts_.start_frames();
}

void PeerConnection::learn_piece_count(std::uint32_t piece_count) {
  receive_.frames().rules().set_piece_count(piece_count);
}

void PeerConnection::close(CloseReason reason, std::string_view detail) {
  if (closed()) return;
  release();
  observer_->on_closed(*this, reason, detail);
}

void PeerConnection::release() noexcept {
  if (closed()) return;
  state_ = State::kClosed;
  receive_.stop();
  sending_.clear();
  timeouts_.stop();
  batch_timer_.disarm();
  watch_.reset();
  loop_.reactor().close(fd_);
  fd_ = -1;
}

void PeerConnection::on_timeout(CloseReason reason) { close(reason); }

void PeerConnection::on_keep_alive_due() {
  sending_.add_bytes(std::array<std::byte, 4>{});
  schedule_flush();
}

void PeerConnection::on_event(ReactorEvent const& event) {
  if (state_ == State::kConnecting) {
    if (!event.writable && !event.hangup) return;
    on_connect_event();
  }
  input_ended_ |= event.ended || event.hangup;
  if ((event.readable || event.hangup) && !closed()) read_turn();
  if (event.writable && !closed()) {
    writable_ = true;
    flush();
  }
}

void PeerConnection::on_connect_event() {
  if (int const err = loop_.reactor().connect_error(fd_); err != 0) {
    return close(CloseReason::kConnectFailed, std::strerror(err));
  }
  state_ = State::kHandshake;
  writable_ = true;
  local_ = loop_.reactor().local_endpoint(fd_);
  timeouts_.start_handshake();
  schedule_flush();
  observer_->on_connected(*this);
}

// -- receiving ------------------------------------------------------------------------------------

void PeerConnection::on_message(Message const& message) { observer_->on_message(*this, message); }

void PeerConnection::on_block_in_place(PieceHeader const& block) {
  observer_->on_block_in_place(*this, block);
}

void PeerConnection::on_block_bytes(PieceHeader const& block, std::span<std::byte const> bytes) {
  observer_->on_block_bytes(*this, block, bytes);
}

void PeerConnection::expect_block(ExpectedBlock const& block) {
  if (!closed()) receive_.expect(block);
}

bool PeerConnection::forget_block(std::uint32_t piece, std::uint32_t begin) {
  return receive_.forget(piece, begin);
}

void PeerConnection::forget_all_blocks() { receive_.forget_all(); }

void PeerConnection::schedule_read() {
  if (std::exchange(read_scheduled_, true)) return;
  loop_.defer([this] {
    read_scheduled_ = false;
    if (!closed()) read_turn();
  });
}

// Reads until nothing waits, or until others should have their turn.
void PeerConnection::read_turn() {
  if (reading_ || state_ == State::kConnecting) return;
  reading_ = true;
  std::size_t budget = limits::kReadBudgetBytes;
  bool more = true;
  while (more && budget > 0 && !closed()) more = read_some(budget);
  reading_ = false;
  if (state_ == State::kFrames) observer_->on_read_batch_end(*this);
  if (state_ == State::kFrames) batch_reads(limits::kReadBudgetBytes - budget);
  if (more && !closed()) schedule_read();
}

// A fast peer wakes us for many blocks at once, or for what there is after a moment.
void PeerConnection::batch_reads(std::size_t bytes) {
  auto const now = loop_.now();
  std::size_t const before = batching_.low_water();
  batching_.note_turn(bytes, receive_.expected_blocks(), now);
  if (batching_.low_water() != before) apply_low_water();
}

void PeerConnection::apply_low_water() {
  loop_.reactor().set_read_low_water(fd_, batching_.low_water());
  if (batching_.low_water() > 1 && !batch_timer_.armed()) batch_timer_.arm(ReadBatching::kPatience);
}

void PeerConnection::on_batch_overdue() {
  Duration const left = batching_.time_left(loop_.now());
  if (left > Duration::zero()) return batch_timer_.arm(left);
  if (batching_.low_water() == 1) return;
  batching_.give_up();
  apply_low_water();
  schedule_read();
}

// False when nothing more can be read now.
bool PeerConnection::read_some(std::size_t& budget) {
  if (state_ == State::kHandshake) return read_handshake();
  auto const result = receive_.read(fd_);
  budget -= std::min(budget, result.bytes);
  if (closed()) return false;  // by a callback
  note_received(result.bytes);
  return end_of_input(result);
}

bool PeerConnection::end_of_input(ReceivePath::Result const& result) {
  using Kind = ReceivePath::Result::Kind;
  switch (result.kind) {
    case Kind::kBytes:
      // Asking once more would only be told so.
      return !result.drained || input_ended_;
    case Kind::kWouldBlock:
      return false;
    case Kind::kEnd:
      close(CloseReason::kPeerClosed);
      return false;
    case Kind::kError:
      close(reason_of(result.sys_errno), std::strerror(result.sys_errno));
      return false;
    case Kind::kMalformed:
      close(CloseReason::kProtocolError, receive_.complaint());
      return false;
    case Kind::kFlood:
      close(CloseReason::kFlood, "frames that say nothing");
      return false;
  }
  return false;
}

// Takes not a byte more than the handshake, so that frames start in the receive path.
bool PeerConnection::read_handshake() {
  std::span<std::byte> const whole{handshake_};
  auto const missing = whole.subspan(handshake_size_);
  iovec const into{missing.data(), missing.size()};
  IoResult const io = loop_.reactor().read(fd_, std::span{&into, 1});
  ++traffic_.read_calls;
  switch (io.kind) {
    case IoResult::Kind::kWouldBlock:
      return false;
    case IoResult::Kind::kEnd:
      close(CloseReason::kPeerClosed, "in the handshake");
      return false;
    case IoResult::Kind::kError:
      close(reason_of(io.sys_errno), std::strerror(io.sys_errno));
      return false;
    case IoResult::Kind::kBytes:
      break;
  }
  traffic_.bytes_received += io.bytes;
  last_receive_ = loop_.now();
  handshake_size_ += io.bytes;
  if (!handshake_prefix_ok(whole.first(handshake_size_))) {
    close(CloseReason::kBadHandshake);
    return false;
  }
  if (note_torrent() && handshake_size_ == kHandshakeBytes) take_handshake();
  return !closed();
}

// False when the observer did not want to hear the rest.
bool PeerConnection::note_torrent() {
  if (!incoming_ || torrent_named_ || handshake_size_ < kHandshakeTorrentBytes) return true;
  torrent_named_ = true;
  auto const so_far = std::span{handshake_}.first<kHandshakeTorrentBytes>();
  observer_->on_torrent_named(*this, handshake_torrent(so_far));
  return !closed();
}

void PeerConnection::take_handshake() {
  auto const decoded = decode_handshake(handshake_);
  if (!decoded) return close(CloseReason::kBadHandshake);
  theirs_ = *decoded;
  if (!incoming_ && theirs_.info_hash != ours_.info_hash) {
    return close(CloseReason::kWrongTorrent, to_hex(theirs_.info_hash));
  }
  if (!incoming_ && theirs_.peer_id == ours_.peer_id) return close(CloseReason::kSelf);
  observer_->on_handshake(*this, theirs_);
  if (state_ == State::kHandshake) close(CloseReason::kWrongTorrent);
}

void PeerConnection::note_received(std::size_t bytes) {
  if (bytes == 0) return;
  last_receive_ = loop_.now();
  FrameReader& frames = receive_.frames();
  if (last_receive_ >= flood_window_end_) {
    frames.forgive_idle_frames();
    flood_window_end_ = last_receive_ + kFloodWindow;
  }
  if (frames.frame_count() == progress_frames_ &&
      traffic_.bytes_received - progress_bytes_ < kProgressBytes) {
    return;
  }
  progress_frames_ = frames.frame_count();
  progress_bytes_ = traffic_.bytes_received;
  timeouts_.note_progress();
}

// -- sending --------------------------------------------------------------------------------------

void PeerConnection::send(Message const& message) {
  if (closed()) return;
  sending_.add_message(message);
  schedule_flush();
}

void PeerConnection::send_block(PieceHeader const& header, SendBytes bytes) {
  if (closed()) return;
  sending_.add_block(header, std::move(bytes));
  schedule_flush();
}

// An error here comes again in flush(), where the observer may hear of it.
bool PeerConnection::send_now() {
  if (closed() || !writable_) return false;
  write();
  return true;
}

bool PeerConnection::unsend_block(PieceHeader const& header) {
  return sending_.remove_block(header);
}

void PeerConnection::schedule_flush() {
  if (std::exchange(flush_scheduled_, true)) return;
  loop_.defer([this] {
    flush_scheduled_ = false;
    if (!closed() && writable_) flush();
  });
}

SendQueue::Result PeerConnection::write() {
  auto const result = sending_.write(loop_.reactor(), fd_);
  traffic_.bytes_sent += result.bytes;
  traffic_.payload_sent += result.payload_bytes;
  if (result.bytes > 0) timeouts_.note_sent();
  writable_ = result.kind != SendQueue::Result::Kind::kWouldBlock;
  return result;
}

void PeerConnection::flush() {
  auto const result = write();
  if (result.kind == SendQueue::Result::Kind::kError) return lost_on_write(result.sys_errno);
  if (result.kind == SendQueue::Result::Kind::kBudgetSpent) schedule_flush();
  if (sending_.take_drained()) observer_->on_send_drained(*this);
}

// What the peer sent before it left is still ours to read.
void PeerConnection::lost_on_write(int err) {
  read_turn();
  close(reason_of(err), std::strerror(err));
}

}  // namespace btfast::net
