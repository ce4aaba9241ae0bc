#include "cli/transfer_figures.h"

#include <algorithm>
#include <cmath>

namespace btfast::cli {
namespace {

constexpr double kMemorySeconds = 3.0;
// Workers count as the limit when peers had to wait for them so much of the time: who feeds
// workers as fast as they go waits about half of it.
constexpr double kHeldUp = 0.25;
// With fewer of them at work memory is full of pieces that peers have not finished.
constexpr double kThreadsIdle = 0.25;
// Peers that a limit of rate holds back stand in line nearly always; others now and then, when
// a burst has used up what was saved.
constexpr double kInLine = 0.5;
constexpr double kRateReached = 0.9;  // of a limit, which is kept within a few hundredths
constexpr double kRateLeast = 1.0;    // bytes a second

}  // namespace

std::string_view limit_name(Limit limit) noexcept {
  switch (limit) {
    case Limit::kNet:
      return "net";
    case Limit::kHash:
      return "hash";
    case Limit::kDisk:
      return "disk";
    case Limit::kLimited:
      return "limited";
    case Limit::kChoked:
      return "choked";
    case Limit::kNoPeers:
      return "no-peers";
    case Limit::kSeeding:
      return "seeding";
  }
  return "unknown";
}

void Smoothed::add(double value, double seconds) noexcept {
  double const weight = started_ ? 1 - std::exp(-seconds / kMemorySeconds) : 1;
  value_ += weight * (value - value_);
  started_ = true;
}

void RateTrack::sample(std::uint64_t total, double seconds) noexcept {
  double const fresh = seconds > 0 ? static_cast<double>(total - last_) / seconds : 0;
  rate_.add(fresh, seconds);
  last_ = total;
  std::rotate(history_.begin(), history_.begin() + 1, history_.end());
  history_.back() = fresh;
}

void TransferFigures::observe(TorrentStats const& stats, TimePoint now) {
  double const seconds =
      last_look_ == TimePoint{} ? 0 : std::chrono::duration<double>(now - last_look_).count();
  last_look_ = now;
  bool const full = stats.bytes_in_flight >= stats.budget_bytes / 8 * 7;
  hashing_.add(std::max(stats.workers_busy - stats.workers_writing, 0), seconds);
  writing_.add(stats.workers_writing, seconds);
  bool const all_asked = stats.requests_open == 0 && stats.workers_busy > 0;
  bool const in_line = (giving_ ? stats.at_up_limit : stats.at_down_limit) > 0;
  at_limit_.add(in_line ? 1 : 0, seconds);
  held_up_.add(full || stats.workers_behind || all_asked ? 1 : 0, seconds);
}

void TransferFigures::sample(TorrentStats const& stats, TimePoint now) {
  observe(stats, now);
  bool const first = last_ == TimePoint{};
  double const seconds = first ? 0 : std::chrono::duration<double>(now - last_).count();
  last_ = now;
  stats_ = stats;
  auto const open_us = static_cast<double>(stats.request_time_us - request_time_us_);
  request_time_us_ = stats.request_time_us;
  if (first) return;
  if (seconds > 0) requests_.add(open_us / 1e6 / seconds, seconds);
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
  // What a rate that is gone still averages says nothing of when this ends.
  if (giving_ || stats_.peers == 0 || rate < kRateLeast) return std::nullopt;
  double const left = static_cast<double>(stats_.size - stats_.bytes_have) / rate;
  if (left > 1e9) return std::nullopt;
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(left))};
}

std::uint64_t TransferFigures::requests() const noexcept {
  auto const average = static_cast<std::uint64_t>(std::ceil(std::max(requests_.value(), 0.0)));
  return std::max(stats_.requests_open, net_.bytes_per_s() < kRateLeast ? 0 : average);
}

// Peers stand in line for it; or, where one is served at once each time it comes, the rate is it.
bool TransferFigures::limited() const noexcept {
  double const limit = static_cast<double>(giving_ ? up_limit_ : down_limit_);
  double const rate = (giving_ ? up_ : net_).bytes_per_s();
  return at_limit_.value() >= kInLine || (limit > 0 && rate >= kRateReached * limit);
}

Limit TransferFigures::limit() const noexcept {
  if (giving_) return limited() ? Limit::kLimited : Limit::kSeeding;
  if (stats_.peers == 0) return Limit::kNoPeers;
  if (stats_.unchoking_us == 0) return Limit::kChoked;
  bool const idle = hashing_.value() + writing_.value() < kThreadsIdle;
  if (limited()) return Limit::kLimited;
  if (idle || held_up_.value() < kHeldUp) return Limit::kNet;
  // Workers hash and write: what takes more of their time holds the buffers.
  return writing_.value() > hashing_.value() ? Limit::kDisk : Limit::kHash;
}

}  // namespace btfast::cli
