#include "engine/engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "engine/torrent/torrent.h"
#include "storage/memory_storage.h"
#include "tests/support/descriptor_limit.h"
#include "tests/support/test_torrent.h"

namespace btfast::test {
namespace {

// Only turns a hang into a failure.
constexpr std::chrono::seconds kPatience{60};

ConfigPtr config(bool listen) {
  auto settings = std::make_shared<EngineConfig>();
  settings->jobs = 2;
  settings->net_threads = 2;
  settings->listen = listen;
  settings->port_first = settings->port_last = 0;
  settings->bind = net::Endpoint::ipv4({127, 0, 0, 1}, 0);
  return settings;
}

// One engine with one torrent on the calling thread, until the torrent has stopped; true
// when it was complete.  `on_ready` gets the engine once it runs, and how to stop it.
bool run_session(TestTorrent const& torrent, std::unique_ptr<storage::Storage> storage,
                 bool is_seed, net::Endpoint const& other,
                 std::function<void(Engine&, std::function<void()> stop)> const& on_ready) {
  auto const made = Engine::make(config(is_seed));
  if (!made) return false;
  Engine& engine = **made;
  if (!engine.start()) return false;
  bool complete = false;
  TorrentSetup setup{.metainfo = torrent.metainfo, .storage = std::move(storage)};
  setup.peer_id = *make_peer_id();
  if (other.port() != 0) setup.peers.push_back(other);
  std::unique_ptr<Torrent> session;
  std::promise<void> asked;  // whoever asks to stop has let go of the engine
  session = std::make_unique<Torrent>(engine.env(), std::make_shared<EngineConfig>(),
                                      std::move(setup), [&](TorrentState state) {
                                        if (state == TorrentState::kComplete) {
                                          complete = true;
                                          on_ready(engine, [&] {
                                            engine.control().post([&] { session->stop(); });
                                            asked.set_value();
                                          });
                                        }
                                        if (state == TorrentState::kStopped)
                                          engine.control().stop();
                                      });
  net::Timer give_up{engine.control().timers(), [&] { session->stop(); }};
  give_up.arm(kPatience);
  session->start();
  engine.run();
  session.reset();
  if (complete) asked.get_future().wait_for(kPatience);
  return complete;
}

TEST(Engine, TwoOfThemPassATorrentOverLoopback) {
  TestTorrent const torrent = TorrentBuilder{}.pieces(40).piece_size(128 * kKiB).build();
  auto full = std::make_unique<storage::MemoryStorage>(torrent.map());
  full->fill(0, *torrent.content);
  std::promise<std::pair<std::uint16_t, std::function<void()>>> ready;
  auto seed = std::async(std::launch::async, [&] {
    return run_session(torrent, std::move(full), true, {}, [&](Engine& engine, auto stop) {
      ready.set_value({engine.env().listen_port, stop});
    });
  });
  auto started = ready.get_future();
  ASSERT_EQ(started.wait_for(kPatience), std::future_status::ready);
  auto const [port, stop_seed] = started.get();

  auto empty = std::make_unique<storage::MemoryStorage>(torrent.map());
  bool right = false;
  auto* const disk = empty.get();
  bool const complete =
      run_session(torrent, std::move(empty), false, net::Endpoint::ipv4({127, 0, 0, 1}, port),
                  [&](Engine&, auto stop) {
                    auto const ours = disk->bytes();
                    right = std::equal(ours.begin(), ours.end(), torrent.content->begin());
                    stop();
                  });
  stop_seed();

  EXPECT_TRUE(complete);
  EXPECT_TRUE(right);
  EXPECT_TRUE(seed.get());
}

class EngineWithoutDescriptors : public DescriptorLimit {};

// Whatever number of descriptors there is, the engine is a failure that says so or one that
// works.
TEST_F(EngineWithoutDescriptors, IsAFailureAndNothingWorse) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers look at an object's type through a pipe, which needs descriptors";
#endif
  int const free = ::dup(0);  // the lowest number that is free
  ASSERT_GE(free, 0);
  ::close(free);
  int failures = 0;
  bool started = false;
  for (int more = 0; more <= 16 && !started; ++more) {
    limit_to(static_cast<rlim_t>(free + more));
    auto const made = Engine::make(config(true));
    Outcome const outcome = made ? (*made)->start() : Outcome{made.error()};
    started = outcome.has_value();
    failures += !started;
    if (!started) {
      EXPECT_EQ(outcome.error().code, Errc::kNoResource) << more;
    }
  }

  EXPECT_GT(failures, 6);  // three event loops of two descriptors
}

TEST(Engine, APortThatIsTakenIsBusy) {
  auto const made = Engine::make(config(true));
  ASSERT_TRUE(made);
  Engine& first = **made;
  ASSERT_TRUE(first.start());
  auto settings = std::make_shared<EngineConfig>(*config(true));
  settings->port_first = settings->port_last = first.env().listen_port;
  auto const second = Engine::make(settings);
  ASSERT_TRUE(second);

  auto const outcome = (*second)->start();

  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::kNetwork);
}

TEST(MakePeerId, NamesTheClientAndIsAnotherEachTime) {
  auto const one = make_peer_id();
  auto const two = make_peer_id();

  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_EQ(static_cast<char>((*one)[0]), '-');
  EXPECT_EQ(static_cast<char>((*one)[1]), 'B');
}

}  // namespace
}  // namespace btfast::test
