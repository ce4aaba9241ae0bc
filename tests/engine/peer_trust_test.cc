#include "engine/peers/peer_trust.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/support/sim_network.h"
#include "tests/support/sim_reactor.h"

namespace btfast {
namespace {

constexpr PieceIndex kPiece{3};

net::Endpoint at(std::uint8_t host) { return net::Endpoint::ipv4({10, 0, 1, host}, 6881); }

PeerHandle handle(std::uint8_t host) { return {0, host, 0}; }

Sha1Digest digest(std::uint8_t byte) {
  Sha1Digest digest{};
  digest.fill(std::byte{byte});
  return digest;
}

class PeerTrustTest : public ::testing::Test {
 protected:
  using Told = std::vector<std::pair<PeerHandle, bool>>;

  void SetUp() override {
    for (std::uint8_t host = 1; host <= 3; ++host) open(host);
  }
  void open(std::uint8_t host) {
    PeerId id{};
    id.fill(std::byte{host});
    PeerOpened const opened{.handle = handle(host), .remote = at(host), .id = id, .incoming = true};
    dialer_.on_report(opened);
    trust_.on_opened(opened);
  }
  void close(std::uint8_t host) {
    dialer_.on_report(PeerClosed{.handle = handle(host), .remote = at(host), .opened = true});
  }
  static PieceOutcome outcome(PieceOutcome::Kind kind, std::vector<BlockSource> blocks,
                              std::vector<PeerHandle> senders = {}) {
    PieceOutcome outcome{.kind = kind, .piece = kPiece};
    outcome.blocks = std::move(blocks);
    outcome.senders = std::move(senders);
    return outcome;
  }

  ManualClock clock_;
  net::SimNetwork network_{clock_, 1};
  net::SimReactor reactor_{network_, at(250)};
  net::EventLoop loop_{reactor_, clock_};
  Rng rng_{1};
  Told told_;
  Dialer dialer_{loop_,    1,    50,
                 PeerId{}, rng_, {[](auto, auto const&) {}, [](auto, auto) {}, [](PeerNeed) {}}};
  PeerTrust trust_{dialer_, [this](PeerHandle peer, bool on) { told_.push_back({peer, on}); }};
};

using Kind = PieceOutcome::Kind;

TEST_F(PeerTrustTest, WhoSentAWholeBadPieceIsBannedAtOnce) {
  trust_.on_bad_piece(
      outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(1), digest(2)}}, {handle(1)}));

  EXPECT_TRUE(dialer_.is_banned(at(1)));
  EXPECT_TRUE(told_.empty());
}

TEST_F(PeerTrustTest, EvenIfItsBytesCannotBeReadAgain) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {}, {handle(1)}));

  EXPECT_TRUE(dialer_.is_banned(at(1)));
}

TEST_F(PeerTrustTest, OfSeveralSendersNoneIsBannedAndAllAreOnParole) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(2), digest(2)}},
                              {handle(1), handle(2)}));

  EXPECT_EQ(dialer_.banned_count(), 0u);
  EXPECT_EQ(told_, (Told{{handle(1), true}, {handle(2), true}}));
}

TEST_F(PeerTrustTest, ThePieceThatPassesShowsWhoLiedAndClearsTheOther) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(2), digest(2)}},
                              {handle(1), handle(2)}));
  told_.clear();

  trust_.on_good_piece(
      outcome(Kind::kHave, {{handle(3), digest(1)}, {handle(3), digest(9)}}, {handle(3)}));

  EXPECT_TRUE(dialer_.is_banned(at(2)));
  EXPECT_FALSE(dialer_.is_banned(at(1)));
  EXPECT_EQ(told_, (Told{{handle(1), false}}));
}

TEST_F(PeerTrustTest, ALiarThatLeftMeanwhileIsBannedByItsAddress) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(2), digest(2)}},
                              {handle(1), handle(2)}));
  close(2);

  trust_.on_good_piece(outcome(Kind::kHave, {{handle(3), digest(1)}, {handle(3), digest(9)}}));

  EXPECT_TRUE(dialer_.is_banned(at(2)));
}

TEST_F(PeerTrustTest, ANewConnectionDoesNotEndParole) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(2), digest(2)}},
                              {handle(1), handle(2)}));
  close(1);
  told_.clear();

  open(1);

  EXPECT_EQ(told_, (Told{{handle(1), true}}));
}

TEST_F(PeerTrustTest, AWholeRightPieceOfItsOwnEndsIt) {
  trust_.on_bad_piece(outcome(Kind::kBadHash, {{handle(1), digest(1)}, {handle(2), digest(2)}},
                              {handle(1), handle(2)}));
  told_.clear();

  trust_.on_good_piece(outcome(Kind::kHave, {}, {handle(1)}));

  EXPECT_EQ(told_, (Told{{handle(1), false}}));
}

}  // namespace
}  // namespace btfast
