#include "net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

namespace btfast::net {
namespace {

Failure lookup_failure(std::string const& host, int code) {
  return Failure{code == EAI_AGAIN ? Errc::kTimeout : Errc::kNetwork,
                 "cannot resolve " + host + ": " + gai_strerror(code)};
}

Result<Resolver::Addresses> system_lookup(std::string const& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;  // one entry an address
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (int const code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0) {
    return lookup_failure(host, code);
  }
  Resolver::Addresses addresses;
  for (addrinfo const* entry = found; entry != nullptr; entry = entry->ai_next) {
    auto const endpoint = Endpoint::from_sockaddr(entry->ai_addr);
    if (endpoint.family() != Family::kNone) addresses.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return lookup_failure(host, EAI_NONAME);
  return addresses;
}

void prepare(Resolver::Addresses& addresses, std::uint16_t port) {
  for (auto& address : addresses) address = address.with_port(port);
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](Endpoint const& e) { return e.family() == Family::kIpv4; });
}

void answer(std::shared_ptr<Resolver::Callback> const& callback,
            Result<Resolver::Addresses> result) {
  if (!*callback) return;  // cancelled
  auto const done = std::exchange(*callback, nullptr);
  done(std::move(result));
}

}  // namespace

// What the helpers and the resolver both hold.  A mutex, because helpers sleep in
// getaddrinfo() and have no event loop for a mailbox.
struct Resolver::Shared {
  struct Job {
    std::string host;
    std::uint16_t port;
    std::shared_ptr<Callback> callback;  // touched on the event loop only
  };

  explicit Shared(EventLoop& event_loop, LookupFunction function)
      : lookup(std::move(function)), loop(&event_loop) {}

  static void run_helper(std::shared_ptr<Shared> const& self) noexcept {
    while (self->run_one()) {
    }
  }
  bool run_one();

  LookupFunction const lookup;
  std::mutex mutex;
  // Under the mutex.
  EventLoop* loop;  // null once the resolver is gone
  std::deque<Job> waiting;
  std::size_t helpers = 0;
};

bool Resolver::Shared::run_one() {
  Job job;
  {
    std::lock_guard const lock{mutex};
    if (waiting.empty()) {
      --helpers;
      return false;
    }
    job = std::move(waiting.front());
    waiting.pop_front();
  }
  auto result = lookup(job.host);
  if (result) prepare(*result, job.port);

  std::lock_guard const lock{mutex};
  if (loop == nullptr) return true;
  loop->post([callback = std::move(job.callback), answered = std::move(result)] {
    answer(callback, answered);
  });
  return true;
}

void Resolver::Lookup::cancel() noexcept {
  if (callback_) *callback_ = nullptr;
  callback_.reset();
}

Resolver::Resolver(EventLoop& loop) : Resolver(loop, system_lookup) {}

Resolver::Resolver(EventLoop& loop, LookupFunction lookup)
    : loop_(loop), shared_(std::make_shared<Shared>(loop, std::move(lookup))) {}

Resolver::~Resolver() {
  std::lock_guard const lock{shared_->mutex};
  shared_->loop = nullptr;
  shared_->waiting.clear();
}

Resolver::Lookup Resolver::resolve(std::string const& host, std::uint16_t port, Callback done) {
  auto callback = std::make_shared<Callback>(std::move(done));
  if (auto const numeric = Endpoint::parse_address(host, port)) {
    loop_.post([callback, address = *numeric] { answer(callback, Addresses{address}); });
    return Lookup{std::move(callback)};
  }
  std::lock_guard const lock{shared_->mutex};
  if (shared_->waiting.size() >= kWaiting) {
    loop_.post([callback, host] {
      answer(callback, Failure{Errc::kNoResource, "too many names wait to be resolved: " + host});
    });
    return Lookup{std::move(callback)};
  }
  shared_->waiting.push_back({host, port, callback});
  if (shared_->helpers < kThreads) {
    ++shared_->helpers;
    std::thread{Shared::run_helper, shared_}.detach();
  }
  return Lookup{std::move(callback)};
}

}  // namespace btfast::net
