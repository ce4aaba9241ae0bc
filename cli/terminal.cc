#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace btfast::cli {
namespace {

constexpr int kWidthUnknown = 80;

bool terminal_is_smart() {
  char const* const term = std::getenv("TERM");
  return term != nullptr && std::string_view{term} != "dumb";
}

bool colour_wanted() {
  char const* const no_color = std::getenv("NO_COLOR");
  return no_color == nullptr || *no_color == '\0';
}

}  // namespace

Terminal::Terminal(int fd)
    : fd_(fd),
      is_tty_(::isatty(fd) == 1 && terminal_is_smart()),
      colour_(is_tty_ && colour_wanted()) {}

int Terminal::width() const noexcept {
  winsize size{};
  if (::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidthUnknown;
  return size.ws_col;
}

void Terminal::line(std::string_view text) {
  std::lock_guard const lock{mutex_};
  write_all(erase_block() + std::string{text} + '\n' + block_);
}

void Terminal::block(std::string_view lines) {
  if (!is_tty_) return;
  std::lock_guard const lock{mutex_};
  std::string out = erase_block();
  block_ = lines;
  write_all(out + block_);
}

void Terminal::keep_block() {
  std::lock_guard const lock{mutex_};
  block_.clear();
}

void Terminal::clear_block() {
  std::lock_guard const lock{mutex_};
  write_all(erase_block());
  block_.clear();
}

// Up to the block's first line, and everything below it gone.
std::string Terminal::erase_block() {
  auto const lines = std::count(block_.begin(), block_.end(), '\n');
  return lines == 0 ? std::string{} : "\r\x1b[" + std::to_string(lines) + "A\x1b[J";
}

void Terminal::write_all(std::string_view text) const noexcept {
  while (!text.empty()) {
    auto const n = ::write(fd_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace btfast::cli
