#include "net/resolver.h"

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "tests/support/loop_fixture.h"
#include "tests/support/no_more_threads.h"

namespace btfast::net {
namespace {

class ResolverTest : public test::LoopFixture {
 protected:
  using Addresses = Resolver::Addresses;
  Answer<Result<Addresses>> answer_;
};

Result<Resolver::Addresses> one_of_each_family(std::string const&) {
  return Resolver::Addresses{*Endpoint::parse_address("2001:db8::1", 0),
                             *Endpoint::parse_address("192.0.2.1", 0)};
}

TEST_F(ResolverTest, ANumericHostNeedsNoLookupAndNeverAnswersInline) {
  Resolver resolver{loop_, [](std::string const&) -> Result<Addresses> {
                      ADD_FAILURE() << "looked up";
                      return Addresses{};
                    }};

  auto const lookup = resolver.resolve("127.0.0.1", 80, answer_.sink());
  EXPECT_FALSE(answer_.here());
  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  ASSERT_TRUE(*answer_);
  EXPECT_EQ((*answer_)->at(0).to_string(), "127.0.0.1:80");
}

TEST_F(ResolverTest, GivesEveryAddressThePortAndIpv4First) {
  Resolver resolver{loop_, one_of_each_family};

  auto const lookup = resolver.resolve("t.example", 1337, answer_.sink());
  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  ASSERT_TRUE(*answer_);
  EXPECT_EQ((*answer_)->at(0).to_string(), "192.0.2.1:1337");
  EXPECT_EQ((*answer_)->at(1).to_string(), "[2001:db8::1]:1337");
}

TEST_F(ResolverTest, TheSystemKnowsLocalhost) {
  Resolver resolver{loop_};

  auto const lookup = resolver.resolve("localhost", 80, answer_.sink());
  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  ASSERT_TRUE(*answer_);
  EXPECT_TRUE((*answer_)->at(0).is_loopback());
}

TEST_F(ResolverTest, AFailureNamesTheHost) {
  Resolver resolver{loop_, [](std::string const& host) -> Result<Addresses> {
                      return Failure{Errc::kNetwork, "cannot resolve " + host};
                    }};

  auto const lookup = resolver.resolve("gone.invalid", 80, answer_.sink());
  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().detail, "cannot resolve gone.invalid");
}

TEST_F(ResolverTest, ACancelledLookupNeverAnswers) {
  Resolver resolver{loop_, one_of_each_family};
  auto cancelled = resolver.resolve("a.example", 1, answer_.sink());
  cancelled.cancel();
  Answer<Result<Addresses>> other;

  auto const lookup = resolver.resolve("b.example", 1, other.sink());
  ASSERT_TRUE(run_until([&] { return other.here(); }));
  loop_.run_turn(Duration::zero());

  EXPECT_FALSE(answer_.here());
}

TEST_F(ResolverTest, ANameThatNobodyWaitsForAnyMoreIsNotLookedUp) {
  auto release = std::make_shared<std::promise<void>>();
  std::shared_future<void> const released = release->get_future().share();
  std::atomic<int> dropped{0};
  constexpr std::size_t kOneThread = 1;
  Resolver resolver{loop_,
                    [&dropped, released](std::string const& host) {
                      if (host == "slow.example") released.wait();
                      if (host == "dropped.example") ++dropped;
                      return one_of_each_family(host);
                    },
                    kOneThread};
  auto const slow = resolver.resolve("slow.example", 1, [](auto const&) {});
  for (std::size_t i = 0; i < 2 * Resolver::kWaiting; ++i) {
    (void)resolver.resolve("dropped.example", 1, [](auto const&) {});
  }
  auto const lookup = resolver.resolve("kept.example", 1, answer_.sink());
  release->set_value();

  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  EXPECT_TRUE(*answer_) << "the dropped ones take no place";
  EXPECT_EQ(dropped, 0);
}

// A name server that does not answer holds its helper; nothing else waits for it.
TEST_F(ResolverTest, AStuckLookupHoldsUpNeitherOthersNorTheEnd) {
  auto release = std::make_shared<std::promise<void>>();
  std::shared_future<void> const released = release->get_future().share();
  Answer<Result<Addresses>> quick;
  {
    Resolver resolver{loop_, [released](std::string const& host) {
                        if (host == "stuck.example") released.wait();
                        return one_of_each_family(host);
                      }};
    auto const stuck = resolver.resolve("stuck.example", 1, answer_.sink());
    auto const lookup = resolver.resolve("quick.example", 1, quick.sink());
    ASSERT_TRUE(run_until([&] { return quick.here(); }));
  }

  release->set_value();
  loop_.run_turn(Duration::zero());

  EXPECT_FALSE(answer_.here());
}

TEST_F(ResolverTest, RefusesMoreNamesThanItsLimit) {
  auto release = std::make_shared<std::promise<void>>();
  std::shared_future<void> const released = release->get_future().share();
  std::atomic<std::size_t> stuck{0};
  Resolver resolver{loop_, [&stuck, released](std::string const& host) {
                      ++stuck;
                      released.wait();
                      return one_of_each_family(host);
                    }};
  std::vector<Resolver::Lookup> lookups;
  std::size_t answers = 0;
  auto const add = [&] {
    lookups.push_back(resolver.resolve("t.example", 1, [&](auto const&) { ++answers; }));
  };
  for (std::size_t i = 0; i < Resolver::kThreads; ++i) add();
  ASSERT_TRUE(run_until([&] { return stuck == Resolver::kThreads; }));
  for (std::size_t i = 0; i < Resolver::kWaiting; ++i) add();

  auto const lookup = resolver.resolve("one-more.example", 1, answer_.sink());
  bool const answered = run_until([&] { return answer_.here(); });
  bool const others_wait = answers == 0;
  release->set_value();

  ASSERT_TRUE(answered);
  EXPECT_TRUE(others_wait);
  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().code, Errc::kNoResource);
  EXPECT_TRUE(run_until([&] { return answers == lookups.size(); }));
}

