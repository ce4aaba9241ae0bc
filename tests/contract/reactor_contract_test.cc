// What every Reactor must do, run over each that is built in.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "net/fd.h"
#include "net/reactor_epoll.h"  // the implementations, as the factory makes them
#include "net/reactor_factory.h"
#include "net/reactor_kqueue.h"
#include "tests/contract/reactor_contract_fixture.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

class ReactorContract : public test::ReactorFixture {};

TEST_P(ReactorContract, ALookReturnsAtOnceWithNothing) { EXPECT_TRUE(wait(0ns).empty()); }

TEST_P(ReactorContract, AWaitEndsWithItsTimeout) { EXPECT_TRUE(wait(3ms).empty()); }

TEST_P(ReactorContract, AWakeBeforeTheWaitEndsIt) {
  for (int i = 0; i < 3; ++i) {
    reactor_->wake();

    EXPECT_TRUE(wait(-1ns).empty());
  }
}

TEST_P(ReactorContract, ManyWakesEndOneWait) {
  for (int i = 0; i < 100; ++i) reactor_->wake();

  EXPECT_TRUE(wait(-1ns).empty());
  EXPECT_TRUE(wait(0ns).empty());
}

TEST_P(ReactorContract, AnotherThreadWakesAWaitThatIsForEver) {
  for (int i = 0; i < 200; ++i) {
    std::thread other{[&] { reactor_->wake(); }};
    EXPECT_TRUE(wait(-1ns).empty());
    other.join();
  }
}

TEST_P(ReactorContract, ConnectsAcceptsAndTellsBothEnds) {
  int const listener = listen();
  watch(listener, 1, Interest::kRead, Trigger::kLevel);

  int const client = dial(listener);
  watch(client, 2, Interest::kReadWrite, Trigger::kEdge);
  wait_readable(1);
  auto const accepted = reactor_->accept(listener);
  ASSERT_TRUE(accepted);
  keep(accepted->fd);
  wait_writable(2);

  EXPECT_EQ(reactor_->connect_error(client), 0);
  EXPECT_EQ(accepted->remote, reactor_->local_endpoint(client));
  auto const nobody = reactor_->accept(listener);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::kWouldBlock);
}

TEST_P(ReactorContract, ARefusedConnectionIsWritableAndSaysWhy) {
  int const listener = listen();
  Endpoint const nobody = reactor_->local_endpoint(listener);
  close_now(listener);

  auto const fd = reactor_->connect(nobody, {});
  // A kernel may also refuse at once.
  if (!fd) {
    EXPECT_EQ(fd.error().code, Errc::kConnectRefused);
    return;
  }
  keep(*fd);
  watch(*fd, 1, Interest::kReadWrite, Trigger::kEdge);
  ReactorEvent const event = wait_writable(1);

  EXPECT_TRUE(event.hangup);
  EXPECT_EQ(reactor_->connect_error(*fd), ECONNREFUSED);
}

TEST_P(ReactorContract, ConnectsFromTheAddressItIsTold) {
  int const listener = listen();
  Endpoint const from = Endpoint::ipv4({127, 0, 0, 9}, 0);

  auto const fd = reactor_->connect(reactor_->local_endpoint(listener), from);

  ASSERT_TRUE(fd);
  keep(*fd);
  EXPECT_EQ(reactor_->local_endpoint(*fd).address_string(), "127.0.0.9");
}

TEST_P(ReactorContract, RefusesEndpointsThatDoNotFit) {
  Endpoint const v4 = Endpoint::ipv4({127, 0, 0, 1}, 1);

  EXPECT_FALSE(reactor_->connect({}, {}));
  EXPECT_FALSE(reactor_->connect(v4, Endpoint::any(Family::kIpv6, 0)));
  EXPECT_FALSE(reactor_->listen({}, 1));
}

TEST_P(ReactorContract, APortInUseIsBusy) {
  int const listener = listen();

  auto const second = reactor_->listen(reactor_->local_endpoint(listener), 1);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), (Error{Errc::kBusy, EADDRINUSE}));
}

TEST_P(ReactorContract, EdgeTellsOfAChangeOnceAndOfTheNextChangeAgain) {
  auto const [client, server] = connected_pair();
  watch(server, 7, Interest::kRead, Trigger::kEdge);
  std::string got;

  send(client, "one");
  wait_readable(7);
  EXPECT_TRUE(wait(0ns).empty()) << "nothing changed, though there is data";
  send(client, "two");
  wait_readable(7);

  receive(server, got);
  EXPECT_EQ(got, "onetwo");
}

TEST_P(ReactorContract, LevelTellsEveryTimeUntilRead) {
  auto const [client, server] = connected_pair();
  watch(server, 7, Interest::kRead, Trigger::kLevel);
  std::string got;

  send(client, "x");
  for (int i = 0; i < 3; ++i) wait_readable(7);
  receive(server, got);

  EXPECT_TRUE(wait(0ns).empty());
}

