#include "net/listener.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/base/log.h"
#include "net/reactor_factory.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

// A real reactor whose accept() and listen() fail as told.
class FaultyReactor final : public Reactor {
 public:
  std::deque<int> accept_errors;        // each used once, in order
  int accept_error_always = 0;          // then this one
  std::set<std::uint16_t> taken_ports;  // of IPv6
  bool no_ipv6 = false;
  int accept_calls = 0;

  Status watch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override {
    return real_->watch(fd, token, interest, trigger);
  }
  Status rewatch(int fd, std::uint64_t token, Interest interest, Trigger trigger) override {
    return real_->rewatch(fd, token, interest, trigger);
  }
  void unwatch(int fd) noexcept override { real_->unwatch(fd); }
  std::size_t wait(std::span<ReactorEvent> events, Duration timeout) override {
    return real_->wait(events, timeout);
  }
  void wake() noexcept override { real_->wake(); }
  Expected<int> connect(Endpoint const& remote, Endpoint const& local) override {
    return real_->connect(remote, local);
  }
  int connect_error(int fd) noexcept override { return real_->connect_error(fd); }
  Expected<int> listen(Endpoint const& local, int backlog) override {
    if (local.family() == Family::kIpv6) {
      if (no_ipv6) return Error{Errc::kUnsupported, EAFNOSUPPORT};
      if (taken_ports.contains(local.port())) return Error{Errc::kBusy, EADDRINUSE};
    }
    return real_->listen(local, backlog);
  }
  Expected<Accepted> accept(int listener) override {
    ++accept_calls;
    int error = accept_error_always;
    if (!accept_errors.empty()) {
      error = accept_errors.front();
      accept_errors.pop_front();
    }
    if (error != 0) return Error{Errc::kNoResource, error};
    return real_->accept(listener);
  }
  Endpoint local_endpoint(int fd) noexcept override { return real_->local_endpoint(fd); }
  IoResult read(int fd, std::span<iovec const> into) noexcept override {
    return real_->read(fd, into);
  }
  IoResult write(int fd, std::span<iovec const> from) noexcept override {
    return real_->write(fd, from);
  }
  void close(int fd) noexcept override { real_->close(fd); }

 private:
  std::unique_ptr<Reactor> real_ = *make_reactor();
};

class ListenerTest : public testing::Test {
 protected:
  ~ListenerTest() override {
    for (int const fd : clients_) reactor_.close(fd);
    for (Accepted const& accepted : accepted_) reactor_.close(accepted.fd);
    set_log_sink({}, LogLevel::kOff);
  }

  Result<std::unique_ptr<Listener>> open(ListenRequest request) {
    if (request.only_on.family() == Family::kNone) request.only_on = kLoopback;
    return Listener::open(loop_, request,
                          [this](Accepted accepted) { accepted_.push_back(accepted); });
  }
  std::unique_ptr<Listener> open_any() {
    auto opened = open({});
    EXPECT_TRUE(opened);
    return opened ? *std::move(opened) : nullptr;
  }
  // On the loopback, connect() has queued the connection when it returns.
  void dial(Endpoint const& to) {
    auto const fd = reactor_.connect(to, {});
    ASSERT_TRUE(fd) << error_text(fd.error());
    clients_.push_back(*fd);
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) loop_.run_turn(0ns);
  }

  static inline Endpoint const kLoopback = Endpoint::ipv4({127, 0, 0, 1}, 0);
  FaultyReactor reactor_;
  ManualClock clock_;
  EventLoop loop_{reactor_, clock_};
  std::vector<Accepted> accepted_;
  std::vector<int> clients_;
};

TEST_F(ListenerTest, HandsOnWhoConnects) {
  auto const listener = open_any();
  ASSERT_NE(listener->port(), 0);

  dial(listener->endpoint(Family::kIpv4));
  turns(2);

  ASSERT_EQ(accepted_.size(), 1u);
  EXPECT_EQ(accepted_[0].remote, reactor_.local_endpoint(clients_[0]));
}

TEST_F(ListenerTest, ListensOnOnePortOfBothFamilies) {
  auto opened = Listener::open(loop_, {}, [this](Accepted a) { accepted_.push_back(a); });
  ASSERT_TRUE(opened);
  auto const& listener = *opened;
  Endpoint const v6 = listener->endpoint(Family::kIpv6);
  if (v6.family() == Family::kNone) GTEST_SKIP() << "no IPv6 here";

  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  dial(kLoopback.with_port(listener->port()));
  dial(Endpoint::ipv6(one, listener->port()));
  turns(2);

  ASSERT_EQ(accepted_.size(), 2u);
  EXPECT_NE(accepted_[0].remote.family(), accepted_[1].remote.family());
}

