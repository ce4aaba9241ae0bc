#include "tests/support/scripted_reactor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace btfast::test {

using net::IoResult;
using net::ReactorEvent;

int ScriptedReactor::open() {
  sockets_.emplace(next_fd_, Socket{});
  return next_fd_++;
}

void ScriptedReactor::feed(int fd, std::span<std::byte const> bytes) {
  auto& input = socket(fd).input;
  input.insert(input.end(), bytes.begin(), bytes.end());
  announce_input(fd);
}

void ScriptedReactor::set_read_low_water(int fd, std::size_t bytes) noexcept {
  socket(fd).low_water = bytes;
  announce_input(fd);
}

// As a kernel does: no event below the mark.
void ScriptedReactor::announce_input(int fd) {
  Socket const& from = socket(fd);
  std::size_t const unread = from.input.size() - from.input_at;
  if (unread > 0 && unread >= from.low_water) announce(fd, true, false, false);
}

void ScriptedReactor::feed_end(int fd) {
  socket(fd).ended = true;
  announce(fd, true, false, false);
  waiting_.back().second.ended = true;
}

void ScriptedReactor::feed_error(int fd, int err) {
  socket(fd).error = err;
  announce(fd, true, false, true);
}

void ScriptedReactor::drain(int fd, std::size_t bytes) {
  socket(fd).takes += bytes;
  announce(fd, false, true, false);
}

void ScriptedReactor::complete_connect(int fd, int err) {
  socket(fd).connect_error = err;
  announce(fd, false, true, err != 0);
}

void ScriptedReactor::announce(int fd, bool readable, bool writable, bool hangup) {
  waiting_.emplace_back(fd, ReactorEvent{0, readable, writable, hangup});
}

Status ScriptedReactor::watch(int fd, std::uint64_t token, net::Interest, net::Trigger) {
  EXPECT_FALSE(socket(fd).token) << "watched twice: " << fd;
  socket(fd).token = token;
  return kOk;
}

Status ScriptedReactor::rewatch(int fd, std::uint64_t token, net::Interest, net::Trigger) {
  socket(fd).token = token;
  return kOk;
}

void ScriptedReactor::unwatch(int fd) noexcept { socket(fd).token.reset(); }

std::size_t ScriptedReactor::wait(std::span<ReactorEvent> events, Duration) {
  std::size_t count = 0;
  for (auto& [fd, event] : waiting_) {
    if (!socket(fd).token || count == events.size()) continue;
    events[count] = event;
    events[count++].token = *socket(fd).token;
  }
  waiting_.clear();
  return count;
}

Expected<int> ScriptedReactor::connect(net::Endpoint const&, net::Endpoint const&) {
  return open();
}

IoResult ScriptedReactor::read(int fd, std::span<iovec const> into) noexcept {
  ++reads_;
  Socket& from = socket(fd);
  EXPECT_FALSE(from.closed) << "read of closed " << fd;
  std::size_t left = from.input.size() - from.input_at;
  if (left == 0) {
    if (from.error != 0) return IoResult::error(from.error);
    return from.ended ? IoResult::end() : IoResult::would_block();
  }
  if (chunk_) left = std::min(left, chunk_());
  std::size_t moved = 0;
  std::size_t asked = 0;
  for (iovec const& part : into) {
    asked += part.iov_len;
    std::size_t const here = std::min(part.iov_len, left - moved);
    if (here > 0) std::memcpy(part.iov_base, from.input.data() + from.input_at, here);
    from.input_at += here;
    moved += here;
  }
  IoResult result = IoResult::of_bytes(moved);
  result.drained = moved < asked && from.input_at == from.input.size();
  return result;
}

IoResult ScriptedReactor::write(int fd, std::span<iovec const> from) noexcept {
  Socket& to = socket(fd);
  EXPECT_FALSE(to.closed) << "write to closed " << fd;
  if (to.write_error != 0) return IoResult::error(to.write_error);
  std::size_t moved = 0;
  for (iovec const& part : from) {
    std::size_t const here = std::min(part.iov_len, to.takes);
    auto const* const start = static_cast<std::byte const*>(part.iov_base);
    to.output.insert(to.output.end(), start, start + here);
    to.takes -= here;
    moved += here;
  }
  return moved == 0 ? IoResult::would_block() : IoResult::of_bytes(moved);
}

void ScriptedReactor::close(int fd) noexcept {
  EXPECT_FALSE(socket(fd).closed) << "closed twice: " << fd;
  EXPECT_FALSE(socket(fd).token) << "closed while watched: " << fd;
  socket(fd).closed = true;
}

}  // namespace btfast::test
