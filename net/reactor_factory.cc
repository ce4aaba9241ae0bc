#include "net/reactor_factory.h"

#include <cstdlib>

#ifdef BTFAST_HAVE_EPOLL
#include "net/reactor_epoll.h"
#endif
#ifdef BTFAST_HAVE_KQUEUE
#include "net/reactor_kqueue.h"
#endif

namespace btfast::net {

std::vector<ReactorKind> reactor_kinds() {
  std::vector<ReactorKind> kinds;
#ifdef BTFAST_HAVE_EPOLL
  kinds.push_back({"epoll", &EpollReactor::create});
#endif
#ifdef BTFAST_HAVE_KQUEUE
  kinds.push_back({"kqueue", &KqueueReactor::create});
#endif
  return kinds;
}

Result<std::unique_ptr<Reactor>> make_reactor() {
  std::vector<ReactorKind> const kinds = reactor_kinds();
  if (char const* const wanted = std::getenv("BTFAST_REACTOR")) {
    for (ReactorKind const& kind : kinds) {
      if (kind.name == wanted) return kind.create();
    }
  }
  return kinds.front().create();
}

}  // namespace btfast::net
