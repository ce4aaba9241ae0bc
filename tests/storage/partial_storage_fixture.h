// PartialStorageFixture: a torrent of small files, some of them wanted, in a directory of the
// test's own.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "storage/partial_storage.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {

// Three files over five pieces: a has pieces 0 and 1, b 1 to 3, c 3 and 4.
class PartialStorageFixture : public testing::Test {
 protected:
  static constexpr std::uint64_t kPiece = 100;

  static FileMap map() {
    return FileMap{{{"t/a", 150}, {"t/sub/b", 200}, {"t/sub/empty", 0}, {"t/c", 150}}};
  }
  std::unique_ptr<PartialStorage> unprepared(std::vector<bool> const& wanted,
                                             FileStorage::Options options = {}) {
    return std::make_unique<PartialStorage>(dir_.path().string(), map(), PartOwner{{}, kPiece},
                                            wanted, options);
  }
  std::unique_ptr<PartialStorage> open(std::vector<bool> const& wanted) {
    auto storage = unprepared(wanted);
    auto const ready = storage->prepare();
    EXPECT_TRUE(ready) << (ready ? "" : failure_text(ready.error()));
    return storage;
  }
  std::unique_ptr<PartialStorage> reader(std::vector<bool> const& wanted) {
    auto opened = PartialStorage::open_existing(dir_.path().string(), map(), {{}, kPiece}, wanted);
    EXPECT_TRUE(opened);
    return opened ? *std::move(opened) : nullptr;
  }
  static Outcome write_piece(Storage& storage, std::uint64_t piece) {
    auto bytes = test::pattern(piece * kPiece, kPiece);
    iovec const halves[] = {{bytes.data(), 30}, {bytes.data() + 30, bytes.size() - 30}};
    return storage.write(piece * kPiece, halves);
  }
  static bool piece_is_right(Storage& storage, std::uint64_t piece) {
    std::vector<std::byte> bytes(kPiece);
    return storage.read(piece * kPiece, bytes) && bytes == test::pattern(piece * kPiece, kPiece);
  }
  static Errc read_error(Storage& storage, std::uint64_t piece) {
    std::vector<std::byte> bytes(kPiece);
    auto const got = storage.read(piece * kPiece, bytes);
    EXPECT_FALSE(got);
    return got ? Errc::kInternal : got.error().code;
  }
  // With the torrent's bytes.
  void plant(std::string const& below, std::uint64_t offset, std::uint64_t length) const {
    std::filesystem::create_directories((dir_ / below).parent_path());
    auto const bytes = test::pattern(offset, length);
    std::ofstream{dir_ / below, std::ios::binary}.write(reinterpret_cast<char const*>(bytes.data()),
                                                        static_cast<std::streamsize>(bytes.size()));
  }
  bool has(std::string const& below) const { return std::filesystem::exists(dir_ / below); }
  bool part_is_there() const { return has("t.btfast-part"); }
  bool content_is_right(std::string const& below, std::uint64_t offset) const {
    std::string const text = test::file_text(dir_ / below);
    auto const expected = test::pattern(offset, text.size());
    return std::equal(text.begin(), text.end(), reinterpret_cast<char const*>(expected.data()));
  }

  test::TempDir dir_;
};

}  // namespace btfast::storage
