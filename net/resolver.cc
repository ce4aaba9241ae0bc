#include "net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "engine/base/thread.h"

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

}  // namespace

// One name's: its Lookup and the helpers hold it.
struct Resolver::Ticket {
  explicit Ticket(Callback callback) : done(std::move(callback)) {}

  void answer(Result<Addresses> result) {
    if (!done) return;  // cancelled
    auto const callback = std::exchange(done, nullptr);
    callback(std::move(result));
  }
  void cancel() noexcept {
    done = nullptr;
    cancelled.store(true, std::memory_order_relaxed);
  }
  // relaxed: a helper that sees it late looks up a name for nobody.
  bool is_cancelled() const noexcept { return cancelled.load(std::memory_order_relaxed); }

  Callback done;  // the event loop's; emptied by cancel(), or by the answer
  std::atomic<bool> cancelled{false};
};

// What the helpers and the resolver both hold.  A mutex, because helpers sleep in
// getaddrinfo() and have no event loop for a mailbox.
struct Resolver::Shared : std::enable_shared_from_this<Shared> {
  struct Job {
    std::string host;
    std::uint16_t port;
    std::shared_ptr<Ticket> ticket;
  };

  explicit Shared(EventLoop& event_loop, LookupFunction function)
      : lookup(std::move(function)), loop(&event_loop) {}

  static void run_helper(std::shared_ptr<Shared> const& self) noexcept {
    while (self->run_one()) {
    }
  }
  bool run_one();
  Outcome add(Job job, std::size_t threads);
  // REQUIRES: the mutex.
  void drop_cancelled() {
    std::erase_if(waiting, [](Job const& job) { return job.ticket->is_cancelled(); });
  }

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
    drop_cancelled();
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
  loop->post(
      [ticket = std::move(job.ticket), answered = std::move(result)] { ticket->answer(answered); });
  return true;
}

Outcome Resolver::Shared::add(Job job, std::size_t threads) {
  std::lock_guard const lock{mutex};
  if (waiting.size() >= kWaiting) drop_cancelled();
  if (waiting.size() >= kWaiting) {
    return Failure{Errc::kNoResource, "too many names wait to be resolved: " + job.host};
  }
  waiting.push_back(std::move(job));
  if (helpers >= threads) return kOk;
  auto helper = Thread::start([self = shared_from_this()] { run_helper(self); });
  if (helper) {
    ++helpers;
    helper->detach();
  } else if (helpers == 0) {  // nobody would take it
    waiting.pop_back();
    return helper.error();
  }
  return kOk;
}

void Resolver::Lookup::cancel() noexcept {
  if (ticket_) ticket_->cancel();
  ticket_.reset();
}

Resolver::Resolver(EventLoop& loop, std::size_t threads) : Resolver(loop, system_lookup, threads) {}

Resolver::Resolver(EventLoop& loop, LookupFunction lookup, std::size_t threads)
    : loop_(loop), threads_(threads), shared_(std::make_shared<Shared>(loop, std::move(lookup))) {}

Resolver::~Resolver() {
  std::lock_guard const lock{shared_->mutex};
  shared_->loop = nullptr;
  shared_->waiting.clear();
}

Resolver::Lookup Resolver::resolve(std::string const& host, std::uint16_t port, Callback done) {
  auto ticket = std::make_shared<Ticket>(std::move(done));
  if (auto const numeric = Endpoint::parse_address(host, port)) {
    loop_.post([ticket, address = *numeric] { ticket->answer(Addresses{address}); });
    return Lookup{std::move(ticket)};
  }
  if (auto const added = shared_->add({host, port, ticket}, threads_); !added) {
    loop_.post([ticket, failure = added.error()] { ticket->answer(failure); });
  }
  return Lookup{std::move(ticket)};
}

}  // namespace btfast::net
