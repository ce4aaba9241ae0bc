// ReactorFixture: a reactor of the kind that the suite is run for, sockets on the loopback, and
// waiting that keeps what was not asked for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/reactor_factory.h"

namespace btfast::test {

class ReactorFixture : public testing::TestWithParam<net::ReactorKind> {
 protected:
  // Far more than the loopback needs; only reached on failure.
  static constexpr Duration kSoon = std::chrono::seconds{5};

  ReactorFixture() : reactor_(*GetParam().create()) {}
  ~ReactorFixture() override {
    for (int const fd : open_) reactor_->close(fd);
  }

  int keep(int fd) {
    open_.push_back(fd);
    return fd;
  }
  void close_now(int fd) {
    open_.erase(std::find(open_.begin(), open_.end(), fd));
    reactor_->close(fd);
  }

  int listen() {
    auto const fd = reactor_->listen(net::Endpoint::ipv4({127, 0, 0, 1}, 0), 512);
    EXPECT_TRUE(fd);
    return keep(*fd);
  }
  int dial(int listener) {
    auto const fd = reactor_->connect(reactor_->local_endpoint(listener), {});
    EXPECT_TRUE(fd);
    return keep(*fd);
  }
  int take(int listener) {
    auto accepted = reactor_->accept(listener);
    EXPECT_TRUE(accepted);
    return keep(accepted ? accepted->fd : -1);
  }
  // Two ends of a TCP connection.
  std::array<int, 2> connected_pair() {
    int const listener = listen();
    int const client = dial(listener);
    int const server = take(listener);
    close_now(listener);
    return {client, server};
  }

  std::vector<net::ReactorEvent> wait(Duration timeout = Duration{}) {
    std::array<net::ReactorEvent, 64> events;
    std::size_t const count = reactor_->wait(events, timeout);
    return {events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  // All the events of `token` so far, as one, once it is as `wanted` says; waits kSoon at
  // most.  Those of other tokens are kept for who asks next.
  template <class F>
  net::ReactorEvent wait_for(std::uint64_t token, F&& wanted) {
    net::ReactorEvent& all = unasked_[token];
    for (int tries = 0; tries < 50 && !wanted(all); ++tries) {
      for (net::ReactorEvent const& event : wait(kSoon / 50)) {
        net::ReactorEvent& sum = unasked_[event.token];
        sum.readable |= event.readable;
        sum.writable |= event.writable;
        sum.hangup |= event.hangup;
        sum.ended |= event.ended;
      }
    }
    EXPECT_TRUE(wanted(all)) << "readable " << all.readable << " writable " << all.writable
                             << " hangup " << all.hangup;
    return std::exchange(all, {});
  }
  net::ReactorEvent wait_readable(std::uint64_t token) {
    return wait_for(token, [](net::ReactorEvent const& e) { return e.readable; });
  }
  net::ReactorEvent wait_writable(std::uint64_t token) {
    return wait_for(token, [](net::ReactorEvent const& e) { return e.writable; });
  }

  net::IoResult send(int fd, std::string text) {
    iovec const part{text.data(), text.size()};
    return reactor_->write(fd, {&part, 1});
  }
  net::IoResult receive(int fd, std::string& into, std::size_t size = 100) {
    into.assign(size, '\0');
    iovec const part{into.data(), into.size()};
    net::IoResult const result = reactor_->read(fd, {&part, 1});
    into.resize(result.bytes);
    return result;
  }
  void watch(int fd, std::uint64_t token, net::Interest interest, net::Trigger trigger) {
    auto const watched = reactor_->watch(fd, token, interest, trigger);
    ASSERT_TRUE(watched) << error_text(watched.error());
  }

  std::unique_ptr<net::Reactor> reactor_;
  std::vector<int> open_;
  std::map<std::uint64_t, net::ReactorEvent> unasked_;
};

}  // namespace btfast::test
