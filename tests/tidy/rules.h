// The house rules that a program can check, each a pure function of the tree.  What stands in
// tests/tidy_exceptions.txt is tolerated, exactly as many times as it says there, so the list
// can only shrink.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tidy/source.h"

namespace btfast::tidy {

struct Finding {
  std::string rule;
  std::string path;
  std::size_t line = 0;  // 0: the file as a whole
  std::string text;
};
using Findings = std::vector<Finding>;

// Rules about one file.
void check_columns(Source const& source, Findings& out);        // columns
void check_size(Source const& source, Findings& out);           // file-size
void check_function_size(Source const& source, Findings& out);  // function-size
void check_includes(Source const& source, Findings& out);       // include-direction, owner
void check_banned(Source const& source, Findings& out);         // banned
void check_header_block(Source const& source, Findings& out);   // header-block
void check_words(Source const& source, Findings& out);          // todo, machine-path

// Rules about the tree.
void check_tests_exist(std::vector<Source> const& tree, Findings& out);  // test-file
void check_named_files(std::vector<Source> const& tree, Findings& out);  // named-file

Findings check_tree(std::vector<Source> const& tree);

// (rule, path) -> how many findings are tolerated.
using Exceptions = std::map<std::pair<std::string, std::string>, std::size_t>;
Exceptions parse_exceptions(std::string_view text);
// What is left to complain about: findings past their tolerance, and tolerances that are
// larger than what they cover.
std::vector<std::string> complaints(Findings const& findings, Exceptions const& exceptions);

}  // namespace btfast::tidy
