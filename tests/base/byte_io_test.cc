#include "engine/base/byte_io.h"

#include <gtest/gtest.h>

namespace btfast {
namespace {

TEST(ByteIo, FieldsAreBigEndianBothWays) {
  std::vector<std::byte> out;
  ByteWriter{out}.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0full).text("x");
  ASSERT_EQ(out.size(), 16u);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(out[i], static_cast<std::byte>(i + 1));

  ByteReader in{out};

  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607u);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0full);
  EXPECT_EQ(as_text(in.rest()), "x");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(ByteIo, AReaderThatRanPastItsEndStaysExhausted) {
  ByteReader in{as_bytes("abc")};

  EXPECT_EQ(in.u32(), 0u);

  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.array<2>(), (std::array<std::byte, 2>{}));
}

TEST(ByteIo, LoadAndStoreOf32BitsAgree) {
  std::byte raw[4];
  store_be32(raw, 0x80ff017f);

  EXPECT_EQ(raw[0], std::byte{0x80});
  EXPECT_EQ(raw[3], std::byte{0x7f});
  EXPECT_EQ(load_be32(raw), 0x80ff017fu);
}

}  // namespace
}  // namespace btfast
