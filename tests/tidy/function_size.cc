#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.h"

namespace btfast::tidy {
namespace {

constexpr std::size_t kFunctionLinesMax = 70;

// Walks the braces of a file.  A block is a function when what stands before its brace ends
// a parameter list and opens neither a namespace nor a type; blocks inside one belong to it.
class BraceWalker {
 public:
  BraceWalker(Source const& source, Findings& out) : source_(source), out_(out) {
    for (auto const& line : source.code) {
      text_ += line.starts_with('#') ? std::string{} : line;
      text_ += '\n';
    }
  }

  void walk() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '{') {
        open();
      } else if (c == '}') {
        close();
      } else if (c == ';') {
        before_.clear();
      } else if (std::isspace(static_cast<unsigned char>(c)) == 0 || !before_.empty()) {
        before_ += c;
        if (before_.size() == 1) first_line_ = line_;
      }
    }
  }

 private:
  struct Block {
    bool function = false;
    std::size_t first_line = 0;
    std::string before;
  };

  bool inside_function() const {
    for (auto const& block : blocks_) {
      if (block.function) return true;
    }
    return false;
  }

  bool opens_scope() const {
    std::string_view text = before_;
    if (text.starts_with("template")) text.remove_prefix(std::min(text.find('>') + 1, text.size()));
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
      text.remove_prefix(1);
    }
    for (std::string_view const word :
         {"namespace", "class", "struct", "enum", "union", "extern"}) {
      if (text.starts_with(word)) return true;
    }
    return text.find("namespace") != std::string_view::npos;
  }

  void open() {
    bool const function =
        !inside_function() && !opens_scope() && before_.find(')') != std::string::npos;
    blocks_.push_back({.function = function, .first_line = first_line_, .before = before_});
    before_.clear();
  }

  void close() {
    if (blocks_.empty()) return;
    Block block = std::move(blocks_.back());
    blocks_.pop_back();
    before_.clear();
    if (block.function && initialises_member()) {
      before_ = block.before;  // still before the constructor's body
      first_line_ = block.first_line;
      return;
    }
    std::size_t const lines = line_ - block.first_line + 1;
    if (block.function && lines > kFunctionLinesMax) {
      out_.push_back({.rule = "function-size",
                      .path = source_.path,
                      .line = block.first_line,
                      .text = std::to_string(lines) + " lines"});
    }
  }

  // `: a_{1}, b_{2} {`: the brace closed an initialiser when a comma or a brace follows.
  bool initialises_member() const {
    std::size_t const next = text_.find_first_not_of(" \n", at_ + 1);
    return next != std::string::npos && (text_[next] == ',' || text_[next] == '{');
  }

  Source const& source_;
  Findings& out_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t first_line_ = 1;
  std::string before_;  // since the last ; { or }
  std::vector<Block> blocks_;
};

}  // namespace

void check_function_size(Source const& source, Findings& out) {
  if (source.is_cpp()) BraceWalker{source, out}.walk();
}

}  // namespace btfast::tidy
