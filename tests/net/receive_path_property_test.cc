// Whatever the reads are cut into, the same stream must be announced the same, and as
// the plain model below says.  Streams are random and replay from their seed.
#include <gtest/gtest.h>

#include <set>

#include "engine/base/rng.h"
#include "net/receive_path.h"
#include "tests/support/receive_recorder.h"
#include "tests/support/scripted_reactor.h"

namespace btfast::net {
namespace {

using test::append;
using test::Bytes;
using test::content_of;
using test::describe;

constexpr std::uint32_t kPieces = 64;

// One thing that the peer sends.
struct Step {
  enum class Kind { kBlock, kHave, kForgetNext, kChoke, kKeepAlive, kUnknown };
  Kind kind;
  PieceHeader block;  // also: what a have with this piece makes us forget
};

struct Script {
  std::vector<PieceHeader> expected;
  std::vector<Step> steps;
};

PieceHeader random_block(Rng& rng) {
  std::uint32_t const length = rng.one_in(8) ? 1 + rng.below(16384) : 16384;
  return {rng.below(kPieces), rng.below(16) * 16384, length};
}

// Mostly what was asked for, in order, with all that may come between.
Script make_script(Rng& rng) {
  Script script;
  std::set<std::pair<std::uint32_t, std::uint32_t>> used;
  for (std::uint32_t left = 1 + rng.below(80); left > 0; --left) {
    PieceHeader const block = random_block(rng);
    if (used.emplace(block.piece, block.begin).second) script.expected.push_back(block);
  }
  auto to_send = script.expected;
  std::uint32_t const noise = 1 + rng.below(40);  // one in how many is something else
  while (!to_send.empty()) {
    auto const next =
        to_send.begin() +
        (rng.one_in(noise) ? rng.below(static_cast<std::uint32_t>(to_send.size())) : 0);
    PieceHeader const block = *next;
    if (!rng.one_in(noise)) {
      script.steps.push_back({Step::Kind::kBlock, block});
      to_send.erase(next);
      continue;
    }
    switch (rng.below(7)) {
      case 0:
        to_send.erase(next);
        break;  // never answered
      case 1:
        script.steps.push_back({Step::Kind::kBlock, random_block(rng)});
        break;
      case 2:
        script.steps.push_back({Step::Kind::kForgetNext, block});
        break;
      case 3:
        script.steps.push_back({Step::Kind::kChoke, {}});
        break;
      case 4:
        script.steps.push_back({Step::Kind::kKeepAlive, {}});
        break;
      case 5:
        script.steps.push_back({Step::Kind::kUnknown, {}});
        break;
      default:
        script.steps.push_back({Step::Kind::kHave, block});
        break;
    }
  }
  return script;
}

Bytes stream_of(Script const& script) {
  Bytes out;
  for (Step const& step : script.steps) {
    PieceHeader const& b = step.block;
    switch (step.kind) {
      case Step::Kind::kBlock:
        append(out, test::block_frame(b.piece, b.begin, content_of(b.piece, b.begin, b.length)));
        break;
      case Step::Kind::kHave:
        append(out, test::frame_of(Have{b.piece}));
        break;
      // The receiver forgets the block that this message names.
      case Step::Kind::kForgetNext:
        append(out, test::frame_of(RejectRequest{b.piece, b.begin, b.length}));
        break;
      case Step::Kind::kChoke:
        append(out, test::frame_of(Choke{}));
        break;
      case Step::Kind::kKeepAlive:
        append(out, test::bytes(0, 0, 0, 0));
        break;
      case Step::Kind::kUnknown:
        append(out, test::bytes(0, 0, 0, 4, 77, 1, 2, 3));
        break;
    }
  }
  return out;
}

std::vector<std::string> model(Script const& script) {
  std::vector<std::string> events;
  auto expected = script.expected;
  auto const find = [&](PieceHeader const& b) {
    return std::find_if(expected.begin(), expected.end(), [&](PieceHeader const& e) {
      return e.piece == b.piece && e.begin == b.begin;
    });
  };
  for (Step const& step : script.steps) {
    PieceHeader const& b = step.block;
    auto const found = find(b);
    bool const in_place = found != expected.end() && found->length == b.length;
    switch (step.kind) {
      case Step::Kind::kBlock:
        events.push_back(describe(b, content_of(b.piece, b.begin, b.length), in_place));
        if (in_place) expected.erase(found);
        break;
      case Step::Kind::kHave:
        events.push_back(describe(Have{b.piece}));
        break;
      case Step::Kind::kForgetNext:
        events.push_back(describe(RejectRequest{b.piece, b.begin, b.length}));
        if (found != expected.end()) expected.erase(found);
        break;
      case Step::Kind::kChoke:
        events.push_back(describe(Choke{}));
        expected.clear();
        break;
      default:
        break;
    }
  }
  return events;
}

class Playback {
 public:
  Playback() {
    path_.start(FrameRules{kPieces, true, true});
    sink_.when_message = [this](Message const& message) {
      if (auto const* reject = std::get_if<RejectRequest>(&message)) {
        path_.forget(reject->piece, reject->begin);
        poison(reject->piece, reject->begin);
      }
      if (std::holds_alternative<Choke>(message)) {
        path_.forget_all();
        for (auto const& [key, place] : sink_.places) poison(key.first, key.second);
      }
    };
  }

  std::vector<std::string> events_of(Script const& script,
                                     std::function<std::size_t()> const& chunk) {
    for (PieceHeader const& b : script.expected) {
      path_.expect(sink_.place(b.piece, b.begin, b.length));
    }
    reactor_.feed(fd_, stream_of(script));
    reactor_.set_chunks(chunk);
    while (path_.read(fd_).kind == ReceivePath::Result::Kind::kBytes) continue;
    return sink_.events;
  }

  // No byte came to a place after it was given up.
  bool poison_is_intact() const {
    for (auto const& key : poisoned_) {
      auto const& place = sink_.places.at(key);
      if (place != Bytes(place.size(), sink_.kUntouched)) return false;
    }
    return true;
  }

 private:
  void poison(std::uint32_t piece, std::uint32_t begin) {
    auto const found = sink_.places.find({piece, begin});
    if (found == sink_.places.end()) return;
    std::fill(found->second.begin(), found->second.end(), sink_.kUntouched);
    poisoned_.insert(found->first);
  }

  test::ScriptedReactor reactor_;
  int fd_ = reactor_.open();
  test::ReceiveRecorder sink_;
  PeerTraffic traffic_;
  ReceivePath path_{reactor_, sink_, traffic_};
  std::set<test::ReceiveRecorder::Key> poisoned_;
};

TEST(ReceivePathProperty, AnnouncesTheSameWhateverTheReadsAreCutInto) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Rng rng{seed};
    Script const script = make_script(rng);
    auto const expected = model(script);
    for (std::uint32_t const most : {40u, 16'397u, 50'000u, 400'000u, 10'000'000u}) {
      Playback playback;

      auto const events =
          playback.events_of(script, [&] { return std::size_t{1} + rng.below(most); });

      ASSERT_EQ(events, expected) << "seed " << seed << " reads of up to " << most;
      ASSERT_TRUE(playback.poison_is_intact()) << "seed " << seed << " reads of up to " << most;
    }
  }
}

}  // namespace
}  // namespace btfast::net
