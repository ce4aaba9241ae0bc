#include "engine/metainfo/file_pattern.h"

#include "engine/metainfo/glob.h"

namespace btfast {
namespace {

std::string_view after_slash(std::string_view path, std::size_t slash) {
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

template <class Answers>
bool any_name(std::string_view path, Answers const& answers) {
  return answers(path) || answers(after_slash(path, path.find('/'))) ||
         answers(after_slash(path, path.rfind('/')));
}

template <class Answers>
bool any_folder(std::string_view path, Answers const& answers) {
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (any_name(path.substr(0, slash), answers)) return true;
  }
  return false;
}

}  // namespace

bool path_is(std::string_view path, std::string_view name) noexcept {
  return any_name(path, [name](std::string_view each) { return each == name; });
}
bool path_matches(std::string_view path, std::string_view glob) {
  return any_name(path, [glob](std::string_view each) { return glob_matches(glob, each); });
}
bool lies_in(std::string_view path, std::string_view name) noexcept {
  return any_folder(path, [name](std::string_view each) { return each == name; });
}
bool lies_in_match(std::string_view path, std::string_view glob) {
  return any_folder(path, [glob](std::string_view each) { return glob_matches(glob, each); });
}

}  // namespace btfast
