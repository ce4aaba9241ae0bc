// What program a peer's id says it is (BEP 20).
//
// Threads: a pure function.
#pragma once

#include <string>

#include "engine/base/types.h"

namespace btfast {

// "qBittorrent 4.5.2" of "-qB4520-…", "BitTornado 0.3.18" of "T03I-----…"; of a program that
// is not known its letters; "unknown" where the id names none.  Letters, digits, spaces and
// dots only, whatever the peer sent.
std::string client_name(PeerId const& id);

}  // namespace btfast
