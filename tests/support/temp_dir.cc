#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "engine/base/check.h"

namespace btfast::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "btfast-test-XXXXXX").string();
  BTF_CHECK(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;  // a test may have taken its own permissions away
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace btfast::test