TEST_F(ListenerTest, IsContentWithOneFamilyWhenThereIsNoOther) {
  reactor_.no_ipv6 = true;

  auto const opened = Listener::open(loop_, {}, [](Accepted) {});

  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->endpoint(Family::kIpv6).family(), Family::kNone);
  EXPECT_NE((*opened)->port(), 0);
}

TEST_F(ListenerTest, APortTakenInOneFamilyIsTaken) {
  auto const probe = open_any();
  std::uint16_t const first = probe->port();
  reactor_.taken_ports.insert(first);

  auto const opened = Listener::open(loop_, {first, first, {}}, [](Accepted) {});

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kBusy);
}

TEST_F(ListenerTest, TakesTheNextFreePortOfTheRange) {
  auto const first = open_any();
  std::uint16_t const port = first->port();
  ASSERT_LT(port, 65535 - 40);

  auto const second = open({port, static_cast<std::uint16_t>(port + 40), {}});

  ASSERT_TRUE(second);
  EXPECT_GT((*second)->port(), port);
  EXPECT_LE((*second)->port(), port + 40);
}

TEST_F(ListenerTest, SaysWhichPortIsInUse) {
  auto const first = open_any();

  auto const second = open({first->port(), first->port(), {}});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kBusy);
  EXPECT_NE(failure_text(second.error()).find(std::to_string(first->port())), std::string::npos);
}

TEST_F(ListenerTest, AnAddressThatIsNotOursIsAnError) {
  auto const opened = open({0, 0, Endpoint::ipv4({192, 0, 2, 1}, 0)});

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().sys_errno, EADDRNOTAVAIL);
}

TEST_F(ListenerTest, AcceptsABoundedNumberATurnAndTheRestLater) {
  auto const listener = open_any();
  int const extra = 10;
  for (int i = 0; i < Listener::kAcceptsPerTurn + extra; ++i) {
    dial(listener->endpoint(Family::kIpv4));
  }

  turns(1);
  EXPECT_EQ(accepted_.size(), static_cast<std::size_t>(Listener::kAcceptsPerTurn));
  turns(1);

  EXPECT_EQ(accepted_.size(), static_cast<std::size_t>(Listener::kAcceptsPerTurn + extra));
}

TEST_F(ListenerTest, GoesOnAfterAConnectionThatBrokeInTheQueue) {
  auto const listener = open_any();
  reactor_.accept_errors = {ECONNABORTED, EPROTO, ENETUNREACH};

  dial(listener->endpoint(Family::kIpv4));
  turns(1);

  EXPECT_EQ(accepted_.size(), 1u);
  EXPECT_FALSE(listener->paused());
}

class ListenerOutOf : public ListenerTest, public testing::WithParamInterface<int> {};

TEST_P(ListenerOutOf, PausesBacksOffAndResumes) {
  auto const listener = open_any();
  reactor_.accept_error_always = GetParam();
  dial(listener->endpoint(Family::kIpv4));

  turns(10);
  EXPECT_TRUE(listener->paused());
  EXPECT_EQ(reactor_.accept_calls, 1) << "a paused listener must not spin";
  // An hour of shortage: tries grow rare, down to one in five seconds.
  for (int second = 0; second < 3600; ++second) {
    clock_.advance(1s);
    turns(2);
  }
  EXPECT_GT(reactor_.accept_calls, 700);
  EXPECT_LT(reactor_.accept_calls, 740);
  reactor_.accept_error_always = 0;
  clock_.advance(5s);
  turns(2);

  EXPECT_EQ(accepted_.size(), 1u);
  EXPECT_FALSE(listener->paused());
}

TEST_P(ListenerOutOf, WarnsOnceAMinute) {
  int warnings = 0;
  set_log_sink([&](LogLevel, std::string_view, std::span<LogField const>) { ++warnings; },
               LogLevel::kWarn);
  auto const listener = open_any();
  reactor_.accept_error_always = GetParam();
  dial(listener->endpoint(Family::kIpv4));

  for (int second = 0; second < 600; ++second) {
    clock_.advance(1s);
    turns(2);
  }

  EXPECT_GE(warnings, 9);
  EXPECT_LE(warnings, 10);
}

INSTANTIATE_TEST_SUITE_P(Shortages, ListenerOutOf,
                         testing::Values(EMFILE, ENFILE, ENOBUFS, ENOMEM));

}  // namespace
}  // namespace btfast::net
