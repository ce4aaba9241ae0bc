#include "storage/replace_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "storage/io.h"
#include "tests/support/file_faults.h"
#include "tests/support/file_text.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using io::Op;
using test::FileFaults;

class ReplaceFile : public testing::Test {
 protected:
  ReplaceFile() : root_(*io::open_directory(dir_.path().string())) {}
  Status replace(std::string const& text) {
    return replace_file(root_.get(), "state", std::as_bytes(std::span{text}));
  }
  std::string text() const { return test::file_text(dir_ / "state"); }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator{dir_.path()}, fs::directory_iterator{}));
  }

  test::TempDir dir_;
  Fd root_;
};

TEST_F(ReplaceFile, MakesAndReplaces) {
  ASSERT_TRUE(replace("a long first text"));
  ASSERT_TRUE(replace("second"));

  EXPECT_EQ(text(), "second");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ReplaceFile, WhateverFailsTheOldOneStaysAndNothingElseIsLeft) {
  ASSERT_TRUE(replace("old"));
  for (Op const op : {Op::kOpenSafe, Op::kStat, Op::kWrite, Op::kSync, Op::kRename}) {
    for (int const error : {ENOSPC, EIO}) {
      FileFaults const faults{op, FileFaults::on_call(1, error)};

      EXPECT_FALSE(replace("new")) << static_cast<int>(op);
      EXPECT_EQ(text(), "old") << static_cast<int>(op);
      EXPECT_EQ(entries(), 1u) << static_cast<int>(op);
    }
  }
}

TEST_F(ReplaceFile, AFailingDirectorySyncIsTold) {
  ASSERT_TRUE(replace("old"));
  FileFaults const faults{Op::kSync, FileFaults::on_call(2, EIO)};

  EXPECT_FALSE(replace("new"));

  EXPECT_EQ(text(), "new");
}

TEST_F(ReplaceFile, WhatAKilledProcessLeftIsInNobodysWay) {
  std::ofstream{dir_ / replacement_name("state")} << std::string(1000, 'x');

  ASSERT_TRUE(replace("new"));

  EXPECT_EQ(text(), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ReplaceFile, ALinkInTheWayIsNotFollowed) {
  std::ofstream{dir_ / "precious"} << "mine";
  fs::create_symlink("precious", dir_ / replacement_name("state"));

  ASSERT_TRUE(replace("new"));

  EXPECT_EQ(test::file_text(dir_ / "precious"), "mine");
}

TEST_F(ReplaceFile, ANameOf255BytesLeavesRoomForTheNewOne) {
  std::string const name(255, 'n');
  std::string_view const text = "new";

  EXPECT_TRUE(replace_file(root_.get(), name, std::as_bytes(std::span{text})));
  EXPECT_EQ(std::filesystem::file_size(dir_ / name), 3u);
  EXPECT_NE(replacement_name(name), replacement_name(std::string(254, 'n') + "m"));
}

}  // namespace
}  // namespace btfast::storage
