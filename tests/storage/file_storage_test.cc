#include "storage/file_storage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/file_faults.h"
#include "tests/support/log_capture.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unwritable.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using io::Op;
using test::FileFaults;
using test::pattern;

class FileStorageTest : public testing::Test {
 protected:
  FileStorage make(std::vector<FileSpec> files, std::optional<AllocMode> alloc = {}) {
    return FileStorage{out().string(), FileMap{std::move(files)}, {.alloc = alloc}};
  }
  fs::path out() const { return dir_ / "out"; }
  fs::path out(std::string const& below) const { return out() / below; }
  void plant(std::string const& below, std::string const& text) const {
    fs::create_directories(out(below).parent_path());
    std::ofstream{out(below), std::ios::binary} << text;
  }
  static std::string text_of(fs::path const& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  static Outcome write(Storage& storage, std::uint64_t offset, std::uint64_t length) {
    auto bytes = pattern(offset, length);
    iovec const buffer{bytes.data(), bytes.size()};
    return storage.write(offset, {&buffer, 1});
  }

  test::TempDir dir_;
};

TEST_F(FileStorageTest, EachFileMadeIsToldOnceWithItsSize) {
  plant("t/there", "text");
  test::LogCapture const log{LogLevel::kInfo};

  ASSERT_TRUE(make({{"t/a/b", 10}, {"t/there", 4}, {"t/.pad/6", 6, true}}).prepare());
  ASSERT_TRUE(make({{"t/a/b", 10}, {"t/there", 4}, {"t/.pad/6", 6, true}}).prepare());

  EXPECT_EQ(log.lines(),
            std::vector<std::string>{"file_made path=" + out("t/a/b").string() + " size=10"});
}

TEST_F(FileStorageTest, PrepareMakesDirectoriesAndFilesOfTheirSize) {
  auto storage = make({{"t/a/b", 10}, {"t/empty", 0}, {"t/.pad/6", 6, true}, {"t/run", 3}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(fs::file_size(out("t/a/b")), 10u);
  EXPECT_EQ(fs::file_size(out("t/empty")), 0u);
  EXPECT_EQ(fs::file_size(out("t/run")), 3u);
  EXPECT_FALSE(fs::exists(out("t/.pad")));
}

TEST_F(FileStorageTest, ExecutableBitIsTheTorrents) {
  auto storage = make({{"plain", 1}, {"tool", 1, false, /*executable=*/true}});

  ASSERT_TRUE(storage.prepare());

  auto const owner_exec = fs::perms::owner_exec;
  EXPECT_EQ(fs::status(out("plain")).permissions() & owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(out("tool")).permissions() & owner_exec, owner_exec);
}

TEST_F(FileStorageTest, PrepareKeepsWhatIsThereAndSaysSo) {
  plant("whole", "0123456789");
  plant("short", "01234");
  auto storage = make({{"whole", 10}, {"short", 10}, {"missing", 10}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(text_of(out("whole")), "0123456789");
  EXPECT_EQ(text_of(out("short")), "01234" + std::string(5, '\0'));
  EXPECT_EQ(storage.found_size(FileIndex{1}), 5u);
  EXPECT_EQ(storage.found_size(FileIndex{2}), std::nullopt);
}

TEST_F(FileStorageTest, ALargerFileIsNotCut) {
  plant("a", "0123456789");
  auto storage = make({{"new", 5}, {"a", 9}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_NE(prepared.error().detail.find(out("a").string() + ": is 10 bytes"), std::string::npos)
      << prepared.error().detail;
  EXPECT_EQ(text_of(out("a")), "0123456789");
  EXPECT_FALSE(fs::exists(out("new"))) << "refused before anything was made";
}

TEST_F(FileStorageTest, ALargerFileIsCutWhereThatIsInsistedOn) {
  plant("a", "0123456789");
  FileStorage storage{out().string(), FileMap{{{"a", 9}}}, {.overwrite = true}};

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(text_of(out("a")), "012345678");
}

TEST_F(FileStorageTest, LinkAtAPayloadPathIsRefusedAndItsTargetUntouched) {
  std::ofstream{dir_ / "secret"} << "secret";
  fs::create_directory(out());
  fs::create_symlink("../secret", out("a"));
  auto storage = make({{"new", 5}, {"a", 100}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_NE(prepared.error().detail.find(out("a").string()), std::string::npos);
  EXPECT_EQ(text_of(dir_ / "secret"), "secret");
  EXPECT_FALSE(fs::exists(out("new")));
}

TEST_F(FileStorageTest, LinkedDirectoryOnTheWayIsRefused) {
  fs::create_directory(dir_ / "home");
  fs::create_directory(out());
  fs::create_directory_symlink("../home", out("t"));
  auto storage = make({{"t/a", 5}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_TRUE(fs::is_empty(dir_ / "home"));
}

TEST_F(FileStorageTest, OutputDirectoryItselfMayBeALink) {
  fs::create_directory(dir_ / "disk2");
  fs::create_directory_symlink("disk2", out());
  auto storage = make({{"a", 5}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_TRUE(fs::exists(dir_ / "disk2/a"));
}

TEST_F(FileStorageTest, FifoDirectoryAndFileInTheWayAreRefused) {
  fs::create_directories(out("dir"));
  ASSERT_EQ(mkfifo(out("fifo").c_str(), 0600), 0);
  plant("file", "x");

  for (auto const* path : {"dir", "fifo", "file/below"}) {
    auto storage = make({{path, 5}});
    auto const prepared = storage.prepare();
    ASSERT_FALSE(prepared) << path;
    EXPECT_EQ(prepared.error().code, Errc::kUnsafePath) << path;
  }
}

// As a file system does to which two names of the torrent are the same.
TEST_F(FileStorageTest, TwoNamesOfTheTorrentThatAreOneFileBecomeTwoFiles) {
  for (bool const contested : {false, true}) {
    std::string const top = contested ? "known" : "unknown";
    FileSpec const spec{.path = top + "/a.bin", .length = 5, .contested = contested};
    auto storage = make({spec, spec});

    ASSERT_TRUE(storage.prepare());

    EXPECT_EQ(storage.map().file(FileIndex{0}).path, top + "/a.bin");
    std::string const second = storage.map().file(FileIndex{1}).path;
    EXPECT_TRUE(second.starts_with(top + "/a~") && second.ends_with(".bin")) << second;
    EXPECT_TRUE(fs::exists(out(second)));
  }
}

TEST_F(FileStorageTest, AFileOnTheWayOfAFolderThatIsItsTwinMakesRoom) {
  auto storage = make({{.path = "t/doc", .length = 5, .contested = true},
                       {.path = "t/doc/x", .length = 5, .contested = true},
                       {.path = "t/doc/y", .length = 5, .contested = true}});

  ASSERT_TRUE(storage.prepare());

  std::string const x = storage.map().file(FileIndex{1}).path;
  EXPECT_TRUE(x.starts_with("t/doc~") && x.ends_with("/x")) << x;
  EXPECT_EQ(fs::path{x}.parent_path(),
            fs::path{storage.map().file(FileIndex{2}).path}.parent_path());
}

TEST_F(FileStorageTest, WhatTheFileSystemCannotHoldIsMended) {
  auto storage = make({{"t/" + std::string(300, 'n') + ".mkv", 5}});

  ASSERT_TRUE(storage.prepare());

  std::string const name = storage.map().file(FileIndex{0}).path;
  EXPECT_EQ(name.size(), 2u + 255);
  EXPECT_TRUE(name.ends_with(".mkv"));
  auto const found = FileStorage::open_existing(
      out("").string(), FileMap{{{"t/" + std::string(300, 'n') + ".mkv", 5}}});
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->found_size(FileIndex{0}), 5u);
}

TEST_F(FileStorageTest, HardLinkedFilesAreTheUsersDoing) {
  plant("a", "01234");
  fs::create_hard_link(out("a"), out("b"));
  auto storage = make({{"a", 5}, {"b", 5}});

  EXPECT_TRUE(storage.prepare());
}

// As the user may do while the files are looked at.
TEST_F(FileStorageTest, AHardLinkedFileThatChangedSinceTheLookIsLeftAlone) {
  plant("mine", "01234");
  fs::create_hard_link(out("mine"), out("a"));
  auto storage = make({{"a", 5}});
  ASSERT_TRUE(storage.look());
  plant("mine", "the user's new text");

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_EQ(fs::file_size(out("mine")), 19u);
}

// The first of the names gave the file its length.
TEST_F(FileStorageTest, HardLinkedFilesThatAreTooShortAreLaidOutOnce) {
  plant("a", "01");
  fs::create_hard_link(out("a"), out("b"));
  auto storage = make({{"a", 5}, {"b", 5}});

  EXPECT_TRUE(storage.prepare());

  EXPECT_EQ(fs::file_size(out("b")), 5u);
}

// Method: a rival turns a directory on the way into a link to the outside and back, as
// fast as it can, while storages are prepared.  Whoever follows the link once leaves a
// file outside.
TEST_F(FileStorageTest, LinkSwappedInDuringPrepareIsNeverFollowed) {
  fs::create_directory(dir_ / "outside");
  fs::create_directories(out("t"));
  std::jthread const rival{[&](std::stop_token stop) {
    std::error_code ignored;
    while (!stop.stop_requested()) {
      fs::rename(out("t"), out("aside"), ignored);
      fs::create_directory_symlink("../outside", out("t"), ignored);
      fs::remove(out("t"), ignored);
      fs::rename(out("aside"), out("t"), ignored);
    }
  }};

  // The rival may hold the name for a whole slice of a busy machine: try until it let
  // enough through, and give up after a minute.
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  int let_through = 0;
  for (int i = 0; i < 500 || let_through < 20; ++i) {
    auto storage = make({{"t/" + std::to_string(i), 1}});
    if (storage.prepare()) ++let_through;
    if (std::chrono::steady_clock::now() > deadline) break;
  }

  EXPECT_TRUE(fs::is_empty(dir_ / "outside"));
  EXPECT_GE(let_through, 20) << "the race let too few through: it proves nothing";
}

TEST_F(FileStorageTest, ReadOnlyDirectoryFailsAtPrepareNamingIt) {
  FileFaults const faults{Op::kMkdir, FileFaults::always(EROFS)};
  auto storage = make({{"a", 5}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kPermission);
  EXPECT_NE(prepared.error().detail.find(out().string()), std::string::npos);
}

TEST_F(FileStorageTest, UnwritableFileOfItsFullSizeIsUsedAsItIs) {
  plant("locked", "0123456789");
  test::Unwritable const locked{out("locked")};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";
  auto storage = make({{"free", 5}, {"locked", 10}});

  ASSERT_TRUE(storage.prepare());

  std::vector<std::byte> bytes(10);
  EXPECT_TRUE(storage.read(5, bytes));
  EXPECT_EQ(static_cast<char>(bytes[9]), '9');
  auto const found = storage.unwritable();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 5u);
  EXPECT_EQ(found[0].length, 10u);
  EXPECT_NE(found[0].why.detail.find(out("locked").string()), std::string::npos);
}

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

TEST_F(FileStorageTest, UnwritableFileThatIsTooShortIsRefusedAtPrepare) {
  plant("locked", "01234");
  test::Unwritable const locked{out("locked")};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";
  auto storage = make({{"locked", 10}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kPermission);
  EXPECT_EQ(prepared.error().detail, "cannot write " + out("locked").string());
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

TEST_F(FileStorageTest, FullDiskAtPrepareNamesTheFile) {
  FileFaults const faults{Op::kAllocate, FileFaults::on_call(2, ENOSPC)};
  auto storage = make({{"a", 50'000}, {"b", 50'000}}, AllocMode::kFull);

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kDiskFull);
  EXPECT_NE(prepared.error().detail.find(out("b").string()), std::string::npos);
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

}  // namespace
}  // namespace btfast::storage
