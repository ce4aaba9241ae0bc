// ReceiveRecorder: a sink of ReceivePath that writes down what it is told, block
// contents included, and owns the places that expected blocks go to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/receive_path.h"
#include "tests/support/pattern.h"
#include "tests/support/wire_bytes.h"

namespace btfast::test {

inline std::string describe(net::PieceHeader const& block, std::span<std::byte const> bytes,
                            bool in_place) {
  std::size_t const hash = std::hash<std::string_view>{}(as_text(bytes));
  return "block " + std::to_string(block.piece) + "+" + std::to_string(block.begin) + " " +
         std::to_string(block.length) + (in_place ? " in place " : " bytes ") +
         std::to_string(hash);
}

inline std::string describe(net::Message const& message) {
  return std::string{net::message_name(message)} + " " + std::string{as_text(frame_of(message))};
}

class ReceiveRecorder final : public net::ReceivePath::Sink {
 public:
  using Key = std::pair<std::uint32_t, std::uint32_t>;

  // A place for the block, filled with a byte that no block brings by itself.
  net::ExpectedBlock place(std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
    auto& place = places[{piece, begin}];
    place.assign(length, kUntouched);
    return {piece, begin, length, place.data()};
  }

  void on_message(net::Message const& message) override {
    events.push_back(describe(message));
    if (when_message) when_message(message);
  }
  void on_block_in_place(net::PieceHeader const& block) override {
    events.push_back(describe(block, places.at({block.piece, block.begin}), true));
    if (when_block) when_block(block);
  }
  void on_block_bytes(net::PieceHeader const& block, std::span<std::byte const> bytes) override {
    events.push_back(describe(block, bytes, false));
    if (when_block) when_block(block);
  }

  static constexpr std::byte kUntouched{0xEE};
  std::vector<std::string> events;
  std::map<Key, Bytes> places;
  std::function<void(net::Message const&)> when_message;
  std::function<void(net::PieceHeader const&)> when_block;
};

// The bytes of a block as the torrent has them.
inline Bytes content_of(std::uint32_t piece, std::uint32_t begin, std::uint32_t length) {
  return pattern((std::uint64_t{piece} << 20) + begin, length);
}

}  // namespace btfast::test
