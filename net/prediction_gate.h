// PredictionGate: whether it pays to foresee what a peer sends next.
//
// A read foreseen wrongly is copied twice (into order, then into place), a plain read
// once; so foreseeing stops when, of late, more than a quarter of the bytes had to be
// put in order again, and is tried again after a while.
//
// Threads: plain data, one owner.
#pragma once

#include <cstddef>
#include <cstdint>

namespace btfast::net {

class PredictionGate {
 public:
  bool open() const noexcept { return plain_reads_left_ == 0; }

  // A foreseen read: how many bytes came as foreseen, how many did not.
  void note_foreseen(std::size_t as_foreseen, std::size_t otherwise) noexcept {
    std::size_t const all = as_foreseen + otherwise;
    if (all == 0) return;
    auto const share = static_cast<std::uint32_t>(otherwise * kWhole / all);
    wrong_share_ += share / kMemory;
    wrong_share_ -= wrong_share_ / kMemory;
    if (wrong_share_ > kTolerated) {
      plain_reads_left_ = kPlainReads;
      wrong_share_ = kTolerated / 2;
    }
  }
  void note_plain() noexcept {
    if (plain_reads_left_ > 0) --plain_reads_left_;
  }

 private:
  static constexpr std::uint32_t kWhole = 4096;
  static constexpr std::uint32_t kMemory = 8;  // reads that an average looks back on
  static constexpr std::uint32_t kTolerated = kWhole / 4;
  static constexpr std::uint32_t kPlainReads = 64;

  std::uint32_t wrong_share_ = 0;
  std::uint32_t plain_reads_left_ = 0;
};

}  // namespace btfast::net
