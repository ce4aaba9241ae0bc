#include "tests/support/sim_network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "net/listener.h"
#include "tests/support/sim_driver.h"
#include "tests/support/sim_reactor.h"

namespace btfast::net {
namespace {

using namespace std::chrono_literals;

// Writes `to_send` and then closes (or not); keeps what it reads.
class Talker final : public EventHandler {
 public:
  Talker(EventLoop& loop, int fd, std::string to_send, bool closes)
      : loop_(loop), fd_(fd), to_send_(std::move(to_send)), closes_(closes) {
    auto watch = loop.watch(fd, *this, Interest::kReadWrite, Trigger::kEdge);
    EXPECT_TRUE(watch);
    watch_ = *std::move(watch);
  }
  ~Talker() override { close(); }

  void on_event(ReactorEvent const& event) override {
    if (event.readable) read_all();
    if (event.writable && !closed()) write_all();
    if (ended && to_send_.empty()) close();
  }
  bool closed() const noexcept { return fd_ < 0; }
  void close() {
    watch_.reset();
    if (fd_ >= 0) loop_.reactor().close(fd_);
    fd_ = -1;
  }

  std::string received;
  bool paused = false;
  bool ended = false;
  int error = 0;

  void read_all() {
    std::string buffer(10'000, '\0');
    iovec const part{buffer.data(), buffer.size()};
    while (!paused) {
      IoResult const result = loop_.reactor().read(fd_, {&part, 1});
      if (result.kind == IoResult::Kind::kBytes) {
        received.append(buffer, 0, result.bytes);
        continue;
      }
      ended = result.kind == IoResult::Kind::kEnd;
      error = result.sys_errno;
      return;
    }
  }

 private:
  void write_all() {
    while (!to_send_.empty()) {
      iovec const part{to_send_.data(), to_send_.size()};
      IoResult const result = loop_.reactor().write(fd_, {&part, 1});
      if (result.kind != IoResult::Kind::kBytes) return;
      to_send_.erase(0, result.bytes);
    }
    if (closes_) close();
  }

  EventLoop& loop_;
  int fd_;
  std::string to_send_;
  bool closes_;
  Watch watch_;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) % 127);
  return text;
}

// Two hosts with a loop each.
struct World {
  explicit World(std::uint64_t seed) : network(clock, seed) {
    driver.add(client_loop);
    driver.add(server_loop);
  }
  ~World() {
    listener.reset();
    server.reset();
    client.reset();
  }

  void serve(std::string text, bool closes) {
    auto opened = Listener::open(
        server_loop, {6881, 6881, {}}, [this, text = std::move(text), closes](Accepted accepted) {
          server = std::make_unique<Talker>(server_loop, accepted.fd, text, closes);
        });
    ASSERT_TRUE(opened);
    listener = *std::move(opened);
  }
  void dial(std::string text, bool closes) {
    auto const fd = client_host.connect(server_host.address().with_port(6881), {});
    ASSERT_TRUE(fd);
    client_fd = *fd;
    client = std::make_unique<Talker>(client_loop, *fd, std::move(text), closes);
  }

