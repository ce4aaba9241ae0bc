// Path safety: lines are paths, tabs divide their elements.  By each rule no name leaves the
// directory, no two are one, none is both file and directory; and what a file system makes of
// a name that it refuses is a name below the directory too.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/unicode.h"
#include "storage/former_names.h"
#include "storage/name_choice.h"
#include "storage/name_fold.h"
#include "storage/name_twins.h"
#include "storage/path_safety.h"

namespace {

using btfast::storage::FileSpec;
using btfast::storage::NameChoice;
using btfast::storage::NameRule;
using btfast::storage::SafePaths;

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  for (;;) {
    auto const end = text.find(by);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

void check_element(std::string_view element) {
  BTF_CHECK(btfast::storage::is_plain_element(element));
  BTF_CHECK(element.size() <= btfast::limits::kPathElementBytes);
  while (!element.empty()) {
    auto const c = btfast::take_code_point(element);
    if (!c || *c == '\t' || *c == 0x2028 || *c == 0x2029) continue;
    BTF_CHECK(!btfast::is_control(*c) && (*c < 0x202a || *c > 0x202e));
    BTF_CHECK((*c < 0x2066 || *c > 0x2069) && *c != 0x200b && *c != 0xfeff);
  }
}

void check_former_element(std::string_view element) {
  BTF_CHECK(btfast::storage::is_plain_element(element));
  BTF_CHECK(element.size() <= btfast::storage::kFormerElementBytes);
  while (!element.empty()) {
    auto const c = btfast::take_code_point(element);
    BTF_CHECK(c && !btfast::is_control(*c) && !btfast::is_invisible(*c) && *c != '\\');
  }
}

// However a file system answers.
void check_choice(FileSpec const& spec) {
  for (std::size_t const first : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    NameChoice choice{spec, spec.path, 143};
    for (std::size_t turn = first; turn < first + 3; ++turn) {
      if (turn % 3 == 0) choice.cannot_be_held();
      if (turn % 3 == 1) choice.another_file_has_it();
      if (turn % 3 == 2) choice.a_file_is_on_the_way(1);
      for (auto const& element : split(choice.name(), '/')) check_element(element);
    }
  }
}

void check_rule(std::string_view input, NameRule rule) {
  SafePaths paths{"", rule};
  std::vector<FileSpec> specs;
  std::set<std::string> files;
  std::set<std::string> directories;
  for (auto const& line : split(input, '\n')) {
    auto const path = paths.add(split(line, '\t'));
    if (!path) continue;
    for (auto const& element : split(*path, '/')) {
      rule == NameRule::kNow ? check_element(element) : check_former_element(element);
    }
    std::string const key = rule == NameRule::kNow ? *path : btfast::storage::fold_name(*path);
    BTF_CHECK(files.insert(key).second);
    for (auto at = key.find('/'); at != std::string::npos; at = key.find('/', at + 1)) {
      directories.insert(key.substr(0, at));
    }
    specs.push_back({*path, 1});
  }
  for (auto const& file : files) BTF_CHECK(!directories.contains(file));
  btfast::storage::mark_twins(specs);
  if (rule == NameRule::kNow) {
    for (auto const& spec : specs) check_choice(spec);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input{reinterpret_cast<char const*>(data), size};
  check_rule(input, NameRule::kNow);
  check_rule(input, NameRule::kFormer);
  return 0;
}
