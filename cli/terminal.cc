#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/columns.h"
#include "cli/continued.h"

namespace btfast::cli {
namespace {

constexpr int kWidthUnknown = 80;
constexpr int kHeightUnknown = 24;
// Characters that a terminal shows wider than we think are cut at the edge, and wrap nothing.
constexpr std::string_view kNoWrap = "\x1b[?7l";
constexpr std::string_view kWrap = "\x1b[?7h";
constexpr std::string_view kClearRest = "\x1b[K";
constexpr std::string_view kClearRow = "\x1b[2K";

bool terminal_is_smart() {
  char const* const term = std::getenv("TERM");
  return term != nullptr && std::string_view{term} != "dumb";
}

bool colour_wanted() {
  char const* const no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

// Most do.  xterm, the Linux console and GNU screen cut lines off instead.
bool terminal_rewraps() {
  if (std::getenv("TMUX") != nullptr) return true;
  char const* const term = std::getenv("TERM");
  bool const console = term != nullptr && std::string_view{term} == "linux";
  return !console && std::getenv("XTERM_VERSION") == nullptr && std::getenv("STY") == nullptr;
}

std::string up(int rows) {
  return rows > 0 ? "\r\x1b[" + std::to_string(rows) + "A" : std::string{"\r"};
}

std::string down(int rows) {
  return rows > 0 ? "\x1b[" + std::to_string(rows) + "B" : std::string{};
}

// Rows from this one on; the cursor comes back to where it was.
std::string cleared(int rows) {
  std::string out;
  for (int row = 0; row < rows; ++row) out.append(row == 0 ? "" : "\n").append(kClearRow);
  return rows > 1 ? out + up(rows - 1) : out;
}

// At the edge there is no rest: the cursor stands on the last character still.
std::string_view rest_cleared(std::string_view line, int width) {
  return columns_of(line) % width == 0 && !line.empty() ? std::string_view{} : kClearRest;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

Terminal::Size Terminal::size_of(int fd) noexcept {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) size = {};
  return {.columns = size.ws_col > 0 ? size.ws_col : kWidthUnknown,
          .rows = size.ws_row > 0 ? size.ws_row : kHeightUnknown};
}

Terminal::Terminal(int fd, RecordFormat format)
    : Terminal(std::make_shared<ReadyStream>(fd), format) {}

Terminal::Terminal(std::shared_ptr<ReadyStream> stream, RecordFormat format)
    : stream_(std::move(stream)),
      format_(format),
      is_tty_(::isatty(stream_->fd()) == 1 && terminal_is_smart()),
      colour_(is_tty_ && colour_wanted()),
      rewraps_(terminal_rewraps()) {
  if (is_tty_) count_continues();
  continued_ = times_continued();
}

Terminal::~Terminal() {
  std::lock_guard const lock{mutex_};
  if (stream_->ready()) say_dropped();
}

int Terminal::width() const noexcept { return size_of(stream_->fd()).columns; }
int Terminal::height() const noexcept { return size_of(stream_->fd()).rows; }

void Terminal::line(std::string_view text) {
  std::lock_guard const lock{mutex_};
  if (stream_->ready()) {
    say_dropped();
    if (put_line(text)) return;
  }
  stream_->count_dropped();
}

void Terminal::word(std::string_view text) {
  stream_->wait();
  line(text);
}

void Terminal::say_dropped() {
  stream_->tell_dropped(format_, [&](std::string const& record) { return put_line(record); });
}

// False when the reader did not take it.
bool Terminal::put_line(std::string_view text) {
  Size const size = size_of(stream_->fd());
  forget_out_of_reach(size);
  if (block_.lines.empty()) return stream_->write(std::string{text} + '\n');
  int const rows = rows_of(text, size.columns);
  int const left = rewrapped(size) ? 0 : rows_standing(size) - rows;
  std::string out = to_first_row(size, rows + static_cast<int>(block_.lines.size()));
  out.append(text).append(rest_cleared(text, size.columns)).append("\n");
  return paint(out, fitted(block_.lines, size), left);
}

void Terminal::block(std::string_view lines) {
  if (!is_tty_) return;
  std::lock_guard const lock{mutex_};
  replace_block(lines_of(lines));
}

void Terminal::keep_block() {
  std::lock_guard const lock{mutex_};
  if (!block_.below) (void)stream_->write("\n");
  block_ = {};
}

void Terminal::clear_block() {
  std::lock_guard const lock{mutex_};
  if (!block_.lines.empty()) replace_block({});
}

// What is not painted now is painted the next time.
void Terminal::replace_block(std::vector<std::string> lines) {
  if (!stream_->ready()) return;
  Size const size = size_of(stream_->fd());
  forget_out_of_reach(size);
  int const left = rewrapped(size) ? 0 : rows_standing(size);
  std::string out = to_first_row(size, static_cast<int>(lines.size()));
  (void)paint(out, fitted(std::move(lines), size), left);
}

// What was not taken is not there: the block before it stands.
bool Terminal::paint(std::string const& before, Block next, int standing) {
  if (!stream_->write(before + painted(next, standing))) return false;
  block_ = std::move(next);
  return true;
}

// Then it stands as it is, whole, and the next one begins below.  After a stop the shell has
// written below the block, or over it: who goes up from there tears lines of others.  And of one
// that the screen has become too small for, the first rows went where nothing can be erased.
void Terminal::forget_out_of_reach(Size size) {
  unsigned const now = times_continued();
  bool const continued = std::exchange(continued_, now) != now;
  bool const too_high = rows_standing(size) > (block_.below ? size.rows - 1 : size.rows);
  if (too_high && !block_.below) (void)stream_->write("\n");
  if (continued || too_high) block_ = {};
}

int Terminal::rows_standing(Size size) const {
  int rows = 0;
  for (auto const& line : block_.lines) rows += rewraps_ ? rows_of(line, size.columns) : 1;
  return rows;
}

bool Terminal::rewrapped(Size size) const {
  return !block_.lines.empty() && size.columns != block_.columns;
}

// Rows of another width were wrapped by the terminal, which would join them again when it
// becomes wider: each is cleared by itself.  The block stays at the lower end of its rows: a
// terminal that wraps once more scrolls out what is highest, and empty rows are no loss.
std::string Terminal::to_first_row(Size size, int rows) const {
  int const standing = rows_standing(size);
  std::string const out = up(block_.below ? standing : standing - 1);
  if (!rewrapped(size)) return out;
  return out + cleared(standing) + down(standing - rows);
}

Terminal::Block Terminal::fitted(std::vector<std::string> lines, Size size) {
  if (lines.size() > static_cast<std::size_t>(size.rows)) {
    lines.resize(static_cast<std::size_t>(size.rows));
  }
  for (auto& line : lines) line = fit_end(line, size.columns);
  bool const below = lines.size() < static_cast<std::size_t>(size.rows);
  return {.lines = std::move(lines), .columns = size.columns, .below = below};
}

// From the block's first row on.  Nothing is erased to the end of the screen: some terminals
// keep what was there in their history, once for every look.
std::string Terminal::painted(Block const& block, int standing) {
  auto const rows = static_cast<int>(block.lines.size());
  std::string out;
  if (rows > 0) out += kNoWrap;
  for (int row = 0; row < rows; ++row) {
    auto const& line = block.lines[static_cast<std::size_t>(row)];
    out.append(line).append(rest_cleared(line, block.columns));
    if (block.below || row + 1 < rows) out += '\n';
  }
  if (rows > 0) out += kWrap;
  return block.below ? out + cleared(standing - rows) : out + '\r';
}

}  // namespace btfast::cli
