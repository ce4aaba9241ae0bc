// A verification that people watch: how far it is stands on the terminal, and Ctrl-C ends it.
//
// Threads: the main thread, which turns a loop of its own meanwhile; the hashing ones are
//          verify_torrent()'s.
#pragma once

#include "engine/content/torrent_verify.h"

namespace btfast::cli {

// verify_torrent() with its `progress` and `stop`.  After SIGINT or SIGTERM the report says
// `cancelled`; the second one exits at once.  `show`: progress to standard error, if that is
// a terminal.
Result<VerifyReport> verify_watched(Metainfo const& metainfo, VerifyRequest request, bool show);

}  // namespace btfast::cli
