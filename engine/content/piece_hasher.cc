#include "engine/content/piece_hasher.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <thread>

#include "engine/base/buffer_pool.h"
#include "engine/base/sha1.h"
#include "engine/base/thread.h"
#include "engine/content/read_order.h"

namespace btfast {
namespace {

constexpr std::size_t kLanes = Sha1Lanes::kMax;
// Four chunks stay in a core's own cache between the reading and the hashing.
constexpr std::size_t kChunkBytes = 256 * kKiB;
constexpr std::uint64_t kReadAheadMax = 8 * kMiB;

// What the threads share: groups of neighbouring pieces are handed out, and each digest has one
// writer.
struct Work {
  storage::Storage& storage;
  PieceGeometry const& geometry;
  std::vector<Sha1Digest>& digests;
  ReadOrder order;
  HashWatch const& watch;
  std::atomic<bool> stop{false};  // someone failed
};

// One thread's turn: a group's pieces are read and hashed side by side, a chunk each in
// turn, because independent streams hash faster than one (sha1.h).
class GroupHasher {
 public:
  explicit GroupHasher(Work& work) : work_(work), buffer_(kLanes * kChunkBytes) {}

  Outcome run() {
    // relaxed: a hint; joining the threads orders what they did.
    while (!work_.stop.load(std::memory_order_relaxed)) {
      if (work_.watch.stop.stop_requested()) return Failure{Errc::kCancelled, "interrupted"};
      auto const group = work_.order.take();
      if (!group) break;
      auto const ok = hash_group(*group);
      work_.order.done(*group);
      if (!ok) {
        work_.stop.store(true, std::memory_order_relaxed);
        return ok;
      }
    }
    return kOk;
  }

 private:
  // REQUIRES: no more pieces than lanes.
  Outcome hash_group(PieceRun const& pieces) {
    std::uint32_t const first = pieces.first;
    std::size_t const count = pieces.end - first;
    for (std::size_t i = 0; i < count; ++i) hashes_[i].reset();
    std::uint64_t const offset = work_.geometry.piece_offset(PieceIndex{first});
    std::uint64_t const group = std::uint64_t{count} * work_.geometry.piece_length();
    work_.storage.will_read(offset,
                            std::min({group, work_.geometry.total_size() - offset, kReadAheadMax}));
    for (std::uint32_t at = 0; at < work_.geometry.piece_length(); at += kChunkBytes) {
      if (auto const ok = hash_chunks(first, count, at); !ok) return ok;
    }
    for (std::size_t i = 0; i < count; ++i) work_.digests[first + i] = hashes_[i].finish();
    return kOk;
  }

  // The chunk at `at` of each piece that reaches so far.
  Outcome hash_chunks(std::uint32_t first, std::size_t count, std::uint32_t at) {
    std::array<Sha1Lanes::Lane, kLanes> lanes{};
    std::size_t used = 0;
    std::uint64_t hashed = 0;
    for (std::size_t i = 0; i < count; ++i) {
      PieceIndex const piece{first + static_cast<std::uint32_t>(i)};
      std::uint32_t const size = work_.geometry.piece_size(piece);
      if (at >= size) continue;
      auto const bytes =
          buffer_.bytes().subspan(i * kChunkBytes, std::min<std::size_t>(kChunkBytes, size - at));
      auto const read = work_.storage.read(work_.geometry.piece_offset(piece) + at, bytes);
      if (!read) return read;
      lanes[used++] = {&hashes_[i], bytes};
      hashed += bytes.size();
    }
    Sha1Lanes::update(std::span{lanes}.first(used));
    if (work_.watch.hashed) work_.watch.hashed(hashed);
    return kOk;
  }

  Work& work_;
  HugeBuffer buffer_;
  std::array<Sha1, kLanes> hashes_;
};

}  // namespace

Result<std::vector<Sha1Digest>> hash_pieces(storage::Storage& storage,
                                            PieceGeometry const& geometry, unsigned jobs,
                                            HashWatch const& watch) {
  if (jobs == 0) jobs = std::max(1u, std::thread::hardware_concurrency());
  jobs = std::min(jobs, geometry.piece_count() / static_cast<unsigned>(kLanes) + 1);
  std::vector<Sha1Digest> digests(geometry.piece_count());
  Work work{storage, geometry, digests,
            ReadOrder{geometry, storage.extents(), static_cast<std::uint32_t>(kLanes)}, watch};
  std::vector<Outcome> outcomes(jobs, kOk);
  {
    std::vector<Thread> threads;  // joined at the end
    for (auto& outcome : outcomes) {
      auto thread =
          Thread::start([&work, &outcome]() noexcept { outcome = GroupHasher{work}.run(); });
      if (thread) {
        threads.push_back(*std::move(thread));
      } else if (threads.empty()) {  // otherwise those that run do all
        return thread.error();
      }
    }
  }
  for (auto& outcome : outcomes) {
    if (!outcome) return outcome.error();
  }
  return digests;
}

}  // namespace btfast