  ManualClock clock;
  SimNetwork network;
  SimReactor client_host{network, Endpoint::ipv4({10, 0, 0, 1}, 0)};
  SimReactor server_host{network, Endpoint::ipv4({10, 0, 0, 2}, 0)};
  EventLoop client_loop{client_host, clock};
  EventLoop server_loop{server_host, clock};
  SimDriver driver{clock, network};
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Talker> client;
  std::unique_ptr<Talker> server;
  int client_fd = -1;
};

TEST(SimNetwork, CarriesBothDirectionsWholeAndInOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world{seed};
    std::string const up = pattern(700'000);
    std::string const down = pattern(300'001);
    world.serve(down, false);
    world.dial(up, false);

    bool const done = world.driver.run_until(
        [&] {
          return world.server && world.server->received.size() == up.size() &&
                 world.client->received.size() == down.size();
        },
        10min);

    EXPECT_TRUE(done) << "seed " << seed;
    EXPECT_EQ(world.server->received, up);
    EXPECT_EQ(world.client->received, down);
  }
}

std::uint64_t trace_of(std::uint64_t seed) {
  World world{seed};
  world.serve(pattern(100'000), false);
  world.dial(pattern(200'000), true);
  world.driver.run_for(1min);
  return world.network.trace();
}

TEST(SimNetwork, TheSameSeedIsTheSameRunAndAnotherSeedAnother) {
  EXPECT_EQ(trace_of(1), trace_of(1));
  EXPECT_NE(trace_of(1), trace_of(2));
}

TEST(SimNetwork, AFullWindowHoldsTheSenderUntilTheReaderReads) {
  World world{3};
  std::size_t const window = world.network.config().window_bytes;
  std::string const text = pattern(3 * window);
  world.serve("", false);
  world.dial(text, false);
  world.driver.run_until([&] { return world.server != nullptr; }, 1min);
  world.server->paused = true;

  world.driver.run_for(1min);
  EXPECT_TRUE(world.server->received.empty());
  world.server->paused = false;
  world.server->read_all();
  EXPECT_EQ(world.server->received.size(), window);
  world.driver.run_for(1min);

  EXPECT_EQ(world.server->received, text);
}

TEST(SimNetwork, AClosedEndIsReadToItsLastByte) {
  World world{4};
  world.serve("", false);
  world.dial(pattern(50'000), true);

  world.driver.run_for(1min);

  EXPECT_EQ(world.server->received, pattern(50'000));
  EXPECT_TRUE(world.server->ended);
  EXPECT_TRUE(world.server->closed());
  EXPECT_EQ(world.client_host.open_sockets(), 0u);
  EXPECT_EQ(world.server_host.open_sockets(), 1u) << "the listener";
}

TEST(SimNetwork, AResetIsAnErrorAtTheOtherEnd) {
  World world{5};
  world.serve("", false);
  world.dial("hello", false);
  world.driver.run_for(1s);

  world.client_host.reset(world.client_fd);
  world.driver.run_for(1s);

  EXPECT_EQ(world.server->received, "hello");
  EXPECT_EQ(world.server->error, ECONNRESET);
}

// Two hosts without loops: the packets move when the test says so.
struct Bare {
  Bare() {
    listener = server.listen(server.address().with_port(80), 5).value();
    client_fd = client->connect(server.address().with_port(80), {}).value();
    deliver_all();
    server_fd = server.accept(listener).value().fd;
  }
  void deliver_all() {
    while (network.step()) {
    }
  }
  IoResult write_one() {
    char byte = 'x';
    iovec const part{&byte, 1};
    return server.write(server_fd, {&part, 1});
  }
  IoResult read_one() {
    char byte = 0;
    iovec const part{&byte, 1};
    return server.read(server_fd, {&part, 1});
  }

  ManualClock clock;
  SimNetwork network{clock, 11};
  SimReactor server{network, Endpoint::ipv4({10, 0, 0, 2}, 0)};
  std::unique_ptr<SimReactor> client =
      std::make_unique<SimReactor>(network, Endpoint::ipv4({10, 0, 0, 1}, 0));
  int listener = -1;
  int client_fd = -1;
  int server_fd = -1;
};

TEST(SimNetwork, WritingToAClosedEndIsAnsweredByAReset) {
  Bare world;
  world.client->close(world.client_fd);
  world.deliver_all();
  EXPECT_EQ(world.read_one().kind, IoResult::Kind::kEnd);

  EXPECT_EQ(world.write_one().kind, IoResult::Kind::kBytes) << "half of it is still open";
  world.deliver_all();

  EXPECT_EQ(world.read_one().sys_errno, ECONNRESET);
  EXPECT_EQ(world.write_one().sys_errno, EPIPE);
}

TEST(SimNetwork, NobodyListeningRefuses) {
  World world{7};
  world.dial("", false);

  world.driver.run_for(1s);

  EXPECT_EQ(world.client_host.connect_error(world.client_fd), ECONNREFUSED);
  EXPECT_EQ(world.client->error, ECONNREFUSED);
}

TEST(SimNetwork, AnAddressNobodyHasTimesOut) {
  World world{8};
  auto const fd = world.client_host.connect(Endpoint::ipv4({10, 9, 9, 9}, 1), {});
  ASSERT_TRUE(fd);

  world.driver.run_for(2min);
  EXPECT_EQ(world.client_host.connect_error(*fd), 0);
  world.driver.run_for(1min);

  EXPECT_EQ(world.client_host.connect_error(*fd), ETIMEDOUT);
}

TEST(SimNetwork, ACutLinkHoldsEverythingUntilItHeals) {
  World world{9};
  std::string const text = pattern(500'000);
  world.serve("", false);
  world.dial(text, false);
  world.driver.run_until([&] { return world.server && world.server->received.size() > 100'000; },
                         1min);

  world.network.cut(world.client_host.address(), world.server_host.address());
  world.driver.run_for(1ms);
  std::size_t const before = world.server->received.size();
  world.driver.run_for(10min);
  EXPECT_EQ(world.server->received.size(), before);
  world.network.heal(world.server_host.address(), world.client_host.address());
  world.driver.run_for(1min);

  EXPECT_EQ(world.server->received, text);
}

TEST(SimNetwork, AConnectionClosedBeforeItIsMadeLeavesNothing) {
  World world{10};
  world.serve("", false);
  world.dial("", false);
  world.client->close();

  world.driver.run_for(1min);

  EXPECT_EQ(world.server, nullptr);
  EXPECT_EQ(world.client_host.open_sockets(), 0u);
}

TEST(SimNetwork, AHostThatIsDestroyedEndsItsConnections) {
  Bare world;

  world.client.reset();
  world.deliver_all();

  EXPECT_EQ(world.read_one().kind, IoResult::Kind::kEnd);
}

TEST(SimNetwork, ClosingWithBytesUnreadResets) {
  Bare world;
  world.write_one();
  world.deliver_all();

  world.client->close(world.client_fd);
  world.deliver_all();

  EXPECT_EQ(world.read_one().sys_errno, ECONNRESET);
}

TEST(SimNetwork, DescriptorsAreTheLowestFreeAndTheListenerPausesWhenThereAreNone) {
  World world{12};
  world.serve("", false);
  world.server_host.fail_accepts({EMFILE});
  world.dial("", false);
  int const first = world.client_fd;

  world.driver.run_until([&] { return world.listener->paused(); }, 1min);
  EXPECT_TRUE(world.listener->paused());
  world.driver.run_until([&] { return world.server != nullptr; }, 1min);
  EXPECT_NE(world.server, nullptr);
  world.client->close();
  world.dial("", false);

  EXPECT_EQ(world.client_fd, first);
}

TEST(SimDriver, TimersMoveTimeWhenNoPacketDoes) {
  World world{13};
  std::vector<Duration> fired;
  TimePoint const start = world.clock.now();
  Timer timer{world.client_loop.timers(), [&] {
                fired.push_back(world.clock.now() - start);
                if (fired.size() < 3) timer.arm(24h);
              }};
  timer.arm(24h);

  EXPECT_TRUE(world.driver.run_until([&] { return fired.size() == 3; }, 30 * 24h));

  EXPECT_EQ(fired, (std::vector<Duration>{24h, 48h, 72h}));
  EXPECT_FALSE(world.driver.run_until([] { return false; }, 1h)) << "nothing is left";
}

}  // namespace
}  // namespace btfast::net
