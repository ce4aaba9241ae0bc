// The Reactor of this machine.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "net/reactor.h"

namespace btfast::net {

struct ReactorKind {
  std::string_view name;  // "epoll", "kqueue"
  Result<std::unique_ptr<Reactor>> (*create)();
};

// Those built in, the preferred one first.
std::vector<ReactorKind> reactor_kinds();

// The preferred one, or the one that the environment variable BTFAST_REACTOR names.
// kNoResource when the kernel has no descriptor or memory left for it.
Result<std::unique_ptr<Reactor>> make_reactor();

}  // namespace btfast::net
