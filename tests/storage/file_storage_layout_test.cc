// What prepare() makes on disk, what it leaves as it is, and what it refuses.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "storage/file_storage.h"
#include "tests/storage/file_storage_fixture.h"
#include "tests/support/file_faults.h"
#include "tests/support/log_capture.h"
#include "tests/support/unwritable.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using io::Op;
using test::FileFaults;

class FileStorageLayoutTest : public FileStorageFixture {};

TEST_F(FileStorageLayoutTest, EachFileMadeIsToldOnceWithItsSize) {
  plant("t/there", "text");
  test::LogCapture const log{LogLevel::kInfo};

  ASSERT_TRUE(make({{"t/a/b", 10}, {"t/there", 4}, {"t/.pad/6", 6, true}}).prepare());
  ASSERT_TRUE(make({{"t/a/b", 10}, {"t/there", 4}, {"t/.pad/6", 6, true}}).prepare());

  EXPECT_EQ(log.lines(),
            std::vector<std::string>{"file_made path=" + out("t/a/b").string() + " size=10"});
}

TEST_F(FileStorageLayoutTest, PrepareMakesDirectoriesAndFilesOfTheirSize) {
  auto storage = make({{"t/a/b", 10}, {"t/empty", 0}, {"t/.pad/6", 6, true}, {"t/run", 3}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(fs::file_size(out("t/a/b")), 10u);
  EXPECT_EQ(fs::file_size(out("t/empty")), 0u);
  EXPECT_EQ(fs::file_size(out("t/run")), 3u);
  EXPECT_FALSE(fs::exists(out("t/.pad")));
}

TEST_F(FileStorageLayoutTest, ExecutableBitIsTheTorrents) {
  auto storage = make({{"plain", 1}, {"tool", 1, false, /*executable=*/true}});

  ASSERT_TRUE(storage.prepare());

  auto const owner_exec = fs::perms::owner_exec;
  EXPECT_EQ(fs::status(out("plain")).permissions() & owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(out("tool")).permissions() & owner_exec, owner_exec);
}

TEST_F(FileStorageLayoutTest, PrepareKeepsWhatIsThereAndSaysSo) {
  plant("whole", "0123456789");
  plant("short", "01234");
  auto storage = make({{"whole", 10}, {"short", 10}, {"missing", 10}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(text_of(out("whole")), "0123456789");
  EXPECT_EQ(text_of(out("short")), "01234" + std::string(5, '\0'));
  EXPECT_EQ(storage.found_size(FileIndex{1}), 5u);
  EXPECT_EQ(storage.found_size(FileIndex{2}), std::nullopt);
}

TEST_F(FileStorageLayoutTest, ALargerFileIsNotCut) {
  plant("a", "0123456789");
  auto storage = make({{"new", 5}, {"a", 9}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_NE(prepared.error().detail.find(out("a").string() + ": is 10 bytes"), std::string::npos)
      << prepared.error().detail;
  EXPECT_EQ(text_of(out("a")), "0123456789");
  EXPECT_FALSE(fs::exists(out("new"))) << "refused before anything was made";
}

TEST_F(FileStorageLayoutTest, ALargerFileIsCutWhereThatIsInsistedOn) {
  plant("a", "0123456789");
  FileStorage storage{out().string(), FileMap{{{"a", 9}}}, {.overwrite = true}};

  ASSERT_TRUE(storage.prepare());

  EXPECT_EQ(text_of(out("a")), "012345678");
}

TEST_F(FileStorageLayoutTest, LinkAtAPayloadPathIsRefusedAndItsTargetUntouched) {
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

TEST_F(FileStorageLayoutTest, LinkedDirectoryOnTheWayIsRefused) {
  fs::create_directory(dir_ / "home");
  fs::create_directory(out());
  fs::create_directory_symlink("../home", out("t"));
  auto storage = make({{"t/a", 5}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_TRUE(fs::is_empty(dir_ / "home"));
}

TEST_F(FileStorageLayoutTest, OutputDirectoryItselfMayBeALink) {
  fs::create_directory(dir_ / "disk2");
  fs::create_directory_symlink("disk2", out());
  auto storage = make({{"a", 5}});

  ASSERT_TRUE(storage.prepare());

  EXPECT_TRUE(fs::exists(dir_ / "disk2/a"));
}

TEST_F(FileStorageLayoutTest, FifoDirectoryAndFileInTheWayAreRefused) {
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
TEST_F(FileStorageLayoutTest, TwoNamesOfTheTorrentThatAreOneFileBecomeTwoFiles) {
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

TEST_F(FileStorageLayoutTest, AFileOnTheWayOfAFolderThatIsItsTwinMakesRoom) {
  auto storage = make({{.path = "t/doc", .length = 5, .contested = true},
                       {.path = "t/doc/x", .length = 5, .contested = true},
                       {.path = "t/doc/y", .length = 5, .contested = true}});

  ASSERT_TRUE(storage.prepare());

  std::string const x = storage.map().file(FileIndex{1}).path;
  EXPECT_TRUE(x.starts_with("t/doc~") && x.ends_with("/x")) << x;
  EXPECT_EQ(fs::path{x}.parent_path(),
            fs::path{storage.map().file(FileIndex{2}).path}.parent_path());
}

TEST_F(FileStorageLayoutTest, WhatTheFileSystemCannotHoldIsMended) {
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

TEST_F(FileStorageLayoutTest, HardLinkedFilesThatAreRightStayAsTheyAre) {
  plant("a", "01234");
  fs::create_hard_link(out("a"), out("b"));
  auto storage = make({{"a", 5}, {"b", 5}});
  ASSERT_TRUE(storage.look());
  storage.keep(FileIndex{0});
  storage.keep(FileIndex{1});

  EXPECT_TRUE(storage.prepare());

  EXPECT_EQ(fs::hard_link_count(out("a")), 2u);
}

// Whatever else leads to it would change with it.
TEST_F(FileStorageLayoutTest, AFileThatHasOtherNamesIsNeverWritten) {
  for (std::string const text : {"", "01", "01234", "0123456789"}) {
    fs::remove_all(out());
    plant("mine", text);
    fs::create_hard_link(out("mine"), out("a"));
    FileStorage storage{out().string(), FileMap{{{"new", 3}, {"a", 5}}}, {.overwrite = true}};

    auto const prepared = storage.prepare();

    ASSERT_FALSE(prepared) << text;
    EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
    EXPECT_TRUE(prepared.error().detail.starts_with(out("a").string() + ": has other names"))
        << prepared.error().detail;
    EXPECT_EQ(text_of(out("mine")), text);
    EXPECT_FALSE(fs::exists(out("new"))) << "refused before anything was made";
  }
}

// As the user may do while the files are looked at.
TEST_F(FileStorageLayoutTest, AFileThatGotAnotherNameSinceTheLookIsLeftAlone) {
  plant("a", "01");
  auto storage = make({{"a", 5}});
  ASSERT_TRUE(storage.look());
  fs::create_hard_link(out("a"), out("mine"));

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_EQ(text_of(out("mine")), "01");
}

TEST_F(FileStorageLayoutTest, AFileThatChangedSinceTheLookIsLeftAlone) {
  plant("a", "01234");
  auto storage = make({{"a", 5}});
  ASSERT_TRUE(storage.look());
  plant("a", "the user's new text");

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kUnsafePath);
  EXPECT_EQ(text_of(out("a")), "the user's new text");
}

// Here by a link, elsewhere because the file system takes two names for one.
TEST_F(FileStorageLayoutTest, AFileThatIsAnotherOneOfTheTorrentTooIsNotWritten) {
  for (std::string const right : {"a", "b"}) {
    std::string const wrong = right == "a" ? "b" : "a";
    fs::remove_all(out());
    plant(wrong, "01234");
    fs::create_symlink(wrong, out(right));
    auto storage = make({{"a", 5}, {"b", 5}});
    ASSERT_TRUE(storage.look());
    storage.keep(FileIndex{right == "a" ? 0u : 1u});

    auto const prepared = storage.prepare();

    ASSERT_FALSE(prepared) << right;
    EXPECT_EQ(prepared.error().detail, out(wrong).string() +
                                           ": is another file of the torrent, too, and not all "
                                           "of it is right; move it out of the way");
  }
}

// Method: a rival turns a directory on the way into a link to the outside and back, as
// fast as it can, while storages are prepared.  Whoever follows the link once leaves a
// file outside.
TEST_F(FileStorageLayoutTest, LinkSwappedInDuringPrepareIsNeverFollowed) {
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

TEST_F(FileStorageLayoutTest, ReadOnlyDirectoryFailsAtPrepareNamingIt) {
  FileFaults const faults{Op::kMkdir, FileFaults::always(EROFS)};
  auto storage = make({{"a", 5}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kPermission);
  EXPECT_NE(prepared.error().detail.find(out().string()), std::string::npos);
}

TEST_F(FileStorageLayoutTest, UnwritableFileOfItsFullSizeIsUsedAsItIs) {
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

TEST_F(FileStorageLayoutTest, UnwritableFileThatIsTooShortIsRefusedAtPrepare) {
  plant("locked", "01234");
  test::Unwritable const locked{out("locked")};
  if (!locked.holds()) GTEST_SKIP() << "no immutable files here";
  auto storage = make({{"locked", 10}});

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kPermission);
  EXPECT_EQ(prepared.error().detail, "cannot write " + out("locked").string());
}

TEST_F(FileStorageLayoutTest, FullDiskAtPrepareNamesTheFile) {
  FileFaults const faults{Op::kAllocate, FileFaults::on_call(2, ENOSPC)};
  auto storage = make({{"a", 50'000}, {"b", 50'000}}, AllocMode::kFull);

  auto const prepared = storage.prepare();

  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().code, Errc::kDiskFull);
  EXPECT_NE(prepared.error().detail.find(out("b").string()), std::string::npos);
}

}  // namespace
}  // namespace btfast::storage
