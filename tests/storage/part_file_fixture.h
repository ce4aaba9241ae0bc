// PartFileFixture: a part file in a directory of the test's own.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/part_file.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {

inline constexpr char const* kName = "x.btfast-part";
inline constexpr PartOwner kOurs{{std::byte{7}}, 100};

// Ten files of 100 bytes in one piece: each is one end, and they lie one behind the other.
inline FileMap ten_files() {
  std::vector<FileSpec> files;
  for (char name = 'a'; name < 'k'; ++name) files.push_back({std::string(1, name), 100});
  return FileMap{std::move(files)};
}

class PartFileFixture : public testing::Test {
 protected:
  PartFileFixture() : root_(*io::open_directory(dir_.path().string())) {}

  PartFile open(io::Access access = io::Access::kWrite) { return open_for(kOurs, access); }
  PartFile open_for(PartOwner const& owner, io::Access access = io::Access::kWrite) {
    PartFile part{owner, layout_};
    EXPECT_TRUE(part.open(root_.get(), kName, access));
    return part;
  }
  Fragment end_at(std::uint64_t offset) const {
    return *layout_.at(FileIndex{static_cast<std::uint32_t>(offset / 100)}, offset % 100);
  }
  Status try_write(PartFile& part) const {
    std::byte byte{1};
    iovec const buffer{&byte, 1};
    Gather from{{&buffer, 1}};
    return part.write(from, 1, end_at(0));
  }
  bool has(PartFile const& part, std::uint64_t offset) const { return part.has(end_at(offset)); }
  // Neither read nor written nor removed.
  void expect_left_alone(PartFile part) {
    auto const before = test::file_text(dir_ / kName);
    EXPECT_TRUE(part.foreign());
    EXPECT_FALSE(part.exists());
    EXPECT_TRUE(part.has_none());
    EXPECT_EQ(read(part, 0, 1000), std::vector<std::byte>(1000));
    EXPECT_FALSE(try_write(part));
    EXPECT_TRUE(part.remove());
    EXPECT_EQ(test::file_text(dir_ / kName), before);
  }
  void write(PartFile& part, std::uint64_t offset, std::uint64_t length) const {
    auto bytes = test::pattern(offset, length);
    iovec const list{bytes.data(), bytes.size()};
    Gather gather{{&list, 1}};
    while (length > 0) {
      auto const end = end_at(offset);
      auto const here = std::min(length, end.length);
      EXPECT_TRUE(part.write(gather, here, end));
      offset += here;
      length -= here;
    }
  }
  static std::vector<std::byte> read(PartFile const& part, std::uint64_t offset,
                                     std::size_t length) {
    std::vector<std::byte> bytes(length, std::byte{0xEE});
    EXPECT_TRUE(part.read(bytes, offset));
    return bytes;
  }
  bool is_there() const { return std::filesystem::exists(dir_ / kName); }

  test::TempDir dir_;
  Fd root_;
  FileMap const map_ = ten_files();
  PartLayout const layout_{map_, 1000};
};

}  // namespace btfast::storage
