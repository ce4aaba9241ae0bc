// What `btfast version` and --version print.
//
// Threads: pure function.
#pragma once

#include <iosfwd>

namespace btfast::cli {

// "btfast 1.2.3", or one JSON object: status, exit, name, version and error.
void print_version(bool json, std::ostream& out);

}  // namespace btfast::cli
