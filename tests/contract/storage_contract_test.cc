// What every Storage must do, run against each of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/file_storage.h"
#include "storage/memory_storage.h"
#include "storage/partial_storage.h"
#include "tests/support/file_faults.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast::storage {
namespace {

using test::FileFaults;
using test::pattern;

// While it lives, the calls asked for fail as a disk would make them.
using FaultGuard = std::shared_ptr<void>;

FaultGuard fail(io::Op op, std::uint64_t first, std::uint64_t count, int error) {
  return std::make_shared<FileFaults>(op, [=](std::uint64_t nth) {
    return io::Fault{.error = nth >= first && nth - first < count ? error : 0};
  });
}

// A storage in files, with the faults injected below it.
class InFiles {
 public:
  explicit InFiles(FileMap map) : storage_((dir_ / "out").string(), std::move(map)) {}
  Storage& storage() { return storage_; }
  FaultGuard fail_writes(std::uint64_t first, std::uint64_t count, int error) {
    return fail(io::Op::kWrite, first, count, error);
  }
  FaultGuard fail_reads(std::uint64_t first, std::uint64_t count, int error) {
    return fail(io::Op::kRead, first, count, error);
  }
  void remove_file(FileIndex file) { std::filesystem::remove(storage_.path_of(file)); }

 private:
  test::TempDir dir_;
  FileStorage storage_;
};

// As InFiles, with every other file not wanted, and pieces so large that all of it lies in
// wanted ones: the part file has what those files would.
class InParts {
 public:
  explicit InParts(FileMap map)
      : storage_((dir_ / "out").string(), map, {{}, kGiB}, every_other(map.files().size())) {}
  Storage& storage() { return storage_; }
  FaultGuard fail_writes(std::uint64_t first, std::uint64_t count, int error) {
    return fail(io::Op::kWrite, first, count, error);
  }
  FaultGuard fail_reads(std::uint64_t first, std::uint64_t count, int error) {
    return fail(io::Op::kRead, first, count, error);
  }
  void remove_file(FileIndex file) { std::filesystem::remove(storage_.files().path_of(file)); }

 private:
  static std::vector<bool> every_other(std::size_t count) {
    std::vector<bool> wanted(count, true);
    for (std::size_t f = 0; count > 1 && f < count; f += 2) wanted[f] = false;
    return wanted;
  }
  test::TempDir dir_;
  PartialStorage storage_;
};

class InMemory {
 public:
  explicit InMemory(FileMap map) : storage_(std::move(map)) {}
  Storage& storage() { return storage_; }
  FaultGuard fail_writes(std::uint64_t first, std::uint64_t count, int error) {
    storage_.fail_writes(storage_.writes() + first, count, error);
    return {this, [](InMemory* self) { self->storage_.fail_writes(MemoryStorage::kNever, 0, 0); }};
  }
  FaultGuard fail_reads(std::uint64_t first, std::uint64_t count, int error) {
    storage_.fail_reads(first, count, error);
    return {this, [](InMemory* self) { self->storage_.fail_reads(MemoryStorage::kNever, 0, 0); }};
  }
  void remove_file(FileIndex file) { storage_.remove_file(file); }

 private:
  MemoryStorage storage_;
};

template <class Place>
class StorageContract : public testing::Test {
 protected:
  Storage& make(std::vector<FileSpec> files) {
    place_ = std::make_unique<Place>(FileMap{std::move(files)});
    auto const prepared = place_->storage().prepare();
    EXPECT_TRUE(prepared) << (prepared ? "" : failure_text(prepared.error()));
    return place_->storage();
  }
  static Outcome write(Storage& storage, std::uint64_t offset, std::uint64_t length) {
    auto bytes = pattern(offset, length);
    // Three uneven buffers: the second ends where no file does.
    std::size_t const third = bytes.size() / 3;
    std::vector<iovec> const list{{bytes.data(), third},
                                  {bytes.data() + third, third},
                                  {bytes.data() + 2 * third, bytes.size() - 2 * third}};
    return storage.write(offset, list);
  }
  static std::vector<std::byte> read(Storage& storage, std::uint64_t offset, std::uint64_t length) {
    std::vector<std::byte> out(static_cast<std::size_t>(length), std::byte{0xEE});
    auto const got = storage.read(offset, out);
    EXPECT_TRUE(got) << (got ? "" : failure_text(got.error()));
    return out;
  }

