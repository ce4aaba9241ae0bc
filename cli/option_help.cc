#include "cli/option_help.h"

#include <string_view>

namespace btfast::cli {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kNames = 28;  // columns of what stands before a description

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    auto const end = text.find_first_of(" \n");
    auto const word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    bool const fits = used == 0 || used + 1 + word.size() <= columns;
    if (used > 0) out += fits ? ' ' : '\n';
    used = used > 0 && fits ? used + 1 + word.size() : word.size();
    out += word;
  }
  return out;
}

}  // namespace

HelpFormatter::HelpFormatter() { column_width(kNames); }

std::string HelpFormatter::make_option_desc(CLI::Option const* option) const {
  return wrapped(option->get_description(), kColumns - kNames);
}

}  // namespace btfast::cli
