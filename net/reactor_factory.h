// The Reactor of this machine.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "net/reactor.h"

namespace btfast::net {

struct ReactorKind {
  std::string_view name;  // "epoll", "kqueue"
  std::unique_ptr<Reactor> (*create)();
};

// Those built in, the preferred one first.
std::vector<ReactorKind> reactor_kinds();

// The preferred one, or the one that the environment variable BTFAST_REACTOR names.  Null
// when the kernel has no descriptor left for it.
std::unique_ptr<Reactor> make_reactor();

}  // namespace btfast::net
