// FileStorageFixture: files of a torrent in a directory of the test's own.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/file_storage.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {

class FileStorageFixture : public testing::Test {
 protected:
  FileStorage make(std::vector<FileSpec> files, std::optional<AllocMode> alloc = {}) {
    return FileStorage{out().string(), FileMap{std::move(files)}, {.alloc = alloc}};
  }
  std::filesystem::path out() const { return dir_ / "out"; }
  std::filesystem::path out(std::string const& below) const { return out() / below; }
  void plant(std::string const& below, std::string const& text) const {
    std::filesystem::create_directories(out(below).parent_path());
    std::ofstream{out(below), std::ios::binary} << text;
  }
  static std::string text_of(std::filesystem::path const& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  static Outcome write(Storage& storage, std::uint64_t offset, std::uint64_t length) {
    auto bytes = test::pattern(offset, length);
    iovec const buffer{bytes.data(), bytes.size()};
    return storage.write(offset, {&buffer, 1});
  }

  test::TempDir dir_;
};

}  // namespace btfast::storage
