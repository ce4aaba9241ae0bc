#include "engine/content/piece_checker.h"

#include <algorithm>
#include <array>
#include <latch>
#include <utility>

#include "engine/base/buffer_pool.h"
#include "engine/base/check.h"
#include "engine/base/sha1.h"

namespace btfast {
namespace {

// What is read at once of one piece.  Four of them stay in a core's own cache between the
// reading and the hashing.
constexpr std::uint32_t kReadBytes = 256 * 1024;
// Pieces up to that are read together, so much at once.
constexpr std::uint32_t kSmallBytes = 1u << 20;
static_assert(kReadBytes * Sha1Lanes::kMax <= kSmallBytes);

// Small reads of several pieces in turn look random to a disk; it is told what they add up
// to.  Of larger pieces only the beginning: they are runs long enough to be seen as such.
constexpr std::uint64_t kReadAheadMax = 8u << 20;

std::uint32_t pieces_per_job(PieceGeometry const& geometry) {
  std::uint32_t const lanes = Sha1Lanes::kMax;
  if (geometry.piece_count() == 0) return lanes;
  if (geometry.piece_length() > kReadBytes) return lanes;
  std::uint32_t const fit = kSmallBytes / geometry.piece_length();
  return std::max(lanes, fit / lanes * lanes);
}

Sha1Digest digest_of_zeros(std::uint32_t length) {
  std::vector<std::byte> const zeros(std::min(length, kReadBytes));
  Sha1 hash;
  for (std::uint32_t left = length; left > 0;) {
    auto const part = std::span{zeros}.first(std::min<std::size_t>(left, zeros.size()));
    hash.update(part);
    left -= static_cast<std::uint32_t>(part.size());
  }
  return hash.finish();
}

}  // namespace

// Up to Sha1Lanes::kMax pieces hashed side by side.
struct PieceChecker::Lanes {
  std::array<Sha1, Sha1Lanes::kMax> hashes;
  std::array<PieceIndex, Sha1Lanes::kMax> pieces;
  std::array<bool, Sha1Lanes::kMax> live{};
  std::size_t count = 0;

