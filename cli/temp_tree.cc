#include "cli/temp_tree.h"

#include <stdlib.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace btfast::cli {

namespace fs = std::filesystem;

Result<TempTree> TempTree::make(std::string const& dir, std::string const& prefix) {
  std::error_code error;
  fs::path const parent = dir.empty() ? fs::temp_directory_path(error) : fs::path{dir};
  if (error) return Failure{errc_from_file_errno(error.value()), error.value(), "TMPDIR"};
  std::string name = fs::absolute(parent / (prefix + "-XXXXXX"), error).string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    int const err = error ? error.value() : errno;
    return Failure{errc_from_file_errno(err), err, parent.string()};
  }
  return TempTree{name};
}

TempTree::TempTree(TempTree&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempTree::~TempTree() {
  std::error_code ignored;  // nobody is left to be told
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace btfast::cli
