#include "engine/peers/peer_names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/support/loop_fixture.h"

namespace btfast {
namespace {

class PeerNamesTest : public test::LoopFixture {
 protected:
  // Each name has an address of every kind; "unknown" has none.
  static Result<net::Resolver::Addresses> look_up(std::string const& host) {
    if (host == "unknown") return Failure{Errc::kNetwork, "no such name"};
    net::Resolver::Addresses all;
    for (auto const* const text : {"127.0.0.1", "0.0.0.0", "224.0.0.1", "198.51.100.7", "::1"}) {
      all.push_back(*net::Endpoint::parse_address(text, 0));
    }
    return all;
  }
  PeerNames::Found keep() {
    return [this](auto peers) { found_.insert(found_.end(), peers.begin(), peers.end()); };
  }
  bool settled() {
    return run_until([this] { return names_.looking_up() == 0; });
  }
  static net::Endpoint at(std::string_view address, std::uint16_t port) {
    return *net::Endpoint::parse_address(address, port);
  }

  net::Resolver resolver_{loop_, look_up};
  PeerNames names_{resolver_};
  std::vector<net::Endpoint> found_;
};

TEST_F(PeerNamesTest, AreResolvedToWhatTheTrackerCouldHaveNamedItself) {
  names_.look_up({{"peer.example", 6881}}, false, keep());
  ASSERT_TRUE(settled());

  EXPECT_EQ(found_, std::vector<net::Endpoint>{at("198.51.100.7", 6881)});
}

TEST_F(PeerNamesTest, OfATrackerOnThisMachineMayBeHereToo) {
  names_.look_up({{"peer.example", 6881}}, true, keep());
  ASSERT_TRUE(settled());

  EXPECT_EQ(found_, (std::vector<net::Endpoint>{at("127.0.0.1", 6881), at("198.51.100.7", 6881),
                                                at("::1", 6881)}));
}

TEST_F(PeerNamesTest, ThatNobodyKnowsCostNothing) {
  names_.look_up({{"unknown", 1}, {"peer.example", 2}}, false, keep());
  ASSERT_TRUE(settled());

  EXPECT_EQ(found_, std::vector<net::Endpoint>{at("198.51.100.7", 2)});
}

TEST_F(PeerNamesTest, AreNoMoreAtOnceThanTheLimit) {
  std::vector<net::PeerName> const crowd(3 * PeerNames::kLookups, {"peer.example", 1});

  names_.look_up(crowd, false, keep());

  EXPECT_EQ(names_.looking_up(), PeerNames::kLookups);
  ASSERT_TRUE(settled());
  EXPECT_EQ(found_.size(), PeerNames::kLookups);
}

TEST_F(PeerNamesTest, AreForgottenEvenFromWithinAnAnswer) {
  int answers = 0;
  names_.look_up({{"a.example", 1}, {"b.example", 2}}, false, [&](auto) {
    ++answers;
    names_.forget();
  });
  ASSERT_TRUE(settled());

  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace btfast
