// TransferFigures: what people see of a transfer, worked out from two moments of its
// counters: rates, time left, and which stage limits.
//
// Threads: plain data of the control thread; time is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/stats.h"

namespace btfast::cli {

// What holds the rate back.  kLimited: the user's own limit of rate.
enum class Limit : std::uint8_t { kNet, kHash, kDisk, kLimited, kChoked, kNoPeers, kSeeding };
// As records have it: net hash disk limited choked no-peers seeding.
std::string_view limit_name(Limit limit) noexcept;

// A mean over about the last three seconds.
class Smoothed {
 public:
  void add(double value, double seconds) noexcept;
  double value() const noexcept { return value_; }

 private:
  double value_ = 0;
  bool started_ = false;
};

// A rate, smoothed, and its last eight samples for a sparkline.
class RateTrack {
 public:
  void sample(std::uint64_t total, double seconds) noexcept;
  double bytes_per_s() const noexcept { return rate_.value(); }
  std::array<double, 8> const& history() const noexcept { return history_; }

 private:
  std::uint64_t last_ = 0;
  Smoothed rate_;
  std::array<double, 8> history_{};  // oldest first
};

class TransferFigures {
 public:
  // What is shown next.
  void sample(TorrentStats const& stats, TimePoint now);
  // In between, as often as one likes: how busy workers are is known by looking.
  void observe(TorrentStats const& stats, TimePoint now);

  TorrentStats const& stats() const noexcept { return stats_; }
  RateTrack const& net() const noexcept { return net_; }
  RateTrack const& hash() const noexcept { return hash_; }
  RateTrack const& disk() const noexcept { return disk_; }
  RateTrack const& up() const noexcept { return up_; }
  double threads_hashing() const noexcept { return hashing_.value(); }
  double threads_writing() const noexcept { return writing_.value(); }
  double percent() const noexcept;
  std::optional<std::chrono::seconds> eta() const noexcept;
  Limit limit() const noexcept;
  // Everything wanted is here (or may not be fetched): what follows is giving.
  bool giving() const noexcept { return giving_; }
  void set_giving(bool giving) noexcept { giving_ = giving; }
  // The user's own limits of rate; 0: none.
  void set_rate_limits(std::uint64_t down, std::uint64_t up) noexcept {
    down_limit_ = down;
    up_limit_ = up;
  }
  // Open on average; where answers come within a moment no look would find any.
  std::uint64_t requests() const noexcept;

 private:
  bool limited() const noexcept;

  TorrentStats stats_;
  TimePoint last_{};
  RateTrack net_;
  RateTrack hash_;
  RateTrack disk_;
  RateTrack up_;
  TimePoint last_look_{};
  Smoothed hashing_;  // workers
  Smoothed writing_;
  Smoothed held_up_;   // share of the time that nothing more could be asked, for what is here
  Smoothed at_limit_;  // share of the time that peers stood in line for the limit of rate
  Smoothed requests_;
  std::uint64_t request_time_us_ = 0;
  bool giving_ = false;
  std::uint64_t down_limit_ = 0;
  std::uint64_t up_limit_ = 0;
};

}  // namespace btfast::cli
