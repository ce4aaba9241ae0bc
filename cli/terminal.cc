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
constexpr std::string_view kSaveCursor = "\0337";
constexpr std::string_view kRestoreCursor = "\0338";

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

// To the first column of a row above this one.
std::string row_up(int rows) {
  return rows > 0 ? "\r\x1b[" + std::to_string(rows) + "A" : std::string{"\r"};
}

std::string row_down(int rows) {
  return rows > 0 ? "\x1b[" + std::to_string(rows) + "B" : std::string{};
}

// Rows from this one on; the cursor comes back to where it was.
std::string cleared(int rows) {
  std::string out;
  for (int row = 0; row < rows; ++row) out.append(row == 0 ? "" : "\n").append(kClearRow);
  return rows > 1 ? out + row_up(rows - 1) : out;
}

// The screen, by so many rows; the cursor stays.
std::string scrolled(int rows, int height) {
  std::string out{kSaveCursor};
  out.append(row_down(height)).append(static_cast<std::size_t>(rows), '\n');
  return out.append(kRestoreCursor);
}

// A block of so many rows, from its first one, and the row below it where the cursor stands.
std::string erased(int rows, bool below) {
  return rows > 0 ? cleared(below ? rows + 1 : rows) : "";
}

std::string to_column(int column) { return "\x1b[" + std::to_string(column) + "G"; }

