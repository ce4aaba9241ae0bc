// Terminal: standard error, shared by the progress display and the log.  A block of
// lines may stand at the bottom and be rewritten; other lines go above it.
//
// Threads: any; a mutex, for records come from every thread and none is on the data path.
// Errors:  a closed or full stream is ignored: a transfer goes on without its audience.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/base/thread_role.h"

namespace btfast::cli {

class Terminal {
 public:
  explicit Terminal(int fd);

  bool is_tty() const noexcept { return is_tty_; }  // and TERM is not dumb
  bool colour() const noexcept { return colour_; }  // a tty, and no NO_COLOR
  int width() const noexcept;

  // A whole line that stays.
  void line(std::string_view text);
  // Replaces the block at the bottom; on anything but a tty nothing is printed.
  void block(std::string_view lines);
  // The block becomes ordinary lines.
  void keep_block();
  void clear_block();

 private:
  std::string erase_block();
  void write_all(std::string_view text) const noexcept;

  int const fd_;
  bool const is_tty_;
  bool const colour_;
  std::mutex mutex_;
  std::string block_;  // guarded by mutex_
};

}  // namespace btfast::cli
