#include "tests/tidy/source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace btfast::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> kFolders = {
    "engine", "net", "storage", "cli", "tests", "perf", "cmake", "packaging", ".ci"};
constexpr std::array<std::string_view, 8> kEndings = {".h",  ".cc",  ".py",    ".sh",
                                                      ".md", ".txt", ".cmake", ".toml"};
constexpr std::array<std::string_view, 4> kNames = {"Makefile", "CMakeLists.txt", "run",
                                                    "CMakePresets.json"};

// Blanks comments and literals, line by line, carrying the state over line ends.
class Blanker {
 public:
  std::string blank(std::string const& line) {
    std::string code = line;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (in_comment_) {
        i = end_comment(line, code, i);
      } else if (in_raw_) {
        i = end_raw(line, code, i);
      } else if (line.compare(i, 2, "//") == 0) {
        std::fill(code.begin() + static_cast<std::ptrdiff_t>(i), code.end(), ' ');
        break;
      } else if (line.compare(i, 2, "/*") == 0) {
        in_comment_ = true;
        code[i] = code[i + 1] = ' ';
        ++i;
      } else if (line.compare(i, 2, "R\"") == 0) {
        in_raw_ = true;
        raw_end_ = ")" + line.substr(i + 2, line.find('(', i) - i - 2) + "\"";
        i += 1;
      } else if (line[i] == '"' || (line[i] == '\'' && !digit_separator(line, i))) {
        i = skip_literal(line, code, i);
      }
    }
    return code;
  }

 private:
  static bool digit_separator(std::string const& line, std::size_t at) {
    auto const is_hex = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    return at > 0 && is_hex(line[at - 1]) && at + 1 < line.size() && is_hex(line[at + 1]);
  }

  std::size_t end_comment(std::string const& line, std::string& code, std::size_t i) {
    if (line.compare(i, 2, "*/") == 0) {
      in_comment_ = false;
      code[i] = code[i + 1] = ' ';
      return i + 1;
    }
    code[i] = ' ';
    return i;
  }

  std::size_t end_raw(std::string const& line, std::string& code, std::size_t i) {
    if (line.compare(i, raw_end_.size(), raw_end_) == 0) {
      in_raw_ = false;
      return i + raw_end_.size() - 1;
    }
    code[i] = ' ';
    return i;
  }

  // Leaves the quotes, blanks what is between them; returns the closing quote.
  static std::size_t skip_literal(std::string const& line, std::string& code, std::size_t i) {
    char const quote = line[i];
    for (++i; i < line.size() && line[i] != quote; ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) code[i++] = ' ';
      code[i] = ' ';
    }
    return i;
  }

  bool in_comment_ = false;
  bool in_raw_ = false;
  std::string raw_end_;
};

bool is_ours(fs::path const& path) {
  std::string const name = path.filename().string();
  if (path.string().find("/corpus/") != std::string::npos) return false;
  if (path.string().find("/results/") != std::string::npos) return false;
  if (std::ranges::find(kNames, name) != kNames.end()) return true;
  return std::ranges::any_of(kEndings, [&](auto ending) { return name.ends_with(ending); });
}

Source read_source(fs::path const& path) {
  std::ifstream file{path, std::ios::binary};
  std::string const text{std::istreambuf_iterator<char>{file}, {}};
  return make_source(path.lexically_normal().generic_string(), text);
}

}  // namespace

bool Source::is_cpp() const { return path.ends_with(".h") || path.ends_with(".cc"); }

std::string_view Source::top_folder() const {
  std::size_t const slash = path.find('/');
  return slash == std::string::npos ? std::string_view{} : std::string_view{path}.substr(0, slash);
}

bool Source::under(std::string_view folder) const { return path.starts_with(folder); }

Source make_source(std::string path, std::string_view text) {
  Source source{.path = std::move(path), .lines = {}, .code = {}};
  while (!text.empty()) {
    std::size_t const end = std::min(text.find('\n'), text.size());
    source.lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  Blanker blanker;
  for (auto const& line : source.lines) {
    source.code.push_back(source.is_cpp() ? blanker.blank(line) : line);
  }
  return source;
}

std::vector<Source> load_tree() {
  std::vector<Source> tree;
  for (auto const& entry : fs::directory_iterator{"."}) {
    if (entry.is_regular_file() && is_ours(entry.path())) tree.push_back(read_source(entry.path()));
  }
  for (auto const folder : kFolders) {
    if (!fs::is_directory(folder)) continue;
    for (auto const& entry : fs::recursive_directory_iterator{folder}) {
      if (entry.is_regular_file() && is_ours(entry.path())) {
        tree.push_back(read_source(entry.path()));
      }
    }
  }
  std::ranges::sort(tree, {}, &Source::path);
  return tree;
}

std::vector<Include> includes_of(Source const& source) {
  std::vector<Include> includes;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (!source.code[i].starts_with("#include")) continue;
    std::string const& line = source.lines[i];
    std::size_t const open = line.find_first_of("<\"");
    if (open == std::string::npos) continue;
    std::size_t const close = line.find_first_of(">\"", open + 1);
    includes.push_back({.name = line.substr(open + 1, close - open - 1),
                        .quoted = line[open] == '"',
                        .line = i + 1});
  }
  return includes;
}

}  // namespace btfast::tidy
