// Terminal: standard error, shared by the progress display and the log.  A block of
// lines may stand at the bottom and be rewritten in place; other lines go above it.
//
// Threads: any, word() the control thread; a mutex, for records come from every thread and none is
//          on the data path.  Nobody waits while he holds it: a ReadyStream takes what there is
//          room for.
// Errors:  a closed or full stream is ignored: a transfer goes on without its audience.  Lines that
//          nobody took are counted, and their number is said when there is room again.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ready_stream.h"
#include "cli/record_format.h"
#include "engine/base/thread_role.h"

namespace btfast::cli {

class Terminal {
 public:
  // `format` is of the record that says how many lines were dropped.
  explicit Terminal(int fd, RecordFormat format = RecordFormat::kLogfmt);
  // Where others write to the same stream.
  explicit Terminal(std::shared_ptr<ReadyStream> stream,
                    RecordFormat format = RecordFormat::kLogfmt);
  ~Terminal();
  Terminal(Terminal const&) = delete;
  Terminal& operator=(Terminal const&) = delete;

  bool is_tty() const noexcept { return is_tty_; }  // and TERM is not dumb
  bool colour() const noexcept { return colour_; }  // a tty, and no NO_COLOR
  // Now: it may be resized at any time.
  int width() const noexcept;
  int height() const noexcept;

  // A whole line that stays.
  void line(std::string_view text);
  // One that a person must read: it waits for a reader that is slow.
  void word(std::string_view text);
  // Replaces the block at the bottom; on anything but a tty nothing is printed.  What is
  // wider or higher than the terminal is its caller's mistake, and cut.  True where it stands now,
  // whole.
  bool block(std::string_view lines);
  // The block becomes ordinary lines.
  void keep_block();
  void clear_block();

 private:
  struct Size {
    int columns;
    int rows;
  };
  // The block, as it was painted last.
  struct Block {
    std::vector<std::string> lines;
    int columns = 0;
    bool below = true;    // the cursor stands in the row below it, not in its last one
    bool joined = false;  // its rows are one line to the terminal
  };
  using Lines = std::vector<std::string>;
  // What was painted, at the size that the screen has now.
  struct Standing {
    int rows = 0;          // within reach
    bool changed = false;  // in width
    Lines hidden;          // out of reach
  };
  static Size size_of(int fd) noexcept;
  static std::string painted(Block const& block, int standing);
  Block fitted(Lines lines, Size size) const;
  void say_dropped();
  bool put_line(std::string_view text);
  bool replace_block(Lines const& lines);
  bool paint(std::string const& before, Block next, int standing);
  void forget_after_stop();
  Standing standing(Size size) const;
  int rows_taken(std::string_view line, Size size) const;
  // To the first of the rows that stand.
  std::string to_first_row(int rows) const;

  std::shared_ptr<ReadyStream> const stream_;
  RecordFormat const format_;
  bool const is_tty_;
  bool const colour_;
  bool const rewraps_;  // long lines, when it becomes narrower
  std::mutex mutex_;
  Block block_;  // guarded by mutex_, as what follows
  // What earlier blocks left above it where the screen became too small for them: lines that come
  // back when it grows, and empty ones.
  Lines hidden_;
  unsigned continued_ = 0;  // how often, when it was painted or forgotten
};

}  // namespace btfast::cli