  std::unique_ptr<Place> place_;
};

using Places = testing::Types<InFiles, InParts, InMemory>;
class PlaceNames {
 public:
  template <class T>
  static std::string GetName(int) {  // NOLINT: gtest's name
    if (std::is_same_v<T, InFiles>) return "Files";
    return std::is_same_v<T, InParts> ? "Parts" : "Memory";
  }
};
TYPED_TEST_SUITE(StorageContract, Places, PlaceNames);

TYPED_TEST(StorageContract, ReadsBackWhatWasWrittenWhateverTheRanges) {
  Storage& storage = this->make({{"a", 100}, {"e", 0}, {"d/b", 1}, {"d/c", 99}, {"f", 0}});

  for (std::uint64_t at = 0; at < 200; at += 40) ASSERT_TRUE(this->write(storage, at, 40));

  for (std::uint64_t from = 0; from < 200; from += 13) {
    for (std::uint64_t length = 0; from + length <= 200; length += 17) {
      EXPECT_EQ(this->read(storage, from, length), pattern(from, length));
    }
  }
}

TYPED_TEST(StorageContract, UnwrittenBytesAreZeros) {
  Storage& storage = this->make({{"a", 50}, {"b", 50}});

  EXPECT_EQ(this->read(storage, 25, 50), std::vector<std::byte>(50));
}

TYPED_TEST(StorageContract, PadsSwallowWritesAndReadAsZeros) {
  Storage& storage = this->make({{"a", 10}, {".pad/6", 6, true}, {"b", 10}});

  ASSERT_TRUE(this->write(storage, 0, 26));

  auto expected = pattern(0, 26);
  std::fill_n(expected.begin() + 10, 6, std::byte{0});
  EXPECT_EQ(this->read(storage, 0, 26), expected);
}

TYPED_TEST(StorageContract, TryReadGivesTheBytesOrSaysItWouldBlock) {
  Storage& storage = this->make({{"a", 100}});
  ASSERT_TRUE(this->write(storage, 0, 100));
  std::vector<std::byte> into(60);

  auto const got = storage.try_read(20, into);

  if (got) {
    EXPECT_EQ(into, pattern(20, 60));
  } else {
    EXPECT_EQ(got.error().code, Errc::kWouldBlock);
  }
}

TYPED_TEST(StorageContract, HoleIsNeverClaimedOverWrittenBytes) {
  Storage& storage = this->make({{"a", 1 << 20}, {".pad/4", 4, true}});
  ASSERT_TRUE(this->write(storage, 500'000, 1));

  EXPECT_FALSE(storage.is_hole(0, 1 << 20));
  EXPECT_FALSE(storage.is_hole(500'000, 1));
}

TYPED_TEST(StorageContract, WritersOfDifferentPiecesDoNotDisturbEachOther) {
  constexpr std::uint64_t kPiece = 1000;
  constexpr std::uint64_t kPieces = 200;
  std::vector<FileSpec> files;
  for (int f = 0; f < 50; ++f) files.push_back({"f" + std::to_string(f), kPiece * kPieces / 50});
  Storage& storage = this->make(std::move(files));
  std::atomic<std::uint64_t> next{0};
  std::atomic<int> failures{0};

  auto const writer = [&] {
    for (std::uint64_t p = next++; p < kPieces; p = next++) {
      if (!this->write(storage, p * kPiece, kPiece)) ++failures;
    }
  };
  { std::jthread const a{writer}, b{writer}, c{writer}; }

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(this->read(storage, 0, kPiece * kPieces), pattern(0, kPiece * kPieces));
}

TYPED_TEST(StorageContract, FailedWriteSaysWhyNamesThePathAndMayBeRepeated) {
  Storage& storage = this->make({{"dir/name", 100}});
  {
    auto const faults = this->place_->fail_writes(1, 1, ENOSPC);
    auto const written = this->write(storage, 0, 100);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().error(), (Error{Errc::kDiskFull, ENOSPC}));
    EXPECT_NE(written.error().detail.find("dir/name"), std::string::npos);
  }

  EXPECT_TRUE(this->write(storage, 0, 100));
  EXPECT_EQ(this->read(storage, 0, 100), pattern(0, 100));
}

TYPED_TEST(StorageContract, DiskFullAtEveryWriteInTurnLosesNothingWrittenBefore) {
  constexpr std::uint64_t kPieces = 10;
  Storage& storage = this->make({{"a", 150}, {"b", 850}});
  for (std::uint64_t k = 1; k <= kPieces; ++k) {
    auto const faults = this->place_->fail_writes(k, 1, ENOSPC);
    std::uint64_t failed = kPieces;
    for (std::uint64_t p = 0; p < kPieces && failed == kPieces; ++p) {
      if (!this->write(storage, p * 100, 100)) failed = p;
    }

    EXPECT_LT(failed, k);
    EXPECT_EQ(this->read(storage, 0, failed * 100), pattern(0, failed * 100));
  }
}

TYPED_TEST(StorageContract, FailedReadSaysWhyAndNamesThePath) {
  Storage& storage = this->make({{"dir/name", 100}});
  auto const faults = this->place_->fail_reads(1, 1, EIO);
  std::vector<std::byte> into(100);

  auto const got = storage.read(0, into);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().error(), (Error{Errc::kDiskIo, EIO}));
  EXPECT_NE(got.error().detail.find("dir/name"), std::string::npos);
}

TYPED_TEST(StorageContract, MissingFileIsNotFoundAndItsNeighboursStillRead) {
  Storage& storage = this->make({{"a", 10}, {"gone", 10}, {"b", 10}});
  this->place_->remove_file(FileIndex{1});
  std::vector<std::byte> into(30);

  auto const got = storage.read(0, into);

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::kNotFound);
  EXPECT_NE(got.error().detail.find("gone"), std::string::npos);
  EXPECT_TRUE(storage.read(0, std::span{into}.first(10)));
  EXPECT_TRUE(storage.read(20, std::span{into}.first(10)));
}

TYPED_TEST(StorageContract, SyncSucceedsWithAndWithoutWrites) {
  Storage& storage = this->make({{"a", 10}});

  EXPECT_TRUE(storage.sync());
  ASSERT_TRUE(this->write(storage, 0, 10));
  EXPECT_TRUE(storage.sync());
}

}  // namespace
}  // namespace btfast::storage
