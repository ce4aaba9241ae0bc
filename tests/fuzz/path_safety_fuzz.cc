// Path safety: lines are paths, tabs divide their elements.  No name leaves the directory,
// no two are one, none is both file and directory.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/unicode.h"
#include "storage/name_fold.h"
#include "storage/path_safety.h"

namespace {

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
  BTF_CHECK(!element.empty() && element != "." && element != "..");
  BTF_CHECK(element.size() <= btfast::limits::kPathElementBytes);
  while (!element.empty()) {
    auto const c = btfast::take_code_point(element);
    BTF_CHECK(c && !btfast::is_control(*c) && !btfast::is_invisible(*c) && *c != '\\');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input{reinterpret_cast<char const*>(data), size};
  btfast::storage::SafePaths paths{""};
  std::set<std::string> files;
  std::set<std::string> directories;
  for (auto const& line : split(input, '\n')) {
    auto const path = paths.add(split(line, '\t'));
    if (!path) continue;
    for (auto const& element : split(*path, '/')) check_element(element);
    std::string const folded = btfast::storage::fold_name(*path);
    BTF_CHECK(files.insert(folded).second);
    for (auto at = folded.find('/'); at != std::string::npos; at = folded.find('/', at + 1)) {
      directories.insert(folded.substr(0, at));
    }
  }
  for (auto const& file : files) BTF_CHECK(!directories.contains(file));
  return 0;
}