  explicit Lanes(PieceRun of) {
    for (std::uint32_t p = of.first; p < of.end; ++p) {
      live[count] = true;
      pieces[count++] = PieceIndex{p};
    }
  }
};

PieceChecker::PieceChecker(storage::Storage& storage, PieceGeometry geometry,
                           std::span<Sha1Digest const> hashes, Progress progress)
    : storage_(storage),
      geometry_(geometry),
      hashes_(hashes),
      progress_(std::move(progress)),
      verdicts_(geometry.piece_count(), Verdict::kUnchecked),
      order_(geometry, storage.extents(), pieces_per_job(geometry)) {
  BTF_CHECK(hashes.size() == geometry.piece_count());
}

bool PieceChecker::anything_there() {
  for (std::uint32_t p = 0; p < geometry_.piece_count(); ++p) {
    PieceIndex const piece{p};
    if (!asked_for(piece)) continue;
    if (storage_.is_there(geometry_.piece_offset(piece), geometry_.piece_size(piece))) return true;
  }
  return false;
}

void PieceChecker::start(Executor& executor, Done done) {
  done_ = std::move(done);
  int const workers = std::max(1, executor.concurrency());
  workers_left_.store(workers, std::memory_order_relaxed);  // submit() publishes it
  for (int w = 0; w < workers; ++w) {
    auto scratch = std::make_shared<HugeBuffer>(kSmallBytes);
    executor.submit([self = shared_from_this(), &executor, scratch = std::move(scratch)] {
      self->step(executor, scratch);
    });
  }
}

CheckReport PieceChecker::run(Executor& executor) {
  std::optional<CheckReport> report;
  // Shared: the executor's thread may still be inside count_down() when wait() returns.
  auto const finished = std::make_shared<std::latch>(1);
  start(executor, [&report, finished](CheckReport result) {
    report = std::move(result);
    finished->count_down();
  });
  finished->wait();
  return *std::move(report);
}

// One job: a few pieces, then itself again at the end of the executor's queue, so that
// a long check leaves room for others.
void PieceChecker::step(Executor& executor, std::shared_ptr<HugeBuffer> const& scratch) {
  bool const cancelled = cancelled_.load(std::memory_order_relaxed);
  auto const pieces = cancelled ? std::nullopt : order_.take();
  if (!pieces) {
    if (workers_left_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    auto const done = std::exchange(done_, {});  // lets go of what it holds when called
    return done(report());
  }
  check_wanted(*pieces, scratch->bytes());
  order_.done(*pieces);
  std::uint32_t const many = asked_for(*pieces);
  std::uint32_t const checked = checked_.fetch_add(many, std::memory_order_relaxed) + many;
  if (progress_ && many > 0) progress_(checked);
  executor.submit(
      [self = shared_from_this(), &executor, scratch] { self->step(executor, scratch); });
}

// In runs of neighbours, which are read together.
void PieceChecker::check_wanted(PieceRun pieces, std::span<std::byte> scratch) {
  std::uint32_t first = pieces.first;
  while (first < pieces.end) {
    std::uint32_t end = first;
    while (end < pieces.end && is_to_hash(PieceIndex{end})) ++end;
    if (end > first) check({first, end}, scratch);
    first = end + 1;
  }
}

std::uint32_t PieceChecker::asked_for(PieceRun pieces) const noexcept {
  if (!only_) return pieces.end - pieces.first;
  std::uint32_t many = 0;
  for (std::uint32_t p = pieces.first; p < pieces.end; ++p) many += only_->test(p) ? 1 : 0;
  return many;
}

// What is not there is missing without being read.
bool PieceChecker::is_to_hash(PieceIndex piece) {
  if (!asked_for(piece)) return false;
  if (storage_.is_there(geometry_.piece_offset(piece), geometry_.piece_size(piece))) return true;
  verdicts_[piece.value] = Verdict::kMissing;
  return false;
}

void PieceChecker::check(PieceRun pieces, std::span<std::byte> scratch) {
  PieceIndex const last{pieces.end - 1};
  std::uint64_t const from = geometry_.piece_offset(PieceIndex{pieces.first});
  std::uint64_t const to = geometry_.piece_offset(last) + geometry_.piece_size(last);
  if (storage_.is_hole(from, to - from)) return check_zeros(pieces);
  storage_.will_read(from, std::min(to - from, kReadAheadMax));
  bool const small = geometry_.piece_length() <= kReadBytes;
  small ? check_small(pieces, scratch) : check_large(pieces, scratch);
}

// What was never written is zeros, and zeros may be what the torrent says: no reading, and
// the hashing once.
void PieceChecker::check_zeros(PieceRun pieces) {
  std::call_once(zeros_made_, [this] {
    PieceIndex const last{geometry_.piece_count() - 1};
    zeros_ = digest_of_zeros(geometry_.piece_length());
    last_zeros_ = digest_of_zeros(geometry_.piece_size(last));
  });
  for (std::uint32_t p = pieces.first; p < pieces.end; ++p) {
    judge(PieceIndex{p}, p + 1 == geometry_.piece_count() ? last_zeros_ : zeros_);
  }
}

// Pieces small enough to be read together.
void PieceChecker::check_small(PieceRun pieces, std::span<std::byte> scratch) {
  PieceIndex const last{pieces.end - 1};
  std::uint64_t const start = geometry_.piece_offset(PieceIndex{pieces.first});
  scratch = scratch.first(
      static_cast<std::size_t>(geometry_.piece_offset(last) + geometry_.piece_size(last) - start));
  bool const whole = storage_.read(start, scratch).has_value();
  std::uint32_t const step = Sha1Lanes::kMax;
  for (std::uint32_t p = pieces.first; p < pieces.end; p += step) {
    Lanes lanes{{p, std::min(p + step, pieces.end)}};
    std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> feed;
    std::size_t fed = 0;
    for (std::size_t i = 0; i < lanes.count; ++i) {
      std::uint64_t const offset = geometry_.piece_offset(lanes.pieces[i]);
      auto const bytes = scratch.subspan(static_cast<std::size_t>(offset - start),
                                         geometry_.piece_size(lanes.pieces[i]));
      // Together they could not be read: one by one, to know which of them can.
      lanes.live[i] = whole || read(lanes.pieces[i], offset, bytes);
      if (lanes.live[i]) feed[fed++] = {&lanes.hashes[i], bytes};
    }
    Sha1Lanes::update(std::span{feed}.first(fed));
    for (std::size_t i = 0; i < lanes.count; ++i) {
      if (lanes.live[i]) judge(lanes.pieces[i], lanes.hashes[i].finish());
    }
  }
}

// Large pieces, a part of each in turn.  REQUIRES: no more pieces than lanes.
void PieceChecker::check_large(PieceRun pieces, std::span<std::byte> scratch) {
  Lanes lanes{pieces};
  for (std::uint32_t at = 0; at < geometry_.piece_length(); at += kReadBytes) {
    std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> feed;
    std::size_t fed = 0;
    for (std::size_t i = 0; i < lanes.count; ++i) {
      std::uint32_t const size = geometry_.piece_size(lanes.pieces[i]);
      if (!lanes.live[i] || at >= size) continue;
      auto const part = scratch.subspan(i * kReadBytes, std::min(kReadBytes, size - at));
      lanes.live[i] = read(lanes.pieces[i], geometry_.piece_offset(lanes.pieces[i]) + at, part);
      if (lanes.live[i]) feed[fed++] = {&lanes.hashes[i], part};
    }
    Sha1Lanes::update(std::span{feed}.first(fed));
    if (cancelled_.load(std::memory_order_relaxed)) return;
  }
  for (std::size_t i = 0; i < lanes.count; ++i) {
    if (lanes.live[i]) judge(lanes.pieces[i], lanes.hashes[i].finish());
  }
}

bool PieceChecker::read(PieceIndex piece, std::uint64_t offset, std::span<std::byte> into) {
  auto const got = storage_.read(offset, into);
  if (got) return true;
  bool const missing = got.error().code == Errc::kNotFound;
  verdicts_[piece.value] = missing ? Verdict::kMissing : Verdict::kUnreadable;
  // relaxed: only one sees false; report() reads after the last worker's acq_rel.
  if (!missing && !failed_.exchange(true, std::memory_order_relaxed)) failure_ = got.error();
  return false;
}

void PieceChecker::judge(PieceIndex piece, Sha1Digest const& digest) {
  bool const good = digest == hashes_[piece.value] || is_right_elsewhere(piece);
  verdicts_[piece.value] = good ? Verdict::kGood : Verdict::kBad;
}

// Where the storage has two kinds of some of it.
bool PieceChecker::is_right_elsewhere(PieceIndex piece) {
  std::uint64_t const begin = geometry_.piece_offset(piece);
  std::uint64_t const size = geometry_.piece_size(piece);
  if (!storage_.turn_over(begin, size)) return false;
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, size)));
  Sha1 hash;
  bool whole = true;
  for (std::uint64_t at = 0; whole && at < size; at += buffer.size()) {
    auto const bytes = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at)));
    whole = storage_.read(begin + at, bytes).has_value();
    hash.update(bytes);
  }
  if (whole && hash.finish() == hashes_[piece.value]) return true;
  (void)storage_.turn_over(begin, size);
  return false;
}

CheckReport PieceChecker::report() {
  CheckReport out;
  out.good = Bitfield{geometry_.piece_count()};
  for (std::uint32_t p = 0; p < geometry_.piece_count(); ++p) {
    PieceIndex const piece{p};
    switch (verdicts_[p]) {
      case Verdict::kGood:
        out.good.set(piece);
        break;
      case Verdict::kBad:
        out.bad.push_back(piece);
        break;
      case Verdict::kMissing:
        out.missing.push_back(piece);
        break;
      case Verdict::kUnreadable:
        out.unreadable.push_back(piece);
        break;
      case Verdict::kUnchecked:
        if (asked_for(piece)) out.cancelled = true;
        break;
    }
  }
  out.failure = std::move(failure_);
  return out;
}

}  // namespace btfast
