#include "engine/bench/disk_bench.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "engine/base/rng.h"
#include "engine/base/sha1.h"
#include "engine/base/thread.h"
#include "storage/allocate.h"
#include "storage/gather.h"
#include "storage/io.h"

namespace btfast::bench {
namespace {

namespace io = storage::io;

constexpr std::size_t kPieceBytes = kMiB;
constexpr std::uint64_t kLeastBytes = 16 * kMiB;
constexpr std::size_t kLanes = Sha1Lanes::kMax;
constexpr std::size_t kReadBytes = 64 * kKiB;  // of each lane in turn, as PieceChecker does

Failure failure_of(Error error, std::string const& dir) {
  return {error.code, error.sys_errno, dir};
}

// A file of `bytes`, or half the room there is; its name is gone at once.
struct Scratch {
  storage::Fd file;
  StageRate laid_out;  // as a download would lay it out
};
Expected<Scratch> make_scratch(std::string const& dir, std::uint64_t bytes) {
  auto root = io::open_directory(dir);
  if (!root) return root.error();
  std::array<std::byte, 8> unique{};
  (void)secure_random(unique);
  std::string const name = ".btfast-bench-" + to_hex(unique);
  auto file = io::create_beneath(root->get(), name, 0600);
  if (!file) return file.error();
  if (auto const gone = io::unlink(root->get(), name); !gone) return gone.error();
  std::error_code unknown;
  auto const space = std::filesystem::space(dir, unknown);
  if (!unknown) bytes = std::min<std::uint64_t>(bytes, space.available / 2);
  bytes = std::max(bytes, kLeastBytes);
  double const cpu = process_cpu_s();
  Stopwatch const watch;
  auto const laid_out =
      storage::lay_out(file->get(), {}, bytes, storage::default_alloc_mode(root->get()));
  if (!laid_out) return laid_out.error();
  return Scratch{*std::move(file), {bytes, watch.seconds(), process_cpu_s() - cpu}};
}

// With what laying out its part of the file took.
StageRate with_share(StageRate rate, StageRate const& laid_out) {
  double const share = static_cast<double>(rate.bytes) / static_cast<double>(laid_out.bytes);
  rate.wall_s += share * laid_out.wall_s;
  rate.cpu_s += share * laid_out.cpu_s;
  return rate;
}

// Piece i holds pattern i % kLanes.
struct Patterns {
  std::array<std::vector<std::byte>, kLanes> bytes;
  std::array<Sha1Digest, kLanes> digests;

  Patterns() {
    Rng rng{1};
    for (std::size_t i = 0; i < kLanes; ++i) {
      bytes[i].resize(kPieceBytes);
      for (auto& byte : bytes[i]) byte = static_cast<std::byte>(rng.next());
      digests[i] = sha1(bytes[i]);
    }
  }
};

class DiskRun {
 public:
  DiskRun(Scratch const& scratch, DiskBenchOptions const& options, Watcher const& watcher)
      : fd_(scratch.file.get()),
        options_(options),
        watcher_(watcher),
        groups_(scratch.laid_out.bytes / kPieceBytes / kLanes) {}

  // As many groups of kLanes pieces as there are, or as time allows.
  Result<StageRate> write() {
    TimedStep const step{watcher_, {}, options_.each};
    auto const rate =
        run(step, groups_, [this](std::uint64_t group) { return write_group(group); });
    if (rate) written_groups_ = rate->bytes / (kPieceBytes * kLanes);
    return rate;
  }
  Result<StageRate> read_verified() {
    TimedStep const step{watcher_, options_.each, options_.each};
    return run(step, written_groups_, [this](std::uint64_t group) { return read_group(group); });
  }
  std::optional<Error> failure() const {
    if (failed_.load() == 0) return std::nullopt;
    return Error{static_cast<Errc>(failed_.load() - 1), errno_.load()};
  }

 private:
  Result<StageRate> run(TimedStep const& step, std::uint64_t groups,
                        std::function<bool(std::uint64_t)> const& once) {
    std::atomic<std::uint64_t> next{0};
    std::atomic<std::uint64_t> done{0};
    double const cpu = process_cpu_s();
    auto const ran = run_on_threads(options_.workers, [&](std::size_t) {
      // In order, so that the groups done are the first ones.
      while (!step.over() && failed_.load() == 0) {
        auto const group = next.fetch_add(1);
        if (group >= groups || !once(group)) return;
        done.fetch_add(1);
      }
    });
    if (!ran) return ran.error();
    return StageRate{done.load() * kLanes * kPieceBytes, step.seconds(), process_cpu_s() - cpu};
  }

  bool write_group(std::uint64_t group) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      auto const& bytes = patterns_.bytes[i];
      iovec const from{const_cast<std::byte*>(bytes.data()), bytes.size()};
      storage::Gather gather{{&from, 1}};
      auto const wrote = io::write_at(fd_, gather, kPieceBytes, offset_of(group, i));
      if (!wrote) return fail(wrote.error());
    }
    return true;
  }
  bool read_group(std::uint64_t group) {
    thread_local std::vector<std::byte> buffer(kLanes * kReadBytes);
    std::array<Sha1, kLanes> hashes;
    for (std::size_t at = 0; at < kPieceBytes; at += kReadBytes) {
      std::array<Sha1Lanes::Lane, kLanes> lanes;
      for (std::size_t i = 0; i < kLanes; ++i) {
        auto const part = std::span{buffer}.subspan(i * kReadBytes, kReadBytes);
        auto const read = io::read_at(fd_, part, offset_of(group, i) + at);
        if (!read) return fail(read.error());
        lanes[i] = {&hashes[i], part};
      }
      Sha1Lanes::update(lanes);
    }
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (hashes[i].finish() != patterns_.digests[i]) return fail({Errc::kDiskIo});
    }
    return true;
  }
  static std::uint64_t offset_of(std::uint64_t group, std::size_t lane) noexcept {
    return (group * kLanes + lane) * kPieceBytes;
  }
  bool fail(Error error) noexcept {
    errno_.store(error.sys_errno);
    failed_.store(static_cast<int>(error.code) + 1);
    return false;
  }

  // Immutable after construction.
  Patterns const patterns_;
  int const fd_;
  DiskBenchOptions const& options_;
  Watcher const& watcher_;
  std::uint64_t const groups_;
  // The caller's thread only.
  std::uint64_t written_groups_ = 0;
  // Atomic: an Errc + 1, 0 for none.
  std::atomic<int> failed_{0};
  std::atomic<int> errno_{0};
};

}  // namespace

Result<DiskBench> bench_disk(DiskBenchOptions const& options, Watcher const& watcher) {
  auto const scratch = make_scratch(options.dir, options.bytes);
  if (!scratch) return failure_of(scratch.error(), options.dir);
  DiskRun run{*scratch, options, watcher};
  DiskBench out;
  auto const wrote = run.write();
  if (!wrote) return wrote.error();
  out.write = with_share(*wrote, scratch->laid_out);
  Stopwatch const syncing;
  double const cpu = process_cpu_s();
  auto const synced = io::sync_data(scratch->file.get());
  if (!synced) return failure_of(synced.error(), options.dir);
  out.write_synced = out.write;
  out.write_synced.wall_s += syncing.seconds();
  out.write_synced.cpu_s += process_cpu_s() - cpu;
  if (!run.failure()) {
    auto const read = run.read_verified();
    if (!read) return read.error();
    out.read_verified = *read;
  }
  if (auto const failed = run.failure()) return failure_of(*failed, options.dir);
  return out;
}

}  // namespace btfast::bench
