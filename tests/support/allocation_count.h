// allocation_count(): how often this program has called operator new.  A binary that
// uses it gets the counting operators linked in.
//
// Threads: any.
#pragma once

namespace btfast::test {

long allocation_count() noexcept;

}  // namespace btfast::test
