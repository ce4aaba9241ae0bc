// How often the process was continued after a stop (^Z and `fg`).  What stands on the terminal has
// been others' in between.
//
// Threads: any.
#pragma once

namespace btfast::cli {

// Counts from the first call on, for the life of the process.
void count_continues() noexcept;
unsigned times_continued() noexcept;

}  // namespace btfast::cli
