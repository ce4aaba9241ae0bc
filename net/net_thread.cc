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

void NetThread::start() noexcept {
  BTF_CHECK(!thread_.joinable());
  thread_ = std::thread{[this] { run(); }};
}

void NetThread::stop() noexcept { loop_.stop(); }

void NetThread::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

void NetThread::run() noexcept {
  (void)::pthread_setname_np(::pthread_self(), ("bt-net-" + std::to_string(index_)).c_str());
  loop_.run();
}

}  // namespace btfast::net