TEST_P(ReactorContract, WatchingWhatIsReadyAlreadyTells) {
  auto const [client, server] = connected_pair();
  send(client, "x");

  watch(server, 1, Interest::kRead, Trigger::kEdge);

  wait_readable(1);
}

TEST_P(ReactorContract, RewatchingAsksAnewEvenWhenEdgeTriggered) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  send(client, "x");
  wait_readable(1);
  ASSERT_TRUE(wait(0ns).empty());

  ASSERT_TRUE(reactor_->rewatch(server, 2, Interest::kRead, Trigger::kEdge));

  wait_readable(2);
}

TEST_P(ReactorContract, NoInterestMeansNoEventNotEvenOfAnEnd) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kLevel);
  ASSERT_TRUE(reactor_->rewatch(server, 1, Interest::kNone, Trigger::kLevel));

  send(client, "x");
  ASSERT_EQ(::shutdown(server, SHUT_RDWR), 0);
  EXPECT_TRUE(wait(0ns).empty());
  ASSERT_TRUE(reactor_->rewatch(server, 1, Interest::kRead, Trigger::kLevel));

  wait_readable(1);
}

TEST_P(ReactorContract, InterestCanMoveFromReadToWriteAndBack) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kRead, Trigger::kLevel);
  EXPECT_TRUE(wait(0ns).empty());

  ASSERT_TRUE(reactor_->rewatch(server, 1, Interest::kWrite, Trigger::kLevel));
  EXPECT_FALSE(wait_writable(1).readable);
  ASSERT_TRUE(reactor_->rewatch(server, 1, Interest::kRead, Trigger::kLevel));

  EXPECT_TRUE(wait(0ns).empty());
}

TEST_P(ReactorContract, NoEventComesAfterUnwatch) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kReadWrite, Trigger::kLevel);
  send(client, "x");
  wait_readable(1);

  reactor_->unwatch(server);
  EXPECT_TRUE(wait(0ns).empty());
  reactor_->unwatch(server);  // once more does nothing

  watch(server, 2, Interest::kRead, Trigger::kLevel);
  wait_readable(2);
}

TEST_P(ReactorContract, ADescriptorUsedAnewHasItsNewToken) {
  int const listener = listen();
  int const first = dial(listener);
  watch(first, 1, Interest::kReadWrite, Trigger::kEdge);
  reactor_->unwatch(first);
  close_now(first);

  int const second = dial(listener);
  ASSERT_EQ(second, first) << "the kernel gives out the lowest free number";
  watch(second, 2, Interest::kReadWrite, Trigger::kEdge);

  wait_writable(2);
}

TEST_P(ReactorContract, FullBuffersWouldBlockAndTellWhenThereIsRoom) {
  auto const [client, server] = connected_pair();
  watch(client, 1, Interest::kWrite, Trigger::kEdge);
  wait_writable(1);
  std::string const chunk(1 << 20, 'x');
  std::size_t sent = 0;
  IoResult result;
  while ((result = send(client, chunk)).kind == IoResult::Kind::kBytes) sent += result.bytes;
  ASSERT_EQ(result.kind, IoResult::Kind::kWouldBlock);

  std::size_t received = 0;
  std::string got;
  watch(server, 2, Interest::kRead, Trigger::kLevel);
  while (received < sent) {
    wait_readable(2);
    result = receive(server, got, chunk.size());
    ASSERT_EQ(result.kind, IoResult::Kind::kBytes);
    received += result.bytes;
  }
  reactor_->unwatch(server);

  wait_writable(1);
  EXPECT_EQ(send(client, "more").kind, IoResult::Kind::kBytes);
}

TEST_P(ReactorContract, ScattersAndGathersInOrder) {
  auto const [client, server] = connected_pair();
  std::array<char, 4> head{'a', 'b', 'c', 'd'};
  std::array<char, 2> tail{'e', 'f'};
  std::array<iovec, 2> const parts{iovec{head.data(), 4}, iovec{tail.data(), 2}};

  ASSERT_EQ(reactor_->write(client, parts).bytes, 6u);
  watch(server, 1, Interest::kRead, Trigger::kEdge);
  wait_readable(1);
  std::array<char, 1> one{};
  std::array<char, 16> rest{};
  std::array<iovec, 2> const into{iovec{one.data(), 1}, iovec{rest.data(), 16}};

  EXPECT_EQ(reactor_->read(server, into).bytes, 6u);
  EXPECT_EQ(one[0], 'a');
  EXPECT_EQ((std::string{rest.data(), 5}), "bcdef");
}

TEST_P(ReactorContract, NothingToReadWouldBlockAndReadingNothingIsNotTheEnd) {
  auto const [client, server] = connected_pair();
  std::string got;

  EXPECT_EQ(receive(server, got).kind, IoResult::Kind::kWouldBlock);
  EXPECT_EQ(receive(server, got, 0).kind, IoResult::Kind::kWouldBlock);
  EXPECT_EQ(send(client, "").kind, IoResult::Kind::kWouldBlock);
}

