#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "cli/columns.h"

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
    : fd_(fd),
      format_(format),
      is_tty_(::isatty(fd) == 1 && terminal_is_smart()),
      colour_(is_tty_ && colour_wanted()),
      rewraps_(terminal_rewraps()),
      stream_(fd) {}

Terminal::~Terminal() {
  std::lock_guard const lock{mutex_};
  if (stream_.ready()) say_dropped();
}

int Terminal::width() const noexcept { return size_of(fd_).columns; }
int Terminal::height() const noexcept { return size_of(fd_).rows; }

void Terminal::line(std::string_view text) {
  std::lock_guard const lock{mutex_};
  if (stream_.ready()) {
    say_dropped();
    if (put_line(text)) return;
  }
  ++dropped_;
}

void Terminal::say_dropped() {
  if (dropped_ == 0) return;
  LogField const fields[] = {{"lines", dropped_}};
  if (put_line(
          format_record(format_, std::time(nullptr), LogLevel::kWarn, "lines_dropped", fields)))
    dropped_ = 0;
}

// False when the reader did not take all of it.
bool Terminal::put_line(std::string_view text) {
  if (block_.empty()) return stream_.write(std::string{text} + '\n');
  Size const size = size_of(fd_);
  int const rows = rows_of(text, size.columns);
  int const left = rewrapped(size) ? 0 : rows_standing(size) - rows;
  std::string out = to_first_row(size, rows + static_cast<int>(block_.size()));
  out.append(text).append(rest_cleared(text, size.columns)).append("\n");
  return stream_.write(out + painted(left, size));
}

void Terminal::block(std::string_view lines) {
  if (!is_tty_) return;
  std::lock_guard const lock{mutex_};
  replace_block(lines_of(lines));
}

void Terminal::keep_block() {
  std::lock_guard const lock{mutex_};
  if (!below_) (void)stream_.write("\n");
  block_.clear();
  below_ = true;
}

void Terminal::clear_block() {
  std::lock_guard const lock{mutex_};
  if (!block_.empty()) replace_block({});
}

// What is not painted now is painted the next time.
void Terminal::replace_block(std::vector<std::string> lines) {
  if (!stream_.ready()) return;
  Size const size = size_of(fd_);
  int const left = rewrapped(size) ? 0 : rows_standing(size);
  std::string const out = to_first_row(size, static_cast<int>(lines.size()));
  block_ = std::move(lines);
  (void)stream_.write(out + painted(left, size));
}

int Terminal::rows_standing(Size size) const {
  int rows = 0;
  for (auto const& line : block_) rows += rewraps_ ? rows_of(line, size.columns) : 1;
  return std::min(rows, below_ ? size.rows - 1 : size.rows);
}

bool Terminal::rewrapped(Size size) const {
  return !block_.empty() && size.columns != painted_columns_;
}

// Rows of another width were wrapped by the terminal, which would join them again when it
// becomes wider: each is cleared by itself.  The block stays at the lower end of its rows: a
// terminal that wraps once more scrolls out what is highest, and empty rows are no loss.
std::string Terminal::to_first_row(Size size, int rows) const {
  int const standing = rows_standing(size);
  std::string const out = up(below_ ? standing : standing - 1);
  if (!rewrapped(size)) return out;
  return out + cleared(standing) + down(standing - rows);
}

// From the block's first row on.  Nothing is erased to the end of the screen: some terminals
// keep what was there in their history, once for every look.
std::string Terminal::painted(int standing, Size size) {
  if (block_.size() > static_cast<std::size_t>(size.rows)) {
    block_.resize(static_cast<std::size_t>(size.rows));
  }
  auto const rows = static_cast<int>(block_.size());
  below_ = rows < size.rows;
  painted_columns_ = size.columns;
  std::string out;
  if (rows > 0) out += kNoWrap;
  for (int row = 0; row < rows; ++row) {
    auto& line = block_[static_cast<std::size_t>(row)];
    line = fit_end(line, size.columns);
    out.append(line).append(rest_cleared(line, size.columns));
    if (below_ || row + 1 < rows) out += '\n';
  }
  if (rows > 0) out += kWrap;
  return below_ ? out + cleared(standing - rows) : out + '\r';
}

}  // namespace btfast::cli
