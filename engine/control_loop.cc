#include "engine/control_loop.h"

#include <utility>

#include "net/reactor_factory.h"

namespace btfast {

Result<std::unique_ptr<ControlLoop>> ControlLoop::make() {
  auto reactor = net::make_reactor();
  if (!reactor) return std::move(reactor).error();
  return std::unique_ptr<ControlLoop>{new ControlLoop{*std::move(reactor)}};
}

}  // namespace btfast
