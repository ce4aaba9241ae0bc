// FAULTS 139: power goes.  What was written and not synced is there, or not, or half of it,
// and times are no help; what the control file claims must be there all the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "engine/torrent/checkpointer.h"
#include "engine/torrent/resume_file.h"
#include "storage/file_storage.h"
#include "tests/support/file_text.h"
#include "tests/support/pattern.h"
#include "tests/support/scripted_reactor.h"
#include "tests/support/sim_executor.h"
#include "tests/support/temp_dir.h"

namespace btfast {
namespace {

using storage::FileMap;
using storage::FileStorage;
using test::pattern;

constexpr std::uint32_t kPiece = 16 * 1024;
constexpr std::uint32_t kPieces = 40;
constexpr std::uint64_t kPage = 4096;

FileMap two_files() {
  return FileMap{
      {{.path = "a", .length = 17 * kPiece + 100}, {.path = "b", .length = 23 * kPiece - 100}}};
}

// A disk that knows what a loss of power may take.
class Unsafe final : public storage::Storage {
 public:
  explicit Unsafe(std::string const& directory) : files(directory, two_files()) {}
  Outcome prepare() override { return files.prepare(); }
  Outcome write(std::uint64_t at, std::span<iovec const> from) override {
    unsynced_.push_back({at, storage::Gather::size(from)});
    return files.write(at, from);
  }
  Outcome read(std::uint64_t at, std::span<std::byte> into) override {
    return files.read(at, into);
  }
  Outcome try_read(std::uint64_t at, std::span<std::byte> into) override {
    return files.try_read(at, into);
  }
  // What is written while it runs may have come too late for it.
  Outcome sync() override {
    std::size_t const begun = unsynced_.size();
    if (on_sync) on_sync();
    auto const synced = files.sync();
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(begun));
    return synced;
  }
  // Page by page what was not synced is zeros again, or not.
  void lose_power(Rng& rng) {
    for (auto const& [at, length] : unsynced_) {
      for (std::uint64_t page = at; page < at + length; page += kPage) {
        if (rng.one_in(2)) continue;
        std::vector<std::byte> zeros(std::min(kPage, at + length - page));
        iovec const list{zeros.data(), zeros.size()};
        EXPECT_TRUE(files.write(page, {&list, 1}));
      }
    }
  }

  FileStorage files;
  std::function<void()> on_sync;

 private:
  struct Range {
    std::uint64_t at = 0;
    std::uint64_t length = 0;
  };
  std::vector<Range> unsynced_;
};

// A download that writes pieces at random moments, until the power goes.
class Doomed {
 public:
  Doomed(std::uint64_t seed, std::string const& directory)
      : rng_(seed), disk_(std::make_shared<Unsafe>(directory)), readers_(seed) {
    EXPECT_TRUE(disk_->prepare());
    store_ = std::make_shared<ResumeStore>(
        disk_->files, ResumeStore::Subject{.info_hash = {}, .geometry = geometry_});
    (void)store_->plan();
    points_ = std::make_unique<Checkpointer>(
        loop_, readers_, Checkpointer::Shared{pieces_, disk_, store_}, [](Failure) {});
    disk_->on_sync = [this] { write_some(); };
    points_->start(false);
  }

  void run() {
    for (std::uint32_t turns = 3 + rng_.below(12); turns > 0; --turns) {
      write_some();
      clock_.advance(std::chrono::milliseconds{rng_.below(900)});
      loop_.run_turn(Duration{0});
      if (rng_.one_in(2)) readers_.run_all();
    }
    disk_->lose_power(rng_);
  }

  // As if every size and time agreed with the claim: the worst that can be.
  Bitfield claimed() const {
    std::string const bytes = test::file_text(store_->path());
    auto const claim = decode_resume(std::as_bytes(std::span{bytes}), {}, kPieces);
    return claim ? claim->verified : Bitfield{kPieces};
  }
  bool is_right(std::uint32_t piece) {
    std::vector<std::byte> bytes(kPiece);
    std::uint64_t const offset = std::uint64_t{piece} * kPiece;
    return disk_->read(offset, bytes) && bytes == pattern(offset, kPiece);
  }

 private:
  // As workers do: the bytes first, then the piece is there.
  void write_some() {
    for (std::uint32_t many = rng_.below(4); many > 0 && next_ < kPieces; --many, ++next_) {
      auto bytes = pattern(std::uint64_t{next_} * kPiece, kPiece);
      iovec const list{bytes.data(), bytes.size()};
      EXPECT_TRUE(disk_->write(std::uint64_t{next_} * kPiece, {&list, 1}));
      (void)std::move(*pieces_->try_claim(PieceIndex{next_})).publish_have();
    }
  }

  PieceGeometry const geometry_ = *PieceGeometry::make(kPieces * kPiece, kPiece);
  Rng rng_;
  std::shared_ptr<Unsafe> disk_;
  std::shared_ptr<PieceMap> pieces_ = std::make_shared<PieceMap>(kPieces);
  std::shared_ptr<ResumeStore> store_;
  test::ScriptedReactor reactor_;
  ManualClock clock_;
  net::EventLoop loop_{reactor_, clock_};
  test::SimExecutor readers_;
  std::unique_ptr<Checkpointer> points_;
  std::uint32_t next_ = 0;
};

// (Checked by mutation: with the snapshot taken after the sync this fails.)
TEST(CheckpointerCrash, WhatIsClaimedIsThereWhateverThePowerTook) {
  std::uint32_t claims = 0;
  std::uint32_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    test::TempDir dir;
    Doomed download{seed, dir.path().string()};

    download.run();

    Bitfield const claimed = download.claimed();
    for (std::uint32_t p = 0; p < kPieces; ++p) {
      bool const right = download.is_right(p);
      lost += right ? 0 : 1;
      if (!claimed.test(p)) continue;
      ++claims;
      EXPECT_TRUE(right) << "seed " << seed << " piece " << p;
    }
  }
  EXPECT_GT(claims, 500u);
  EXPECT_GT(lost, 500u);
}

}  // namespace
}  // namespace btfast
