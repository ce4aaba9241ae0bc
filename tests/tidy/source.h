// Source: one text file of the tree as the style rules see it: its lines, and the same lines
// with comments and literals blanked, so that a rule about code never matches prose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btfast::tidy {

struct Source {
  std::string path;                // from the root of the tree, with '/'
  std::vector<std::string> lines;  // as written
  std::vector<std::string> code;   // same shape; comments and literals are spaces

  bool is_cpp() const;
  bool is_header() const { return path.ends_with(".h"); }
  // "net" for net/wire/message.h; empty for a file at the root.
  std::string_view top_folder() const;
  bool under(std::string_view folder) const;  // "engine/base/"
};

Source make_source(std::string path, std::string_view text);

// Every text file of ours below the current directory: no build folders, no corpora.
std::vector<Source> load_tree();

// The targets of #include lines: `name` without quotes or brackets.
struct Include {
  std::string name;
  bool quoted = false;   // "…", one of ours
  std::size_t line = 0;  // from 1
};
std::vector<Include> includes_of(Source const& source);

}  // namespace btfast::tidy
