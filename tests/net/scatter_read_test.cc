#include "net/scatter_read.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/support/pattern.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::Bytes;

// What a socket would do: the stream goes to the places in their order.
void fill(ScatterRead& read, Bytes const& stream) {
  std::size_t at = 0;
  for (iovec const& place : read.vectors()) {
    std::size_t const here = std::min(place.iov_len, stream.size() - at);
    if (here > 0) std::memcpy(place.iov_base, stream.data() + at, here);
    at += here;
  }
  read.filled(at);
}

Bytes copy(std::span<std::byte const> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(ScatterRead, GathersWhatIsLeftInStreamOrderFromAnyPosition) {
  Bytes const stream = test::pattern(0, 300);
  for (std::size_t handled = 0; handled <= stream.size(); ++handled) {
    Bytes one(100), two(50);
    ScatterRead read;
    read.add(one.data(), one.size());
    read.add(read.header(0).data(), kPieceHeaderBytes);
    read.add(two.data(), two.size());
    read.add_tail(1000);
    fill(read, stream);
    read.skip(handled);
    ASSERT_EQ(read.left(), stream.size() - handled);

    auto const rest = copy(read.gather());

    EXPECT_EQ(rest, Bytes(stream.begin() + static_cast<std::ptrdiff_t>(handled), stream.end()));
    EXPECT_TRUE(read.gathered());
  }
}

TEST(ScatterRead, NeedsNoPlaceOnceGathered) {
  Bytes const stream = test::pattern(0, 150);
  Bytes one(100), two(50);
  ScatterRead read;
  read.add(one.data(), one.size());
  read.add(two.data(), two.size());
  fill(read, stream);
  read.skip(10);
  read.gather();
  one.assign(100, std::byte{0});
  two.assign(50, std::byte{0});

  EXPECT_EQ(copy(read.gather()), Bytes(stream.begin() + 10, stream.end()));
}

TEST(ScatterRead, LeavesBytesInTheTailWhereTheyAre) {
  Bytes one(10);
  ScatterRead read;
  read.add(one.data(), one.size());
  read.add_tail(100);
  fill(read, test::pattern(0, 60));
  EXPECT_FALSE(read.in_tail());
  read.skip(10);
  EXPECT_TRUE(read.in_tail());

  EXPECT_EQ(read.gather().data(), static_cast<std::byte const*>(read.vectors()[1].iov_base));
}

TEST(ScatterRead, HoldsAsManyPlacesAsOneReadNeeds) {
  Bytes place(limits::kBlockSize);
  ScatterRead read;
  read.add(place.data(), 1);
  for (std::size_t i = 0; i < limits::kReadvBlocks; ++i) {
    read.add(read.header(i).data(), kPieceHeaderBytes);
    read.add(place.data(), place.size());
  }
  read.add_tail(ScatterRead::kTailBytes);

  EXPECT_EQ(read.vectors().size(), 2 * limits::kReadvBlocks + 2);
  std::size_t const all =
      1 + limits::kReadvBlocks * (kPieceHeaderBytes + place.size()) + ScatterRead::kTailBytes;
  read.filled(all);
  EXPECT_EQ(read.gather().size(), all);
}

}  // namespace
}  // namespace btfast::net
