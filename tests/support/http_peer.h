// HttpPeer: a client's end of one connection on the test's own loop, that sends what it is
// told and keeps what comes.
//
// Threads: the loop's.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "net/event_loop.h"

namespace btfast::test {

class HttpPeer final : public net::EventHandler {
 public:
  HttpPeer(net::EventLoop& loop, net::Endpoint const& to) : loop_(loop) {
    auto fd = loop.reactor().connect(to, {});
    EXPECT_TRUE(fd);
    fd_ = *fd;
    watch_ = std::move(*loop.watch(fd_, *this, net::Interest::kReadWrite, net::Trigger::kEdge));
  }
  ~HttpPeer() override {
    watch_.reset();
    loop_.reactor().close(fd_);
  }
  HttpPeer(HttpPeer const&) = delete;
  HttpPeer& operator=(HttpPeer const&) = delete;

  void send(std::string text) { unsent_ += std::move(text); }
  bool ended() const { return ended_; }
  std::string const& received() const { return received_; }

  void on_event(net::ReactorEvent const& event) override {
    if (event.writable && !unsent_.empty()) {
      iovec const from{unsent_.data(), unsent_.size()};
      auto const wrote = loop_.reactor().write(fd_, {&from, 1});
      unsent_.erase(0, wrote.bytes);
    }
    std::array<char, 4096> piece;
    iovec const into{piece.data(), piece.size()};
    while (!ended_) {
      auto const read = loop_.reactor().read(fd_, {&into, 1});
      if (read.kind == net::IoResult::Kind::kWouldBlock) return;
      ended_ = read.kind != net::IoResult::Kind::kBytes;
      received_.append(piece.data(), read.bytes);
    }
  }

 private:
  net::EventLoop& loop_;
  int fd_ = -1;
  net::Watch watch_;
  std::string unsent_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace btfast::test
