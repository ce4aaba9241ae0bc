#include "storage/io.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/file_faults.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

namespace fs = std::filesystem;
using io::Op;
using test::FileFaults;

constexpr std::uint64_t kTmpfs = 0x01021994;

class IoTest : public testing::Test {
 protected:
  Fd make(std::string const& name) {
    auto fd = io::create_beneath(root_.get(), name, 0600);
    EXPECT_TRUE(fd) << name;
    return fd ? *std::move(fd) : Fd{};
  }
  Status write(int fd, std::span<std::byte const> bytes, std::uint64_t offset) {
    // Seven bytes a buffer, so that short counts end within one.
    std::vector<iovec> list;
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      auto const part = bytes.subspan(at, std::min<std::size_t>(7, bytes.size() - at));
      list.push_back({const_cast<std::byte*>(part.data()), part.size()});
    }
    Gather gather{list};
    return io::write_at(fd, gather, bytes.size(), offset);
  }
  std::vector<std::byte> read(int fd, std::size_t length, std::uint64_t offset) {
    std::vector<std::byte> out(length);
    EXPECT_TRUE(io::read_at(fd, out, offset));
    return out;
  }

  test::TempDir dir_;
  Fd root_ = *io::open_directory(dir_.path());
};

TEST_F(IoTest, AFileKeepsItsTimeOfBirthWhateverIsWrittenToIt) {
  Fd const fd = make("a");
  auto const born = io::birth_time_ns(fd.get());
  if (born == 0) GTEST_SKIP() << "this file system does not say when a file was made";

  fs::last_write_time(dir_ / "a", fs::file_time_type::clock::now() - std::chrono::hours{1});
  ASSERT_TRUE(write(fd.get(), test::pattern(0, 100), 0));

  EXPECT_EQ(io::birth_time_ns(fd.get()), born);
  EXPECT_EQ(io::birth_time_ns(-1), 0);
}

TEST_F(IoTest, MoreBuffersThanOneCallTakesAreAllWritten) {
  Fd const fd = make("a");
  auto const bytes = test::pattern(0, 20'000);  // 2,858 buffers

  EXPECT_TRUE(write(fd.get(), bytes, 100));

  EXPECT_EQ(read(fd.get(), bytes.size(), 100), bytes);
}

TEST_F(IoTest, ShortAndInterruptedTransfersAreContinued) {
  Fd const fd = make("a");
  auto const bytes = test::pattern(0, 1000);
  auto const limping = [](std::uint64_t nth) {
    if (nth % 3 == 0) return io::Fault{.error = EINTR};
    if (nth % 3 == 1) return io::Fault{.error = EAGAIN};
    return io::Fault{.bytes_max = 1 + nth % 11};
  };

  {
    FileFaults const faults{Op::kWrite, limping};
    ASSERT_TRUE(write(fd.get(), bytes, 0));
  }
  std::vector<std::byte> got(bytes.size());
  {
    FileFaults const faults{Op::kRead, limping};
    ASSERT_TRUE(io::read_at(fd.get(), got, 0));
  }

  EXPECT_EQ(got, bytes);
}

TEST_F(IoTest, WriteThatMovesNothingIsAnErrorNotASpin) {
  Fd const fd = make("a");
  FileFaults const faults{Op::kWrite, [](std::uint64_t) { return io::Fault{.bytes_max = 0}; }};

  auto const written = write(fd.get(), test::pattern(0, 10), 0);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error(), (Error{Errc::kDiskIo, EIO}));
  EXPECT_EQ(faults.calls(Op::kWrite), 1u);
}

TEST_F(IoTest, FileThatIsAlwaysBusyIsAnErrorNotASpin) {
  Fd const fd = make("a");
  FileFaults const faults{Op::kWrite, FileFaults::always(EAGAIN)};

  EXPECT_FALSE(write(fd.get(), test::pattern(0, 10), 0));
}

TEST_F(IoTest, ErrorsKeepTheirErrno) {
  Fd const fd = make("a");
  for (int const error : {ENOSPC, EDQUOT, EIO, EFBIG, EROFS}) {
    FileFaults const faults{Op::kWrite, FileFaults::always(error)};

    auto const written = write(fd.get(), test::pattern(0, 10), 0);

    ASSERT_FALSE(written);
    EXPECT_EQ(written.error(), (Error{errc_from_file_errno(error), error}));
  }
}

