#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace btfast {

void check_failed(char const* condition, char const* file, int line) noexcept {
  // The process is about to abort; stdio is the one channel that is always there.
  (void)std::fprintf(stderr, "btfast: invariant broken: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace btfast
