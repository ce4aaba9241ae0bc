#include "storage/file_storage.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/storage/file_storage_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/unwritable.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using io::Op;
using test::FileFaults;
using test::pattern;

class FileStorageTest : public FileStorageFixture {};

TEST_F(FileStorageTest, WriteIntoAnUnwritableFileSaysWhyAndWhere) {
  plant("locked", "0123456789");
  test::Unwritable const locked{out("locked")};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";
  auto storage = make({{"locked", 10}});
  ASSERT_TRUE(storage.prepare());

  auto const written = write(storage, 0, 10);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kPermission);
  EXPECT_NE(written.error().sys_errno, 0);
  EXPECT_EQ(written.error().detail, "cannot write " + out("locked").string());
  EXPECT_EQ(text_of(out("locked")), "0123456789");
}

TEST_F(FileStorageTest, FileThatBecameUnwritableCanStillBeRead) {
  auto storage = make({{"a", 10}});
  ASSERT_TRUE(storage.prepare());
  test::Unwritable const locked{out("a")};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";

  std::vector<std::byte> bytes(10);
  EXPECT_TRUE(storage.read(0, bytes));
  EXPECT_FALSE(write(storage, 0, 10));
  EXPECT_TRUE(storage.unwritable().empty()) << "prepare() made it: no news";
}

TEST_F(FileStorageTest, PieceOverAThousandTinyFilesIsExact) {
  std::vector<FileSpec> files;
  for (int f = 0; f < 1'000; ++f) {
    files.push_back({"d/" + std::to_string(f), static_cast<std::uint64_t>(f % 4)});
  }
  FileStorage storage{out().string(), FileMap{files}, {.open_files_max = 8}};
  ASSERT_TRUE(storage.prepare());
  std::uint64_t const total = storage.map().total_size();

  ASSERT_TRUE(write(storage, 0, total));

  std::vector<std::byte> got(static_cast<std::size_t>(total));
  ASSERT_TRUE(storage.read(0, got));
  EXPECT_EQ(got, pattern(0, total));
  auto const in_file = pattern(storage.map().file_offset(FileIndex{7}), 3);
  auto const* const text = reinterpret_cast<char const*>(in_file.data());
  EXPECT_EQ(text_of(out("d/7")), std::string(text, 3));
}

TEST_F(FileStorageTest, DeletedAndTruncatedFilesAreNotFoundAndNotMadeAgain) {
  FileStorage storage{out().string(), FileMap{{{"a", 10}, {"b", 10}}}, {.open_files_max = 1}};
  ASSERT_TRUE(storage.prepare());
  ASSERT_TRUE(write(storage, 0, 20));
  fs::remove(out("a"));
  fs::resize_file(out("b"), 5);
  std::vector<std::byte> into(10);

  auto const deleted = storage.read(0, into);
  auto const truncated = storage.read(10, into);
  auto const rewritten = write(storage, 0, 10);

  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().code, Errc::kNotFound);
  EXPECT_NE(deleted.error().detail.find(out("a").string()), std::string::npos);
  ASSERT_FALSE(truncated);
  EXPECT_EQ(truncated.error().code, Errc::kNotFound);
  EXPECT_FALSE(rewritten);
  EXPECT_FALSE(fs::exists(out("a")));
}