TEST_F(IoTest, EndOfFileIsNotFound) {
  Fd const fd = make("a");
  ASSERT_TRUE(write(fd.get(), test::pattern(0, 10), 0));
  std::vector<std::byte> into(11);

  auto const got = io::read_at(fd.get(), into, 0);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kNotFound);
}

TEST_F(IoTest, CachedReadWouldBlockWhereTheKernelSaysSo) {
  Fd const fd = make("a");
  ASSERT_TRUE(write(fd.get(), test::pattern(0, 10), 0));
  std::vector<std::byte> into(10);
  bool const in_memory = io::file_system_magic(fd.get()) == kTmpfs;
  for (int const error : {EAGAIN, in_memory ? ENOSYS : EOPNOTSUPP}) {
    FileFaults const faults{Op::kReadCached, FileFaults::always(error)};

    auto const got = io::read_cached_at(fd.get(), into, 0);

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::kWouldBlock);
  }
}

// tmpfs refuses RWF_NOWAIT with what says "never" elsewhere, and yet nothing is to wait for.
TEST(Io, AFileThatLivesInMemoryIsAlwaysCached) {
  std::string name = "/dev/shm/btfast-test-XXXXXX";
  Fd const fd{::mkstemp(name.data())};
  if (!fd || io::file_system_magic(fd.get()) != kTmpfs) GTEST_SKIP() << "no tmpfs here";
  ::unlink(name.c_str());
  auto const content = test::pattern(0, 100'000);
  ASSERT_EQ(::pwrite(fd.get(), content.data(), content.size(), 0), 100'000);
  std::vector<std::byte> into(60'000);

  auto const got = io::read_cached_at(fd.get(), into, 40'000);

  ASSERT_TRUE(got);
  EXPECT_EQ(into, test::pattern(40'000, 60'000));
  EXPECT_EQ(io::read_cached_at(fd.get(), into, 40'001).error().code, Errc::kNotFound);
}

// Of ten bytes, where the file system knows RWF_NOWAIT; tmpfs, on which /tmp often lies, does not.
Fd file_that_may_block() {
  for (fs::path const& folder : {fs::temp_directory_path(), fs::path{"/var/tmp"}, fs::path{"."}}) {
    std::string name = (folder / "btfast-test-XXXXXX").string();
    Fd fd{::mkstemp(name.data())};
    if (!fd) continue;
    ::unlink(name.c_str());
    std::array<char, 10> bytes{};
    iovec const buffer{bytes.data(), bytes.size()};
    if (::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != 10) continue;
    if (::preadv2(fd.get(), &buffer, 1, 0, RWF_NOWAIT) == 10 || errno == EAGAIN) return fd;
  }
  return Fd{};
}

TEST(Io, CachedReadOfHalfResidentBytesWouldBlock) {
  Fd const fd = file_that_may_block();
  if (!fd) GTEST_SKIP() << "no file system here knows RWF_NOWAIT";
  std::vector<std::byte> into(10);
  FileFaults const faults{Op::kReadCached, [](std::uint64_t nth) {
                            return nth == 1 ? io::Fault{.bytes_max = 5}
                                            : io::Fault{.error = EAGAIN};
                          }};

  auto const got = io::read_cached_at(fd.get(), into, 0);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kWouldBlock);
  EXPECT_EQ(faults.calls(Op::kReadCached), 2u);
}

TEST_F(IoTest, HolesAreToldFromData) {
  Fd const fd = make("a");
  ASSERT_TRUE(io::truncate(fd.get(), 4 << 20));
  if (!io::is_hole(fd.get(), 0, 4 << 20)) GTEST_SKIP() << "no holes on this file system";
  ASSERT_TRUE(write(fd.get(), test::pattern(0, 4096), 2 << 20));

  EXPECT_TRUE(io::is_hole(fd.get(), 0, 1 << 20));
  EXPECT_FALSE(io::is_hole(fd.get(), 0, (2 << 20) + 1));
  EXPECT_TRUE(io::is_hole(fd.get(), 3 << 20, 1 << 20));
  EXPECT_FALSE(io::is_hole(fd.get(), 4 << 20, 1)) << "past the end is missing, not zero";
}

TEST_F(IoTest, DirectoriesAreMadeAndFoundAgain) {
  ASSERT_TRUE(io::make_directories((dir_ / "x/y/z").string()));
  ASSERT_TRUE(io::make_directories((dir_ / "x/y/z/").string()));
  EXPECT_TRUE(fs::is_directory(dir_ / "x/y/z"));

  ASSERT_TRUE(io::make_directories_beneath(root_.get(), "p/q/r"));
  ASSERT_TRUE(io::make_directories_beneath(root_.get(), "p/q/r"));
  EXPECT_TRUE(fs::is_directory(dir_ / "p/q/r"));
}

TEST_F(IoTest, DirectoryCannotBeMadeOverAFile) {
  std::ofstream{dir_ / "x"} << "file";

  ASSERT_FALSE(io::make_directories((dir_ / "x/y").string()));
  EXPECT_FALSE(io::make_directories_beneath(root_.get(), "x/y"));
}

// Every case runs with openat2 and with the walk that replaces it on other kernels.
class OpenBeneath : public testing::TestWithParam<bool> {
 protected:
  OpenBeneath() {
    fs::create_directory(dir_ / "root");
    fs::create_directory(dir_ / "outside");
    std::ofstream{dir_ / "outside/secret"} << "secret";
    root_ = *io::open_directory((dir_ / "root").string());
  }
  Errc refusal(std::string const& path) {
    auto const made = io::create_beneath(root_.get(), path, 0600);
    auto const opened = io::open_beneath(root_.get(), path, io::Access::kRead);
    EXPECT_FALSE(made) << path;
    EXPECT_FALSE(opened) << path;
    if (made || opened) return Errc::kInternal;
    EXPECT_EQ(made.error().code, opened.error().code);
    return made.error().code;
  }

  test::TempDir dir_;
  Fd root_;
  FileFaults faults_{Op::kOpenSafe, FileFaults::always(GetParam() ? ENOSYS : 0)};
};

TEST_P(OpenBeneath, OpensWhatIsThereAndMakesWhatIsNot) {
  fs::create_directories(dir_ / "root/a/b");

  EXPECT_TRUE(io::create_beneath(root_.get(), "a/b/c", 0600));
  EXPECT_TRUE(io::open_beneath(root_.get(), "a/b/c", io::Access::kWrite));
  EXPECT_TRUE(io::open_directory_beneath(root_.get(), "a/b"));
  auto const missing = io::open_beneath(root_.get(), "a/b/d", io::Access::kWrite);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
}

TEST_P(OpenBeneath, RefusesPathsThatAreNotPlain) {
  for (auto const* path :
       {"", "/", "/etc/passwd", "..", "../outside/secret", "a/../b", "./a", "a//b", "a/", "."}) {
    EXPECT_EQ(refusal(path), Errc::kUnsafePath) << path;
  }
  EXPECT_EQ(refusal(std::string{"a\0b", 3}), Errc::kUnsafePath);
}

TEST_P(OpenBeneath, RefusesLinksAtTheEndAndOnTheWay) {
  fs::create_symlink("../outside/secret", dir_ / "root/file");
  fs::create_directory_symlink("../outside", dir_ / "root/dir");
  fs::create_symlink("../outside/new", dir_ / "root/dangling");
  fs::create_directory_symlink(".", dir_ / "root/self");

  EXPECT_EQ(refusal("file"), Errc::kUnsafePath);
  EXPECT_EQ(refusal("dir/secret"), Errc::kUnsafePath);
  EXPECT_EQ(refusal("dangling"), Errc::kUnsafePath);
  EXPECT_EQ(refusal("self/x"), Errc::kUnsafePath);
  EXPECT_FALSE(io::make_directories_beneath(root_.get(), "dir/x"));
  EXPECT_FALSE(fs::exists(dir_ / "outside/new"));
  EXPECT_FALSE(fs::exists(dir_ / "outside/x"));
}

TEST_P(OpenBeneath, ToBeReadLinksAreFollowedWhereverTheyLead) {
  fs::create_symlink("../outside/secret", dir_ / "root/file");
  fs::create_directory_symlink(dir_ / "outside", dir_ / "root/dir");
  fs::create_symlink("../outside/new", dir_ / "root/dangling");
  fs::create_symlink("/dev/null", dir_ / "root/device");
  fs::create_symlink("loop", dir_ / "root/loop");
  auto const open = [&](char const* path) { return io::open_through_links(root_.get(), path); };

  EXPECT_TRUE(open("file"));
  EXPECT_TRUE(open("dir/secret"));
  EXPECT_EQ(open("dangling").error().code, Errc::kNotFound);
  EXPECT_EQ(open("device").error().code, Errc::kUnsafePath);
  EXPECT_EQ(open("loop").error().code, Errc::kUnsafePath);
  EXPECT_EQ(open("../outside/secret").error().code, Errc::kUnsafePath) << "the torrent's word";
  EXPECT_EQ(open("dir").error().code, Errc::kUnsafePath);
}

TEST_P(OpenBeneath, ANewFileIsNewOrNotMade) {
  fs::create_symlink("../outside/new", dir_ / "root/dangling");

  EXPECT_TRUE(io::create_new_beneath(root_.get(), "a", 0600));
  EXPECT_EQ(io::create_new_beneath(root_.get(), "a", 0600).error().sys_errno, EEXIST);
  EXPECT_FALSE(io::create_new_beneath(root_.get(), "dangling", 0600));
  EXPECT_FALSE(fs::exists(dir_ / "outside/new"));
}

TEST_P(OpenBeneath, RefusesFifosAndDirectoriesWithoutHanging) {
  ASSERT_EQ(mkfifo((dir_ / "root/fifo").c_str(), 0600), 0);
  fs::create_directory(dir_ / "root/dir");

  EXPECT_EQ(refusal("fifo"), Errc::kUnsafePath);
  EXPECT_EQ(refusal("dir"), Errc::kUnsafePath);
}

TEST_P(OpenBeneath, FollowsTheHeldDirectoryNotItsName) {
  fs::rename(dir_ / "root", dir_ / "moved");
  fs::create_directory(dir_ / "root");

  ASSERT_TRUE(io::create_beneath(root_.get(), "a", 0600));

  EXPECT_TRUE(fs::exists(dir_ / "moved/a"));
  EXPECT_FALSE(fs::exists(dir_ / "root/a"));
}

// Method: a rival turns the directory into a link to the outside and back as fast as it
// can.  Whoever follows the link once leaves a file outside.  (Checked by mutation: openat2
// without its resolve flags, and a walk without O_NOFOLLOW, fail here.)
TEST_P(OpenBeneath, NeverFollowsALinkSwappedInMeanwhile) {
  fs::create_directory(dir_ / "root/t");
  int made = 0;
  {
    std::jthread const rival{[&](std::stop_token stop) {
      std::error_code ignored;
      while (!stop.stop_requested()) {
        fs::rename(dir_ / "root/t", dir_ / "root/aside", ignored);
        fs::create_directory_symlink("../outside", dir_ / "root/t", ignored);
        fs::remove(dir_ / "root/t", ignored);
        fs::rename(dir_ / "root/aside", dir_ / "root/t", ignored);
      }
    }};
    // The rival may hold the name for a whole slice of a busy machine: try until it let
    // enough through, which takes milliseconds, and give up after a minute.
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    for (int i = 0; i < 10'000 || made < 100; ++i) {
      if (io::create_beneath(root_.get(), "t/" + std::to_string(i), 0600)) ++made;
      if (i % 1'000 == 0 && std::chrono::steady_clock::now() > deadline) break;
    }
  }

  auto const outside = std::distance(fs::directory_iterator{dir_ / "outside"}, {});
  EXPECT_EQ(outside, 1) << "only the secret was there";
  EXPECT_GE(made, 100) << "the race never let one through: it proves nothing";
}

INSTANTIATE_TEST_SUITE_P(BothWays, OpenBeneath, testing::Values(false, true),
                         [](auto const& how) { return how.param ? "Walk" : "Openat2"; });

}  // namespace
}  // namespace btfast::storage
