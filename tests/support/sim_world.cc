#include "tests/support/sim_world.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "engine/base/check.h"

namespace btfast::test {
namespace {

using namespace std::chrono_literals;

// One job in so many is followed by a pause of the workers.
constexpr std::uint32_t kJobsBetweenPauses = 16;
constexpr std::uint32_t kPauseMsMax = 40;

}  // namespace

// Knows every node of the world that runs, as a tracker would, and answers after a moment.
class SimWorld::Source final : public PeerSource {
 public:
  Source(SimWorld& world, SimNode& node)
      : world_(world), node_(node), timer_(node.control().timers(), [this] { answer(); }) {}

  void start(Sink sink, Totals) override {
    sink_ = std::move(sink);
    timer_.arm(1ms * world_.rng().below(50));
  }
  void want_peers(PeerNeed) override {
    if (sink_ && !timer_.armed()) timer_.arm(5s);
  }
  void completed() override {}
  void stop(std::function<void()> done) override {
    timer_.disarm();
    sink_ = nullptr;
    done();
  }

 private:
  void answer() {
    std::vector<net::Endpoint> peers;
    for (auto const& other : world_.nodes()) {
      if (other.get() == &node_ || other->state() == TorrentState::kStopped) continue;
      auto const all = other->endpoints();
      peers.push_back(all[world_.rng().below(static_cast<std::uint32_t>(all.size()))]);
    }
    sink_(PeerOrigin::kTracker, peers);
  }

  SimWorld& world_;
  SimNode& node_;
  Sink sink_;
  net::Timer timer_;
};

SimWorld::SimWorld(std::uint64_t seed, net::SimNetworkConfig const& network)
    : seed_(seed),
      rng_(seed),
      network_(clock_, rng_.next(), network),
      jobs_(rng_.next()),
      stage_reactor_(network_, net::Endpoint::ipv4({172, 16, 0, 1}, 0)),
      stage_(stage_reactor_, clock_),
      resume_jobs_(stage_.timers(), [] {}),
      driver_(clock_, network_) {
  driver_.add(stage_);
  driver_.add([this] { return run_job(); });
}

SimWorld::~SimWorld() {
  bool const stopped = stop_all();
  // A node that cannot stop has failed its test already, and cannot be destroyed.
  if (!stopped) ADD_FAILURE() << "something is left of a node\n" << describe();
  jobs_.run_all();
}

SimNode& SimWorld::add_seed(TestTorrent const& torrent, SimNodeOptions options) {
  options.seed = true;
  return add(torrent, std::move(options));
}

SimNode& SimWorld::add_leech(TestTorrent const& torrent, SimNodeOptions options) {
  return add(torrent, std::move(options));
}

SimNode& SimWorld::add(TestTorrent const& torrent, SimNodeOptions options) {
  SimNode::Place const place{
      .index = nodes_.size(),
      .network = network_,
      .executor = jobs_,
      .rng = rng_,
      .make_source = [this](SimNode& node) { return std::make_unique<Source>(*this, node); }};
  SimNode& node = *nodes_.emplace_back(std::make_unique<SimNode>(place, torrent, options));
  for (net::EventLoop* const loop : node.loops()) driver_.add(*loop);
  node.start();
  return node;
}

SimPeer& SimWorld::add_peer(TestTorrent const& torrent, std::uint8_t id) {
  auto const host = static_cast<std::uint8_t>(guests_.size() + 1);
  auto const address = net::Endpoint::ipv4({192, 0, 2, host}, 0);
  SimPeer& peer = *guests_.emplace_back(std::make_unique<SimPeer>(network_, address, torrent, id));
  driver_.add(peer.loop());
  return peer;
}

SimTakers& SimWorld::add_takers(TestTorrent const& torrent, SimTakersOptions const& options) {
  auto& takers = *takers_.emplace_back(std::make_unique<SimTakers>(network_, torrent, options));
  for (net::EventLoop* const loop : takers.loops()) driver_.add(*loop);
  return takers;
}

bool SimWorld::run_until(std::function<bool()> done, Duration at_most) {
  return driver_.run_until(done, at_most);
}

void SimWorld::run_rounds(std::uint64_t count) {
  run_until([&count] { return count-- == 0; }, std::chrono::hours{1});
}

void SimWorld::after(Duration delay, std::function<void()> action) {
  actions_.push_back(std::make_unique<net::Timer>(stage_.timers(), std::move(action)));
  actions_.back()->arm(delay);
}

// The executor's share of a round: a job, or a pause of the machine they run on.
bool SimWorld::run_job() {
  if (jobs_.waiting() == 0 || clock_.now() < jobs_resume_) return false;
  jobs_.run_one();
  if (rng_.one_in(kJobsBetweenPauses)) {
    jobs_resume_ = clock_.now() + 1ms * (1 + rng_.below(kPauseMsMax));
    resume_jobs_.arm_at(jobs_resume_);
  }
  return true;
}

void SimWorld::cut_off(SimNode const& node) {
  for (auto const& other : nodes_) {
    if (other.get() == &node) continue;
    for (auto const& ours : node.endpoints()) {
      for (auto const& theirs : other->endpoints()) network_.cut(ours, theirs);
    }
  }
}

void SimWorld::heal(SimNode const& node) {
  for (auto const& other : nodes_) {
    if (other.get() == &node) continue;
    for (auto const& ours : node.endpoints()) {
      for (auto const& theirs : other->endpoints()) network_.heal(ours, theirs);
    }
  }
}

bool SimWorld::stop_all() {
  for (auto const& node : nodes_) {
    if (node->has_torrent()) node->stop();
  }
  bool const stopped = run_until(
      [this] {
        return std::all_of(nodes_.begin(), nodes_.end(), [](auto& n) { return n->stopped(); });
      },
      1min);
  if (!stopped) return false;
  for (auto const& node : nodes_) node->destroy();
  return run_until(
      [this] {
        return jobs_.waiting() == 0 &&
               std::all_of(nodes_.begin(), nodes_.end(), [](auto& n) { return n->is_clean(); });
      },
      1min);
}

bool SimWorld::all_complete() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [](auto& n) { return n->complete(); });
}

std::string SimWorld::describe() const {
  std::string text = "seed " + std::to_string(seed_) + ", packets " +
                     std::to_string(network_.packets_delivered()) + ", jobs waiting " +
                     std::to_string(jobs_.waiting()) + "\n";
  for (auto const& node : nodes_) text += node->describe() + "\n";
  return text;
}

std::vector<std::uint64_t> sim_seeds(int count) {
  if (char const* const one = std::getenv("BTF_SIM_SEED")) {
    return {std::strtoull(one, nullptr, 10)};
  }
  if (char const* const runs = std::getenv("BTF_SIM_RUNS")) count = std::atoi(runs);
  std::vector<std::uint64_t> seeds;
  for (int i = 1; i <= count; ++i) seeds.push_back(static_cast<std::uint64_t>(i));
  return seeds;
}

}  // namespace btfast::test
