// ResumeStoreFixture: runs of a program on one output, and the control file between them.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/torrent/resume_store.h"
#include "tests/support/pattern.h"
#include "tests/support/temp_dir.h"

namespace btfast {

// Three files of 2.5 pieces, an empty one and a pad; pieces 2 and 5 (in part) lie in two files.
class ResumeStoreFixture : public testing::Test {
 protected:
  static constexpr std::uint32_t kPiece = 16 * 1024;
  static constexpr InfoHash kHash{std::byte{7}};

  static storage::FileMap map() {
    std::uint64_t const length = kPiece * 5 / 2;
    return storage::FileMap{{{.path = "top/a", .length = length},
                             {.path = "top/b", .length = length},
                             {.path = "top/empty", .length = 0},
                             {.path = ".pad", .length = kPiece, .pad = true},
                             {.path = "top/sub/c", .length = length}}};
  }
  static PieceGeometry geometry() { return *PieceGeometry::make(map().total_size(), kPiece); }

  // A program's run on the output: its storage, prepared, and its store.
  struct Run {
    explicit Run(std::filesystem::path const& out, bool ignore = false,
                 InfoHash const& hash = kHash)
        : files(out.string(), map(), {.alloc = storage::AllocMode::kSparse}),
          store(files, {.info_hash = hash, .geometry = geometry(), .ignore_claim = ignore}) {
      EXPECT_TRUE(files.prepare());
      plan = store.plan();
    }
    Outcome fetch(std::vector<std::uint32_t> const& pieces, Bitfield& have) {
      for (std::uint32_t p : pieces) {
        auto const offset = geometry().piece_offset(PieceIndex{p});
        auto bytes = test::pattern(offset, geometry().piece_size(PieceIndex{p}));
        iovec const buffer{bytes.data(), bytes.size()};
        if (auto const written = files.write(offset, {&buffer, 1}); !written) return written;
        have.set(p);
      }
      return files.sync();
    }
    storage::FileStorage files;
    ResumeStore store;
    ResumePlan plan;
  };

  static void put(storage::Storage& storage, std::uint32_t p, Bitfield& have) {
    auto const offset = geometry().piece_offset(PieceIndex{p});
    auto bytes = test::pattern(offset, geometry().piece_size(PieceIndex{p}));
    iovec const buffer{bytes.data(), bytes.size()};
    ASSERT_TRUE(storage.write(offset, {&buffer, 1}));
    have.set(p);
  }
  // What the check of a start finds.
  static Bitfield hashed(storage::Storage& storage, ResumePlan const& plan) {
    Bitfield good = plan.trusted;
    for (std::uint32_t const p : set_in(plan.unsure)) {
      auto const offset = geometry().piece_offset(PieceIndex{p});
      std::vector<std::byte> bytes(geometry().piece_size(PieceIndex{p}));
      if (storage.read(offset, bytes) && bytes == test::pattern(offset, bytes.size())) good.set(p);
    }
    return good;
  }

  // What a first run fetched and saved.
  void first_run(std::vector<std::uint32_t> const& pieces) {
    Run run{out()};
    Bitfield have{geometry().piece_count()};
    ASSERT_TRUE(run.fetch(pieces, have));
    ASSERT_TRUE(run.store.save(have));
  }
  std::filesystem::path out() const { return dir_ / "out"; }
  std::filesystem::path control_file() const { return out() / "top.btfast"; }
  static std::vector<std::uint32_t> set_in(Bitfield const& bits) {
    std::vector<std::uint32_t> set;
    for (std::uint32_t p = 0; p < bits.size(); ++p) {
      if (bits.test(p)) set.push_back(p);
    }
    return set;
  }
  void touch(char const* file) const {
    auto const path = out() / file;
    std::filesystem::last_write_time(
        path, std::filesystem::last_write_time(path) + std::chrono::nanoseconds{1000});
  }

  using Pieces = std::vector<std::uint32_t>;
  test::TempDir dir_;
};

}  // namespace btfast