TEST_P(ReactorContract, AHalfClosedPeerIsReadToItsEndAndCanStillBeWrittenTo) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kReadWrite, Trigger::kEdge);
  std::string got;
  send(client, "last");
  ASSERT_EQ(::shutdown(client, SHUT_WR), 0);

  ReactorEvent const event = wait_readable(1);

  EXPECT_FALSE(event.hangup);
  EXPECT_EQ(receive(server, got).kind, IoResult::Kind::kBytes);
  EXPECT_EQ(got, "last");
  EXPECT_EQ(receive(server, got).kind, IoResult::Kind::kEnd);
  EXPECT_EQ(receive(server, got).kind, IoResult::Kind::kEnd);
  EXPECT_EQ(send(server, "answer").kind, IoResult::Kind::kBytes);
  watch(client, 2, Interest::kRead, Trigger::kLevel);
  wait_readable(2);
  receive(client, got);
  EXPECT_EQ(got, "answer");
}

TEST_P(ReactorContract, AResetIsAHangUpAndAnError) {
  auto const [client, server] = connected_pair();
  watch(server, 1, Interest::kReadWrite, Trigger::kEdge);
  linger const at_once{1, 0};
  ASSERT_EQ(::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  std::string got;

  close_now(client);
  ReactorEvent const event =
      wait_for(1, [](ReactorEvent const& e) { return e.readable && e.hangup; });

  EXPECT_TRUE(event.readable);
  IoResult const result = receive(server, got);
  EXPECT_EQ(result.kind, IoResult::Kind::kError);
  EXPECT_EQ(result.sys_errno, ECONNRESET);
}

TEST_P(ReactorContract, WritingToAClosedPeerIsAnErrorAndNoSignal) {
  auto const [client, server] = connected_pair();
  close_now(server);
  watch(client, 1, Interest::kReadWrite, Trigger::kEdge);

  send(client, "to nobody");  // answered by a reset
  wait_for(1, [](ReactorEvent const& e) { return e.hangup; });
  std::string got;
  receive(client, got);  // collects the pending error
  IoResult const result = send(client, "again");

  EXPECT_EQ(result.kind, IoResult::Kind::kError);
  EXPECT_EQ(result.sys_errno, EPIPE);
}

TEST_P(ReactorContract, SocketsDoNotBlockAreNotInheritedAndDoNotDelay) {
  for (int const fd : connected_pair()) {
    int no_delay = 0;
    socklen_t length = sizeof no_delay;
    EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
    ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length), 0);
    EXPECT_NE(no_delay, 0);
  }
}

TEST_P(ReactorContract, ServesManyDescriptorsThroughASmallSpan) {
  constexpr std::uint64_t kPairs = 300;
  int const listener = listen();
  std::vector<int> clients;
  for (std::uint64_t i = 0; i < kPairs; ++i) {
    clients.push_back(dial(listener));
    watch(take(listener), i, Interest::kRead, Trigger::kEdge);
  }
  for (int const client : clients) send(client, "x");

  std::map<std::uint64_t, int> seen;
  std::array<ReactorEvent, 7> events;
  while (std::size_t const count = reactor_->wait(events, seen.size() < kPairs ? kSoon : 0ns)) {
    for (std::size_t i = 0; i < count; ++i) ++seen[events[i].token];
  }

  EXPECT_EQ(seen.size(), kPairs);
  for (auto const& [token, times] : seen) EXPECT_EQ(times, 1) << token;
}

TEST_P(ReactorContract, RefusesToWatchWhatIsNoDescriptor) {
  EXPECT_FALSE(reactor_->watch(-1, 1, Interest::kRead, Trigger::kEdge));
  EXPECT_FALSE(reactor_->watch(1'000'000, 1, Interest::kRead, Trigger::kEdge));
}

// In a child process, for the limit is the whole process's.
TEST_P(ReactorContract, OutOfDescriptorsIsAnErrorOfAcceptConnectAndListen) {
  int const listener = listen();
  dial(listener);
  Endpoint const local = reactor_->local_endpoint(listener);

  pid_t const child = ::fork();
  if (child == 0) {
    rlimit const none{3, 3};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) ::_exit(1);
    auto const is_emfile = [](auto const& result) {
      return !result && result.error() == Error{Errc::kNoResource, EMFILE};
    };
    bool const ok = is_emfile(reactor_->accept(listener)) &&
                    is_emfile(reactor_->connect(local, {})) &&
                    is_emfile(reactor_->listen(local.with_port(0), 1));
    ::_exit(ok ? 0 : 2);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_EQ(status, 0);
  EXPECT_TRUE(reactor_->accept(listener)) << "it waited in the kernel's queue";
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, ReactorContract, testing::ValuesIn(reactor_kinds()),
                         [](auto const& kind) { return std::string{kind.param.name}; });

}  // namespace
}  // namespace btfast::net
