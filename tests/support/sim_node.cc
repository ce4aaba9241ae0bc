#include "tests/support/sim_node.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "storage/partial_storage.h"

namespace btfast::test {
namespace {

// More descriptors than a node of a test has.
constexpr int kDescriptors = 256;

PeerId make_id(Rng& rng) {
  PeerId id{};
  for (std::byte& b : id) b = static_cast<std::byte>(rng.below(256));
  return id;
}

ConfigPtr make_config(SimNodeOptions const& options) {
  auto config = std::make_shared<EngineConfig>();
  config->net_threads = options.net_threads;
  config->max_peers = options.max_peers;
  config->upload_slots = options.upload_slots;
  config->up_limit_bytes_per_s = options.up_limit;
  config->cache_bytes = options.cache_bytes;
  config->strategy = options.strategy;
  config->super_seed = options.super_seed;
  config->peer_times = options.peer_times;
  config->request_timeout = options.request_timeout;
  return config;
}

}  // namespace

SimNode::SimNode(Place const& place, TestTorrent const& torrent, SimNodeOptions options)
    : index_(place.index),
      options_(std::move(options)),
      id_(make_id(place.rng)),
      disk_(std::make_shared<SimDisk>(torrent, place.rng.next())),
      control_(place.network, address(0)),
      env_{.control = control_.loop,
           .workers = place.executor,
           .readers = place.executor,
           .nets = {},
           .limits = {},
           .listen_port = kSimPort,
           .seed = place.rng.next()} {
  if (options_.seed) disk_->fill();
  TimePoint const now = place.network.clock().now();
  if (options_.down_limit > 0) env_.limits.down = &down_limit_.emplace(options_.down_limit, now);
  if (options_.up_limit > 0) env_.limits.up = &up_limit_.emplace(options_.up_limit, now);
  for (int i = 0; i < options_.net_threads; ++i) {
    auto& thread = *nets_.emplace_back(
        std::make_unique<Thread>(place.network, address(static_cast<std::size_t>(i) + 1)));
    env_.nets.push_back(
        {&thread.loop, std::make_unique<PeerHost>(thread.loop, options_.peer_times)});
    PeerHost* const host = env_.nets.back().host.get();
    net::ListenRequest const request{
        .first_port = kSimPort, .last_port = kSimPort, .only_on = thread.reactor.address()};
    auto listener = net::Listener::open(
        thread.loop, request, [host](net::Accepted accepted) { host->welcome(accepted); });
    BTF_CHECK(listener.has_value());
    thread.listener = *std::move(listener);
  }
  torrent_ = std::make_unique<Torrent>(env_, make_config(options_), setup(place, torrent),
                                       [this](TorrentState state) {
                                         state_ = state;
                                         states_.push_back(state);
                                       });
}

SimNode::~SimNode() {
  torrent_.reset();
  for (auto& seat : env_.nets) seat.host->close_all();
}

TorrentSetup SimNode::setup(Place const& place, TestTorrent const& torrent) {
  TorrentSetup setup{.metainfo = torrent.metainfo,
                     .storage = std::make_unique<SimStorage>(disk_),
                     .sources = {},
                     .peers = options_.peers,
                     .peer_id = id_,
                     .keep_serving = options_.keep_serving,
                     .selection = options_.selection};
  if (!options_.output.empty()) use_files(setup, torrent);
  if (options_.uses_source) setup.sources.push_back(place.make_source(*this));
  return setup;
}

void SimNode::use_files(TorrentSetup& setup, TestTorrent const& torrent) const {
  storage::FileMap map = torrent.map();
  auto const wanted = options_.selection.wanted_files(map.files().size());
  auto storage = std::make_unique<storage::PartialStorage>(
      options_.output, std::move(map),
      storage::PartOwner{.info_hash = torrent.metainfo->info_hash,
                         .piece_length = torrent.geometry().piece_length()},
      wanted);
  setup.resume = std::make_shared<ResumeStore>(
      storage->files(), ResumeStore::Subject{.info_hash = torrent.metainfo->info_hash,
                                             .geometry = torrent.geometry()});
  setup.storage = std::move(storage);
}

net::Endpoint SimNode::address(std::size_t thread) const {
  return net::Endpoint::ipv4(
      {10, static_cast<std::uint8_t>(index_ / 256), static_cast<std::uint8_t>(index_ % 256),
       static_cast<std::uint8_t>(thread)},
      0);
}

void SimNode::crash() {
  for (auto& thread : nets_) {
    for (int fd = 0; fd < kDescriptors; ++fd) thread->reactor.reset(fd);
  }
  stop();
}

void SimNode::destroy() {
  BTF_CHECK(stopped());
  torrent_.reset();
}

std::vector<net::EventLoop*> SimNode::loops() {
  std::vector<net::EventLoop*> all{&control_.loop};
  for (auto& thread : nets_) all.push_back(&thread->loop);
  return all;
}

std::vector<net::Endpoint> SimNode::endpoints() const {
  std::vector<net::Endpoint> all;
  for (auto const& thread : nets_) all.push_back(thread->reactor.address().with_port(kSimPort));
  return all;
}

std::size_t SimNode::open_sockets() const {
  std::size_t open = 0;
  for (auto const& thread : nets_) open += thread->reactor.open_sockets() - 1;
  return open;
}

bool SimNode::is_clean() const {
  if (disk_.use_count() != 1 || open_sockets() != 0) return false;
  if (control_.timers_armed() != 0) return false;
  return std::all_of(nets_.begin(), nets_.end(),
                     [](auto const& thread) { return thread->timers_armed() == 0; });
}

std::string SimNode::describe() const {
  std::string text = "node " + std::to_string(index_) + ": ";
  text += torrent_state_name(state_);
  if (!torrent_) return text + ", gone";
  TorrentStats const stats = torrent_->stats();
  text += ", pieces " + std::to_string(stats.pieces_have) + "/" + std::to_string(stats.piece_count);
  text += ", peers " + std::to_string(stats.peers);
  text += ", unchoking us " + std::to_string(stats.unchoking_us);
  text += ", requests " + std::to_string(stats.requests_open);
  text += ", hungry " + std::to_string(stats.hungry);
  text += ", in flight " + std::to_string(stats.bytes_in_flight);
  text += ", queued " + std::to_string(stats.pieces_queued);
  if (torrent_->failure()) text += ", " + failure_text(*torrent_->failure());
  return text;
}

}  // namespace btfast::test
