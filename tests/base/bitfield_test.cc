#include "engine/base/bitfield.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/rng.h"

namespace btfast {
namespace {

std::vector<std::byte> wire(std::initializer_list<unsigned> bytes) {
  std::vector<std::byte> out;
  for (unsigned const b : bytes) out.push_back(static_cast<std::byte>(b));
  return out;
}

TEST(Bitfield, WireOrderStartsAtTheHighBit) {
  auto const field = Bitfield::from_wire(wire({0x80, 0x40}), 10);

  ASSERT_TRUE(field);
  EXPECT_TRUE(field->test(0));
  EXPECT_TRUE(field->test(9));
  EXPECT_EQ(field->count(), 2u);
  EXPECT_EQ(field->to_wire(), wire({0x80, 0x40}));
}

TEST(Bitfield, SpareBitsAndWrongLengthsAreRefused) {
  EXPECT_FALSE(Bitfield::from_wire(wire({0x80, 0x20}), 10));
  EXPECT_FALSE(Bitfield::from_wire(wire({0x80}), 10));
  EXPECT_FALSE(Bitfield::from_wire(wire({0x80, 0, 0}), 10));
  EXPECT_TRUE(Bitfield::from_wire(wire({0x80, 0xc0}), 10));
}

TEST(Bitfield, CountFollowsSetAndReset) {
  Bitfield field{130};
  field.set(0);
  field.set(0);
  field.set(129);
  EXPECT_EQ(field.count(), 2u);

  field.reset(0);
  field.reset(0);

  EXPECT_EQ(field.count(), 1u);
  EXPECT_FALSE(field.test(0));
  EXPECT_TRUE(field.test(129));
}

TEST(Bitfield, AFullFieldHasNoBitPastItsEnd) {
  for (std::uint32_t const bits : {1u, 63u, 64u, 65u, 1000u}) {
    Bitfield const field{bits, true};

    EXPECT_TRUE(field.all());
    EXPECT_TRUE(Bitfield::from_wire(field.to_wire(), bits)) << bits;
    if (bits % 64 != 0) {
      EXPECT_EQ(field.words().back() >> (bits % 64), 0u) << bits;
    }
  }
}

TEST(Bitfield, SurvivesTheWireWhateverItHolds) {
  Rng rng{1};
  for (std::uint32_t bits = 1; bits < 200; ++bits) {
    Bitfield field{bits};
    for (std::uint32_t b = 0; b < bits; ++b) {
      if (rng.one_in(3)) field.set(b);
    }

    auto const back = Bitfield::from_wire(field.to_wire(), bits);

    ASSERT_TRUE(back);
    EXPECT_TRUE(std::equal(back->words().begin(), back->words().end(), field.words().begin()));
    EXPECT_EQ(back->count(), field.count());
  }
}

// Method: bit by bit against the definition, at sizes around every edge of words and bytes.
TEST(Bitfield, AgreesWithTheWireBitByBit) {
  Rng rng{11};
  for (std::uint32_t bits = 1; bits <= 200; ++bits) {
    Bitfield field{bits};
    std::vector<std::byte> expected((bits + 7) / 8);
    for (std::uint32_t bit = 0; bit < bits; ++bit) {
      if (rng.one_in(2)) continue;
      field.set(bit);
      expected[bit / 8] |= static_cast<std::byte>(0x80u >> bit % 8);
    }

    auto const read = Bitfield::from_wire(expected, bits);

    ASSERT_TRUE(read) << bits;
    EXPECT_EQ(field.to_wire(), expected) << bits;
    EXPECT_EQ(read->count(), field.count()) << bits;
    EXPECT_TRUE(std::ranges::equal(read->words(), field.words())) << bits;
  }
}

// Any spare bit of the last byte is one too many.
TEST(Bitfield, EverySpareBitIsRefused) {
  for (std::uint32_t bits = 1; bits <= 130; ++bits) {
    for (std::uint32_t spare = bits; spare % 8 != 0; ++spare) {
      std::vector<std::byte> wire((bits + 7) / 8);
      wire.back() = static_cast<std::byte>(0x80u >> spare % 8);

      EXPECT_FALSE(Bitfield::from_wire(wire, bits)) << bits << ' ' << spare;
    }
  }
}

}  // namespace
}  // namespace btfast
