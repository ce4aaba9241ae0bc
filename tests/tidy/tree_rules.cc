#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <sstream>

#include "tests/tidy/rules.h"

namespace btfast::tidy {
namespace {

std::string stem(std::string_view path) {
  std::string_view const name = path.substr(path.rfind('/') + 1);
  return std::string{name.substr(0, name.rfind('.'))};
}

bool needs_test(Source const& source) {
  return source.path.ends_with(".cc") &&
         (source.under("engine/") || source.under("net/") || source.under("storage/"));
}

// piece_map_test.cc, piece_map_claims_test.cc, or a contract suite that includes its header.
// A part of a class (sha1_ni.cc, without a sha1_ni.h) is tested with the class: sha1_test.cc.
bool tests_it(Source const& test, Source const& source, std::string const& header, bool is_part) {
  if (!test.under("tests/") || !test.path.ends_with("_test.cc")) return false;
  std::string const name = stem(source.path);
  std::string const test_name = stem(test.path);
  if (test_name == name + "_test" || test_name.starts_with(name + "_")) return true;
  std::string const tested = test_name.substr(0, test_name.rfind('_'));
  if (is_part && name.starts_with(tested + "_")) return true;
  if (!test.under("tests/contract/")) return false;
  return std::ranges::any_of(includes_of(test), [&](auto const& i) { return i.name == header; });
}

bool documents_the_tree(Source const& source) {
  return source.path == "ARCHITECTURE.md" || source.path == "README.md";
}

}  // namespace

void check_tests_exist(std::vector<Source> const& tree, Findings& out) {
  for (auto const& source : tree) {
    if (!needs_test(source)) continue;
    std::string const header = source.path.substr(0, source.path.size() - 2) + "h";
    bool const is_part = std::ranges::find(tree, header, &Source::path) == tree.end();
    bool const tested = std::ranges::any_of(
        tree, [&](auto const& test) { return tests_it(test, source, header, is_part); });
    if (!tested) {
      out.push_back({.rule = "test-file",
                     .path = source.path,
                     .line = 0,
                     .text = "no " + stem(source.path) + "_test.cc"});
    }
  }
}

void check_named_files(std::vector<Source> const& tree, Findings& out) {
  static std::regex const kPath{
      R"(\b(engine|net|storage|cli|tests|perf|cmake|packaging)/[\w./-]*\w)"
      R"(\.(h|cc|py|sh|md|txt|cmake)\b)"};
  std::set<std::string> paths;
  for (auto const& source : tree) paths.insert(source.path);
  for (auto const& source : tree) {
    if (!documents_the_tree(source)) continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      auto const& line = source.lines[i];
      for (std::sregex_iterator named{line.begin(), line.end(), kPath}, end; named != end;
           ++named) {
        if (paths.contains(named->str())) continue;
        out.push_back({.rule = "named-file",
                       .path = source.path,
                       .line = i + 1,
                       .text = named->str() + " does not exist"});
      }
    }
  }
}

Findings check_tree(std::vector<Source> const& tree) {
  static constexpr std::array kFileRules = {check_columns,  check_size,   check_function_size,
                                            check_includes, check_banned, check_header_block,
                                            check_words};
  Findings out;
  for (auto const& source : tree) {
    for (auto const rule : kFileRules) rule(source, out);
  }
  check_tests_exist(tree, out);
  check_named_files(tree, out);
  return out;
}

Exceptions parse_exceptions(std::string_view text) {
  Exceptions exceptions;
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words{line};
    std::string rule;
    std::string path;
    std::size_t count = 1;
    words >> rule >> path;
    if (!(words >> count)) count = 1;
    exceptions[{rule, path}] += count;
  }
  return exceptions;
}

std::vector<std::string> complaints(Findings const& findings, Exceptions const& exceptions) {
  Exceptions left = exceptions;
  std::vector<std::string> out;
  for (auto const& finding : findings) {
    if (auto const tolerated = left.find({finding.rule, finding.path});
        tolerated != left.end() && tolerated->second > 0) {
      --tolerated->second;
      continue;
    }
    out.push_back(finding.path + ":" + std::to_string(finding.line) + ": [" + finding.rule + "] " +
                  finding.text);
  }
  for (auto const& [key, unused] : left) {
    if (unused == 0) continue;
    out.push_back("tests/tidy_exceptions.txt tolerates " + std::to_string(unused) + " more [" +
                  key.first + "] in " + key.second + " than there are: lower it");
  }
  return out;
}

}  // namespace btfast::tidy
