#include "engine/engine.h"

#include <array>
#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/thread.h"
#include "engine/descriptor_budget.h"
#include "net/interfaces.h"
#include "net/reactor_factory.h"
#include "net/socket.h"

namespace btfast {
namespace {

// Cold reads for upload, start-up checks of files: few, and never behind a blocked write.
constexpr int kReaders = 2;

std::uint64_t session_seed(EngineConfig const& config) {
  if (config.seed != 0) return config.seed;
  std::uint64_t seed = 1;
  (void)secure_random(std::as_writable_bytes(std::span{&seed, 1}));
  return seed;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::make(ConfigPtr config) {
  auto control = net::make_reactor();
  if (!control) return std::move(control).error();
  std::vector<ReactorPtr> nets;
  for (int i = 0; i < config->net_threads; ++i) {
    auto reactor = net::make_reactor();
    if (!reactor) return std::move(reactor).error();
    nets.push_back(*std::move(reactor));
  }
  return std::unique_ptr<Engine>{
      new Engine{std::move(config), *std::move(control), std::move(nets)}};
}

Engine::Engine(ConfigPtr config, ReactorPtr control, std::vector<ReactorPtr> nets)
    : config_(std::move(config)),
      control_reactor_(std::move(control)),
      control_(*control_reactor_, clock_),
      trackers_(control_,
                net::TrackerSettings{
                    .bind = config_->bind,
                    .device = config_->bind_device,
                    .verify_tls = config_->verify_tls,
                    .interval_min = std::chrono::ceil<std::chrono::seconds>(config_->announce_min),
                    .side_by_side = trackers_within_descriptors()}),
      workers_(config_->jobs, "bt-work"),
      readers_(kReaders, "bt-read"),
      env_{.control = control_,
           .workers = workers_,
           .readers = readers_,
           .nets = {},
           .limits = {},
           .listen_port = 0,
           .seed = session_seed(*config_)} {
  if (std::uint64_t const rate = config_->down_limit_bytes_per_s; rate > 0) {
    env_.limits.down = &down_limit_.emplace(rate, clock_.now());
  }
  if (std::uint64_t const rate = config_->up_limit_bytes_per_s; rate > 0) {
    env_.limits.up = &up_limit_.emplace(rate, clock_.now());
  }
  for (auto& reactor : nets) {
    reactor->use_device(config_->bind_device);
    auto const index = static_cast<unsigned>(net_threads_.size());
    auto thread = std::make_unique<net::NetThread>(index, std::move(reactor), clock_);
    env_.nets.push_back(
        {&thread->loop(), std::make_unique<PeerHost>(thread->loop(), config_->peer_times)});
    net_threads_.push_back(std::move(thread));
  }
}

Engine::~Engine() {
  // What lives on a net loop ends there; then the threads; the arenas wait for their jobs.
  for (std::size_t i = 0; i < net_threads_.size(); ++i) {
    net_threads_[i]->loop().post([this, i] {
      if (i == 0) listener_.reset();
      env_.nets[i].host->close_all();
    });
  }
  for (auto& thread : net_threads_) thread->stop();
  for (auto& thread : net_threads_) thread->join();
}

Outcome Engine::start() {
  if (auto const device = check_device(); !device) return device;
  int const threads = config_->jobs + kReaders + config_->net_threads;
  if (auto const room = check_room_for_threads(threads); !room) return room;
  if (config_->listen) {
    if (auto const listening = listen(); !listening) return listening;
  }
  for (auto& thread : net_threads_) {
    if (auto const started = thread->start(); !started) return started;
  }
  return kOk;
}

Outcome Engine::listen() {
  net::ListenRequest const request{
      .first_port = config_->port_first, .last_port = config_->port_last, .only_on = config_->bind};
  auto listener = net::Listener::open(*env_.nets.front().loop, request,
                                      [this](net::Accepted accepted) { welcome(accepted); });
  if (!listener) return net::cannot_listen(std::move(listener).error());
  listener_ = *std::move(listener);
  env_.listen_port = listener_->port();
  return learn_own_endpoints();
}

// They only spare us calls to ourselves: who may not list them does without.
Outcome Engine::learn_own_endpoints() {
  auto own = net::own_endpoints(config_->bind, env_.listen_port);
  if (own) {
    env_.own_endpoints = *std::move(own);
  } else if (own.error().code == Errc::kNoResource) {
    return std::move(own).error();
  } else {
    log_event(LogLevel::kInfo, "own_addresses_unknown", {{"reason", failure_text(own.error())}});
  }
  return kOk;
}

Outcome Engine::check_device() const {
  if (config_->bind_device.empty()) return kOk;
  auto const usable = net::try_device(config_->bind_device);
  if (usable) return kOk;
  Error const error = usable.error();
  if (error.code != Errc::kPermission) {
    Errc const code = error.code == Errc::kNoResource ? Errc::kNoResource : Errc::kNetwork;
    return Failure{code, error.sys_errno, "cannot use the network device " + config_->bind_device};
  }
  log_event(LogLevel::kWarn, "device_not_bound",
            {{"device", config_->bind_device},
             {"reason", "not permitted; its address is bound, routing decides the rest"}});
  return kOk;
}

void Engine::run() {
  control_.role().assert_here();
  control_.run();
}

// On net thread 0: connections go to the net threads in turn.
void Engine::welcome(net::Accepted accepted) {
  NetSeat& seat = env_.nets[next_seat_];
  next_seat_ = (next_seat_ + 1) % env_.nets.size();
  PeerHost* const host = seat.host.get();
  seat.loop->post([host, accepted] { host->welcome(accepted); });
}

std::optional<PeerId> make_peer_id() {
  constexpr std::string_view kPrefix = "-BF0100-";
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.";
  static_assert(kAlphabet.size() == 64);
  PeerId id{};
  if (!secure_random(id)) return std::nullopt;
  for (auto& byte : id) {
    byte = static_cast<std::byte>(kAlphabet[std::to_integer<std::size_t>(byte) % 64]);
  }
  std::memcpy(id.data(), kPrefix.data(), kPrefix.size());
  return id;
}

}  // namespace btfast