TEST_F(FileStorageTest, TryReadAnswersFromTheCacheOrNotAtAll) {
  auto storage = make({{"a", 10'000}});
  ASSERT_TRUE(storage.prepare());
  std::vector<std::byte> into(10'000);
  auto const closed = storage.try_read(0, into);
  ASSERT_FALSE(closed) << "opening a file may wait for the disk";
  EXPECT_EQ(closed.error().code, Errc::kWouldBlock);
  ASSERT_TRUE(write(storage, 0, 10'000));

  auto const cached = storage.try_read(0, into);

  if (cached) {
    EXPECT_EQ(into, pattern(0, 10'000));
  } else {
    EXPECT_EQ(cached.error().code, Errc::kWouldBlock) << "a file system without RWF_NOWAIT";
  }
}

TEST_F(FileStorageTest, SyncTouchesWhatWasWrittenSinceTheLast) {
  auto storage = make({{"a", 10}, {"b", 10}, {"c", 10}});
  ASSERT_TRUE(storage.prepare());
  ASSERT_TRUE(storage.sync());  // the new names
  ASSERT_TRUE(write(storage, 5, 10));
  FileFaults const count{Op::kSync, FileFaults::always(0)};

  ASSERT_TRUE(storage.sync());
  EXPECT_EQ(count.calls(Op::kSync), 2u);
  ASSERT_TRUE(storage.sync());
  EXPECT_EQ(count.calls(Op::kSync), 2u);
}

TEST_F(FileStorageTest, FirstSyncKeepsTheNamesOfNewFiles) {
  auto storage = make({{"t/a/x", 10}, {"t/b/y", 10}});
  ASSERT_TRUE(storage.prepare());
  FileFaults const count{Op::kSync, FileFaults::always(0)};

  ASSERT_TRUE(storage.sync());

  EXPECT_EQ(count.calls(Op::kSync), 4u) << "the output directory, t, t/a and t/b";
}

TEST_F(FileStorageTest, FailedSyncNamesTheFileAndIsNotForgotten) {
  auto storage = make({{"a", 10}});
  ASSERT_TRUE(storage.prepare());
  ASSERT_TRUE(storage.sync());
  ASSERT_TRUE(write(storage, 0, 10));
  FileFaults const faults{Op::kSync, FileFaults::on_call(1, EIO)};

  auto const failed = storage.sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::kDiskIo);
  EXPECT_NE(failed.error().detail.find(out("a").string()), std::string::npos);

  ASSERT_TRUE(storage.sync());
  EXPECT_EQ(faults.calls(Op::kSync), 2u);
}

TEST_F(FileStorageTest, TheDiskIsGivenWorkWhileMoreIsWritten) {
  FileStorage storage{out().string(), FileMap{{{"a", 30}, {"b", 70}}}, {.write_back_every = 50}};
  ASSERT_TRUE(storage.prepare());
  FileFaults const refused{Op::kWriteBack, FileFaults::always(EIO)};

  ASSERT_TRUE(write(storage, 0, 49));
  EXPECT_EQ(refused.calls(Op::kWriteBack), 0u);
  ASSERT_TRUE(write(storage, 49, 10)) << "it is a wish: that it is refused is no failure";
  EXPECT_EQ(refused.calls(Op::kWriteBack), 1u);
  ASSERT_TRUE(write(storage, 59, 41));
  EXPECT_EQ(refused.calls(Op::kWriteBack), 2u);
  EXPECT_TRUE(storage.sync());
}

TEST_F(FileStorageTest, HolesAreWhereNothingWasWritten) {
  constexpr std::uint64_t kHole = 1 << 20;
  auto storage = make({{"a", kHole}, {"b", 3 * kHole}}, AllocMode::kSparse);
  ASSERT_TRUE(storage.prepare());
  ASSERT_TRUE(write(storage, 2 * kHole, kHole));
  std::vector<std::uint64_t> edges;

  storage.each_hole(FileIndex{1}, [&](std::uint64_t begin, std::uint64_t end) {
    edges.insert(edges.end(), {begin, end});
  });

  EXPECT_EQ(edges, (std::vector{kHole, 2 * kHole, 3 * kHole, 4 * kHole}));
}

TEST_F(FileStorageTest, StaleFileIsOpenedAnewOnce) {
  auto storage = make({{"a", 10}});
  ASSERT_TRUE(storage.prepare());
  {
    FileFaults const once{Op::kWrite, FileFaults::on_call(1, ESTALE)};
    EXPECT_TRUE(write(storage, 0, 10));
  }
  FileFaults const forever{Op::kWrite, FileFaults::always(ESTALE)};

  auto const written = write(storage, 0, 10);

  ASSERT_FALSE(written);
  EXPECT_EQ(forever.calls(Op::kWrite), 2u);
}

TEST_F(FileStorageTest, ExistingStorageMakesNothingAndRefusesWrites) {
  plant("t/a", "01234");
  plant("t/long", "0123456789");
  auto storage = FileStorage::open_existing(out().string(),
                                            FileMap{{{"t/a", 5}, {"t/gone", 5}, {"t/long", 5}}});
  ASSERT_TRUE(storage);

  EXPECT_FALSE(write(**storage, 0, 5));
  std::vector<std::byte> into(5);
  EXPECT_TRUE((*storage)->read(0, into));
  EXPECT_FALSE((*storage)->read(5, into));
  EXPECT_FALSE((*storage)->is_hole(5, 5)) << "missing is not zero";
  EXPECT_TRUE((*storage)->read(10, into));
  EXPECT_EQ((*storage)->found_size(FileIndex{2}), 10u);
  EXPECT_FALSE(fs::exists(out("t/gone")));
}

TEST_F(FileStorageTest, AHintThatTheRangeWillBeReadChangesNothing) {
  plant("t/a", "01234");
  auto storage = FileStorage::open_existing(out().string(), FileMap{{{"t/a", 5}, {"t/gone", 5}}});
  ASSERT_TRUE(storage);

  (*storage)->will_read(0, 10);

  std::vector<std::byte> into(5);
  EXPECT_TRUE((*storage)->read(0, into));
  EXPECT_FALSE((*storage)->read(5, into));
  EXPECT_FALSE(fs::exists(out("t/gone")));
}

TEST_F(FileStorageTest, ExistingStorageNeedsItsDirectory) {
  auto const storage = FileStorage::open_existing(out().string(), FileMap{{{"a", 5}}});

  ASSERT_FALSE(storage);
  EXPECT_EQ(storage.error().code, Errc::kNotFound);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(FileStorageTest, InfoIsOfTheFileAsItIsNow) {
  auto storage = make({{"a", 10}});
  ASSERT_TRUE(storage.prepare());
  auto const before = storage.info(FileIndex{0});
  ASSERT_TRUE(before);
  EXPECT_EQ(before->size, 10u);

  fs::resize_file(out("a"), 7);

  EXPECT_EQ(storage.info(FileIndex{0})->size, 7u);
}

// A file with other names serves for pieces that it shares, as long as its bytes are right.
TEST_F(FileStorageTest, AKeptFileWithOtherNamesTakesTheBytesThatItHas) {
  auto const bytes = test::pattern(0, 100'000);
  plant("mine", {reinterpret_cast<char const*>(bytes.data()), bytes.size()});
  std::filesystem::create_hard_link(out("mine"), out("a"));
  auto storage = make({{"a", 100'000}, {"b", 10}});
  ASSERT_TRUE(storage.look());
  storage.keep(FileIndex{0});
  ASSERT_TRUE(storage.prepare());

  EXPECT_TRUE(write(storage, 10'000, 90'010));

  plant("mine", std::string(100'000, 'x'));
  auto const refused = write(storage, 99'999, 11);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsafePath);
  EXPECT_TRUE(refused.error().detail.starts_with(out("a").string() + ": has other names"))
      << refused.error().detail;
  EXPECT_EQ(text_of(out("mine")), std::string(100'000, 'x'));
}

}  // namespace
}  // namespace btfast::storage