// The system refuses it by its length: no name server is asked.
TEST_F(ResolverTest, WhatTheSystemDoesNotKnowIsAFailureThatNamesTheHost) {
  Resolver resolver{loop_};
  std::string const host(300, 'x');

  auto const lookup = resolver.resolve(host, 80, answer_.sink());
  ASSERT_TRUE(run_until([&] { return answer_.here(); }));

  ASSERT_FALSE(*answer_);
  EXPECT_TRUE(answer_->error().detail.starts_with("cannot resolve " + host + ": "))
      << answer_->error().detail;
}

TEST_F(ResolverTest, WithoutAHelperALookupFailsAndTheNextOneTriesAnew) {
  Resolver resolver{loop_, one_of_each_family};
  {
    test::NoMoreThreads const none;
    auto const lookup = resolver.resolve("a.example", 1, answer_.sink());
    EXPECT_FALSE(answer_.here()) << "never from inside";
    ASSERT_TRUE(run_until([&] { return answer_.here(); }));
  }
  Answer<Result<Addresses>> later;
  auto const lookup = resolver.resolve("b.example", 1, later.sink());
  ASSERT_TRUE(run_until([&] { return later.here(); }));

  ASSERT_FALSE(*answer_);
  EXPECT_EQ(answer_->error().code, Errc::kNoResource);
  EXPECT_TRUE(*later);
}

TEST_F(ResolverTest, OneHelperServesAllWhereTheSystemGivesNoMore) {
  auto release = std::make_shared<std::promise<void>>();
  std::shared_future<void> const released = release->get_future().share();
  Resolver resolver{loop_, [released](std::string const& host) {
                      released.wait();
                      return one_of_each_family(host);
                    }};
  auto const first = resolver.resolve("first.example", 1, [](auto const&) {});
  std::vector<Resolver::Lookup> lookups;
  std::size_t found = 0;
  {
    test::NoMoreThreads const none;
    for (int i = 0; i < 10; ++i) {
      lookups.push_back(
          resolver.resolve("t.example", 1, [&](auto const& answer) { found += answer ? 1 : 0; }));
    }
  }
  release->set_value();

  EXPECT_TRUE(run_until([&] { return found == lookups.size(); }));
}

TEST_F(ResolverTest, EachLookupHasAHelperWhetherOthersRunOrHaveEnded) {
  constexpr std::size_t kOneThread = 1;
  Resolver resolver{loop_, one_of_each_family, kOneThread};

  for (int i = 0; i < 50; ++i) {
    Answer<Result<Addresses>> one;
    auto const lookup = resolver.resolve("t.example", 1, one.sink());
    ASSERT_TRUE(run_until([&] { return one.here(); })) << i;
    EXPECT_TRUE(*one);
  }
}

TEST_F(ResolverTest, ALookupThatTakesAnothersPlaceDropsIt) {
  Resolver resolver{loop_, one_of_each_family};
  Answer<Result<Addresses>> second;
  auto lookup = resolver.resolve("192.0.2.1", 1, answer_.sink());

  lookup = resolver.resolve("192.0.2.2", 2, second.sink());
  ASSERT_TRUE(run_until([&] { return second.here(); }));

  EXPECT_FALSE(answer_.here());
  EXPECT_EQ((*second)->at(0).to_string(), "192.0.2.2:2");
}

}  // namespace
}  // namespace btfast::net