// A row whose end the next one continues: the terminal itself goes on there, after the last column.
std::string joined_row(std::string_view line, int width) {
  bool const full = columns_of(line) == width;
  auto const at = full ? last_character(line) : line.size();
  auto const last = full ? line.substr(at) : std::string_view{" "};
  std::string out{line.substr(0, at)};
  if (!full) out += kClearRest;
  out += to_column(width - columns_of(last) + 1);
  return out.append(kWrap).append(last).append(" ").append(kNoWrap).append("\r");
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

// False when the reader did not take it.  Above a line of ours nothing can be erased any more.
bool Terminal::put_line(std::string_view text) {
  Size const size = size_of(stream_->fd());
  forget_after_stop();
  if (block_.lines.empty()) {
    hidden_.clear();
    return stream_->write(std::string{text} + '\n');
  }
  int const rows = standing(size).rows;
  std::string out = to_first_row(rows) + erased(rows, block_.below);
  out.append(text).append(rest_cleared(text, size.columns)).append("\n");
  if (!paint(out, fitted(block_.lines, size), 0)) return false;
  hidden_.clear();
  return true;
}

bool Terminal::block(std::string_view lines) {
  if (!is_tty_) return false;
  std::lock_guard const lock{mutex_};
  return replace_block(lines_of(lines));
}

// Its rows become lines of their own.
void Terminal::keep_block() {
  std::lock_guard const lock{mutex_};
  forget_after_stop();
  if (block_.joined && stream_->ready()) {
    Size const size = size_of(stream_->fd());
    int const rows = standing(size).rows;
    Block lines = fitted(block_.lines, size);
    lines.joined = false;
    (void)paint(to_first_row(rows) + erased(rows, block_.below), std::move(lines), 0);
  }
  if (!block_.below) (void)stream_->write("\n");
  block_ = {};
  hidden_.clear();
}

void Terminal::clear_block() {
  std::lock_guard const lock{mutex_};
  if (!block_.lines.empty()) (void)replace_block({});
}

// What is not painted now is painted the next time.  Rows that the terminal wrapped are cleared
// before it: they would be joined again when it becomes wider.  Where rows are out of reach the
// block goes to the lower end of the screen, so that it is known how many are in reach.
bool Terminal::replace_block(Lines const& lines) {
  if (!stream_->ready()) return false;
  Size const size = size_of(stream_->fd());
  forget_after_stop();
  Standing stood = standing(size);
  Block next = fitted(lines, size);
  bool const whole = next.lines == lines;
  auto const rows = static_cast<int>(next.lines.size());
  bool const anew =
      stood.changed || !hidden_.empty() || !stood.hidden.empty() || stood.rows != rows;
  int const empty = stood.hidden.empty() ? 0 : std::max(stood.rows - rows, 0);
  std::string before = to_first_row(stood.rows);
  if (anew) before += erased(stood.rows, block_.below) + row_down(empty);
  // Lines came back on the screen, perhaps rows that were ours: they return to where they were.
  int const back = stood.changed && hidden_.empty() && stood.hidden.empty()
                       ? static_cast<int>(block_.lines.size()) - stood.rows
                       : 0;
  if (back > 0) before += scrolled(back, size.rows) + row_up(back);
  if (!paint(before, std::move(next), anew ? 0 : stood.rows)) return false;
  hidden_ = std::move(stood.hidden);
  hidden_.resize(hidden_.size() + static_cast<std::size_t>(empty));
  return whole;
}

// What was not taken is not there: the block before it stands.
bool Terminal::paint(std::string const& before, Block next, int standing) {
  if (!stream_->write(before + painted(next, standing))) return false;
  block_ = std::move(next);
  return true;
}

// Then it stands as it is, whole, and the next one begins below: the shell has written below the
// block, or over it, and who goes up from there tears lines of others.
void Terminal::forget_after_stop() {
  unsigned const now = times_continued();
  if (std::exchange(continued_, now) == now) return;
  if (!block_.below) (void)stream_->write("\n");
  block_ = {};
  hidden_.clear();
}

std::string Terminal::to_first_row(int rows) const {
  return row_up(block_.below ? rows : rows - 1);
}

int Terminal::rows_taken(std::string_view line, Size size) const {
  return rewraps_ ? rows_of(line, size.columns) : 1;
}

Terminal::Standing Terminal::standing(Size size) const {
  Lines lines = hidden_;
  std::string whole;
  for (auto const& line : block_.lines) {
    bool const goes_on = block_.joined && &line != &block_.lines.back();
    whole += goes_on ? padded(line, block_.columns) : line;
    if (!goes_on) lines.push_back(std::exchange(whole, {}));
  }
  int rows = 0;
  for (auto const& line : lines) rows += rows_taken(line, size);
  int const reach = std::min(rows, block_.below ? size.rows - 1 : size.rows);
  Standing now{.rows = reach, .changed = !lines.empty() && size.columns != block_.columns};
  int beyond = rows - reach;
  for (auto const& line : lines) {
    if (beyond <= 0) break;
    now.hidden.emplace_back(rewraps_ ? first_rows(line, size.columns, beyond) : line);
    beyond -= rows_taken(line, size);
  }
  return now;
}

// To a terminal that wraps again what was wrapped the rows are one line: narrowed, it fills its
// rows, and as few as can be go to where nothing can be erased; widened, it has them back.
Terminal::Block Terminal::fitted(Lines lines, Size size) const {
  if (lines.size() > static_cast<std::size_t>(size.rows)) {
    lines.resize(static_cast<std::size_t>(size.rows));
  }
  for (auto& line : lines) line = fit_end(line, size.columns);
  bool const below = lines.size() < static_cast<std::size_t>(size.rows);
  bool const joined = rewraps_ && below && lines.size() > 1 && size.columns > 1;
  return {.lines = std::move(lines), .columns = size.columns, .below = below, .joined = joined};
}

// From the block's first row on.  Nothing is erased to the end of the screen: some terminals
// keep what was there in their history, once for every look.  In the cursor's row below it stand
// keys that the terminal has echoed.
std::string Terminal::painted(Block const& block, int standing) {
  auto const rows = static_cast<int>(block.lines.size());
  std::string out;
  if (rows > 0) out += kNoWrap;
  for (int row = 0; row < rows; ++row) {
    auto const& line = block.lines[static_cast<std::size_t>(row)];
    bool const last = row + 1 == rows;
    if (block.joined && !last) {
      out += joined_row(line, block.columns);
      continue;
    }
    out.append(line).append(rest_cleared(line, block.columns));
    if (block.below || !last) out += '\n';
  }
  if (rows > 0) out += kWrap;
  return block.below ? out + cleared(std::max(standing - rows, 0) + 1) : out + '\r';
}

}  // namespace btfast::cli
