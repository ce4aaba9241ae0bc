#include "cli/transfer_figures.h"

#include <algorithm>
#include <cmath>

namespace btfast::cli {
namespace {

constexpr double kRateMemorySeconds = 3.0;

}  // namespace

std::string_view limit_name(Limit limit) noexcept {
  switch (limit) {
    case Limit::kNetwork:
      return "network";
    case Limit::kHash:
      return "hash";
    case Limit::kDisk:
      return "disk";
    case Limit::kChoked:
      return "choked";
    case Limit::kNoPeers:
      return "no peers";
  }
  return "unknown";
}

void RateTrack::sample(std::uint64_t total, double seconds) noexcept {
  double const fresh = seconds > 0 ? static_cast<double>(total - last_) / seconds : 0;
  double const weight = started_ ? 1 - std::exp(-seconds / kRateMemorySeconds) : 1;
  rate_ += weight * (fresh - rate_);
  last_ = total;
  started_ = true;
  std::rotate(history_.begin(), history_.begin() + 1, history_.end());
  history_.back() = fresh;
}

void TransferFigures::sample(TorrentStats const& stats, TimePoint now) {
  bool const first = last_ == TimePoint{};
  double const seconds = first ? 0 : std::chrono::duration<double>(now - last_).count();
  last_ = now;
  stats_ = stats;
  if (first) return;
  net_.sample(stats.payload_down, seconds);
  hash_.sample(stats.bytes_hashed, seconds);
  disk_.sample(stats.bytes_written, seconds);
  up_.sample(stats.payload_up, seconds);
}

double TransferFigures::percent() const noexcept {
  if (stats_.size == 0) return 0;
  return 100.0 * static_cast<double>(stats_.bytes_have) / static_cast<double>(stats_.size);
}

std::optional<std::chrono::seconds> TransferFigures::eta() const noexcept {
  double const rate = net_.bytes_per_s();
  if (rate < 1) return std::nullopt;
  double const left = static_cast<double>(stats_.size - stats_.bytes_have) / rate;
  if (left > 1e9) return std::nullopt;
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(left))};
}

Limit TransferFigures::limit() const noexcept {
  if (stats_.peers == 0) return Limit::kNoPeers;
  if (stats_.unchoking_us == 0) return Limit::kChoked;
  bool const full = stats_.bytes_in_flight >= stats_.budget_bytes / 8 * 7;
  bool const backlog = stats_.pieces_queued > static_cast<std::uint64_t>(stats_.workers) * 4;
  if (!full && !backlog) return Limit::kNetwork;
  // Workers hash and write: the slower of the two holds the buffers.
  return stats_.workers_writing * 2 > stats_.workers_busy ? Limit::kDisk : Limit::kHash;
}

}  // namespace btfast::cli
