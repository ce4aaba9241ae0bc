#include "engine/base/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace btfast {
namespace {

struct CountingWaker final : Waker {
  void notify() noexcept override { ++notified; }
  int notified = 0;
};

TEST(WakeGate, OnlyTheFirstSenderOfASleepMustWake) {
  WakeGate gate;

  EXPECT_FALSE(gate.must_wake()) << "the owner is awake";
  gate.about_to_sleep();
  EXPECT_TRUE(gate.must_wake());
  EXPECT_FALSE(gate.must_wake());
}

TEST(WakeGate, NobodyMustWakeAnOwnerThatWokeByItself) {
  WakeGate gate;

  gate.about_to_sleep();
  gate.awake();

  EXPECT_FALSE(gate.must_wake());
}

TEST(Mailbox, DeliversOneSendersMessagesInOrderAndNotifiesEachTime) {
  CountingWaker waker;
  Mailbox<int> mailbox{waker};
  for (int i = 0; i < 3; ++i) mailbox.send(i);
  std::vector<int> got;

  EXPECT_EQ(mailbox.drain([&](int i) { got.push_back(i); }), 3u);

  EXPECT_EQ(got, (std::vector{0, 1, 2}));
  EXPECT_EQ(waker.notified, 3);
  EXPECT_EQ(mailbox.drain([](int) {}), 0u);
}

TEST(Mailbox, CarriesMoveOnlyMessagesAndDestroysUnreadOnes) {
  CountingWaker waker;
  auto const held = std::make_shared<int>(7);
  using Message = std::unique_ptr<std::shared_ptr<int>>;
  {
    Mailbox<Message> mailbox{waker};
    mailbox.send(std::make_unique<std::shared_ptr<int>>(held));
    int taken = 0;
    mailbox.drain([&](Message message) { taken = **message; });
    EXPECT_EQ(taken, 7);
    mailbox.send(std::make_unique<std::shared_ptr<int>>(held));
  }

  EXPECT_EQ(held.use_count(), 1);
}

// Counts the wake-ups that got through, as an eventfd does.
class Sleeper final : public Waker {
 public:
  void notify() noexcept override {
    if (gate.must_wake()) wakes.fetch_add(1, std::memory_order_release);
  }

  WakeGate gate;
  alignas(64) std::atomic<std::uint64_t> wakes{0};
};

// Method: in every round both threads spin until the other has come, then one sends a
// single message while the other goes to sleep, with a few spins before either so that
// all interleavings of the two come by.  The owner of the round's message must have seen
// it in its last drain or been woken; if neither, the wake-up is lost.  The sender has
// returned from send() when the owner looks, so this needs no time-out.
//
// Checked by mutation; each of these fails here in 10 of 10 runs:
//  - the owner drains before it announces its sleep;
//  - about_to_sleep() is a relaxed store, which x86 lets the queue's loads overtake;
//  - must_wake() looks with a relaxed load before it exchanges.
TEST(Mailbox, ASleepingOwnerNeverMissesAMessage) {
  constexpr std::uint64_t kRounds = 200'000;
  Sleeper owner;
  Mailbox<std::uint64_t> mailbox{owner};
  std::atomic<std::uint64_t> arrivals{0};
  std::atomic<std::uint64_t> sent{0};
  std::uint64_t lost = 0;
  auto const meet = [&](std::uint64_t round) {
    arrivals.fetch_add(1);
    while (arrivals.load() < 2 * (round + 1)) {
    }
  };
  auto const linger = [](std::uint64_t spins) {
    for (std::uint64_t i = 0; i < spins; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
  };

  std::thread sender{[&] {
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      meet(round);
      linger(round * 7 % 64);
      mailbox.send(round);
      sent.store(round + 1);
    }
  }};
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::uint64_t const wakes_before = owner.wakes.load();
    meet(round);
    linger(round * 13 % 64);
    owner.gate.about_to_sleep();
    std::size_t const seen = mailbox.drain([](std::uint64_t) {});
    while (sent.load() < round + 1) {
    }
    bool const woken = owner.wakes.load() > wakes_before;
    if (seen == 0 && !woken) ++lost;
    owner.gate.awake();
    mailbox.drain([](std::uint64_t) {});
  }
  sender.join();

  EXPECT_EQ(lost, 0u);
}

}  // namespace
}  // namespace btfast
