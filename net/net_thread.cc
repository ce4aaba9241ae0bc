#include "net/net_thread.h"

#include <pthread.h>

#include <string>
#include <utility>

#include "engine/base/check.h"

namespace btfast::net {

NetThread::NetThread(unsigned index, std::unique_ptr<Reactor> reactor, Clock const& clock)
    : index_(index), reactor_(std::move(reactor)), loop_(*reactor_, clock) {}

NetThread::~NetThread() {
  stop();
  join();
}

Outcome NetThread::start() {
  BTF_CHECK(!thread_.joinable());
  auto started = Thread::start([this] { run(); });
  if (!started) return started.error();
  thread_ = *std::move(started);
  return kOk;
}

void NetThread::stop() noexcept { loop_.stop(); }

void NetThread::join() noexcept { thread_.join(); }

void NetThread::run() noexcept {
  (void)::pthread_setname_np(::pthread_self(), ("bt-net-" + std::to_string(index_)).c_str());
  loop_.run();
}

}  // namespace btfast::net
