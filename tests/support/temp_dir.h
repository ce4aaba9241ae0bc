// TempDir: a directory of a test's own, removed with all it holds when the test ends.
//
// Threads: one owner.
#pragma once

#include <filesystem>

namespace btfast::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(TempDir const&) = delete;
  TempDir& operator=(TempDir const&) = delete;

  std::filesystem::path const& path() const noexcept { return path_; }
  std::filesystem::path operator/(std::filesystem::path const& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace btfast::test
