#include "net/wire/extension.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/limits.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::text_bytes;

std::optional<ExtensionHandshake> decode(std::string_view text) {
  return decode_extension_handshake(text_bytes(text));
}

TEST(EncodeExtensionHandshake, SortsItsKeysAndLeavesOutWhatIsNotSaid) {
  ExtensionHandshake handshake;
  EXPECT_EQ(as_text(encode_extension_handshake(handshake)), "d1:mdee");

  handshake = {.ut_metadata = 1,
               .ut_pex = 2,
               .lt_donthave = 3,
               .client = "btfast",
               .listen_port = 6881,
               .reqq = 2000,
               .metadata_size = 31235,
               .upload_only = true,
               .your_ip = Endpoint::ipv4({65, 66, 67, 68}, 0)};
  EXPECT_EQ(as_text(encode_extension_handshake(handshake)),
            "d1:md11:lt_donthavei3e11:ut_metadatai1e6:ut_pexi2ee13:metadata_sizei31235e"
            "1:pi6881e4:reqqi2000e11:upload_onlyi1e1:v6:btfast6:yourip4:ABCDe");
}

TEST(DecodeExtensionHandshake, ReadsBackWhatItWrote) {
  ExtensionHandshake const handshake{.ut_metadata = 1,
                                     .ut_pex = 255,
                                     .lt_donthave = 3,
                                     .client = "btfast 0.1",
                                     .listen_port = 65535,
                                     .reqq = 1,
                                     .metadata_size = 1,
                                     .upload_only = true,
                                     .your_ip = *Endpoint::parse_address("2001:db8::1", 0)};

  auto const decoded = decode_extension_handshake(encode_extension_handshake(handshake));

  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->ut_metadata, 1);
  EXPECT_EQ(decoded->ut_pex, 255);
  EXPECT_EQ(decoded->lt_donthave, 3);
  EXPECT_EQ(decoded->client, "btfast 0.1");
  EXPECT_EQ(decoded->listen_port, 65535);
  EXPECT_EQ(decoded->reqq, 1u);
  EXPECT_EQ(decoded->metadata_size, 1u);
  EXPECT_TRUE(decoded->upload_only);
  EXPECT_EQ(decoded->your_ip, handshake.your_ip);
}

TEST(DecodeExtensionHandshake, RefusesEveryTruncation) {
  auto const wire = encode_extension_handshake({.ut_metadata = 1, .client = "x", .reqq = 5});
  for (std::size_t n = 0; n < wire.size(); ++n) {
    EXPECT_FALSE(decode_extension_handshake(std::span{wire}.first(n))) << n;
  }
}

TEST(DecodeExtensionHandshake, RefusesWhatIsNotADictionary) {
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("le"));
  EXPECT_FALSE(decode("i1e"));
  EXPECT_FALSE(decode("4:spam"));
}

TEST(DecodeExtensionHandshake, RefusesADepthBomb) {
  std::string bomb = "d1:m";
  bomb.append(10'000, 'l');
  bomb.append(10'000, 'e');
  bomb += "e";

  EXPECT_FALSE(decode(bomb));
}

TEST(DecodeExtensionHandshake, RefusesADictionaryOfEndlessKeys) {
  std::string wide = "d1:md";
  for (int i = 10'000; i < 60'000; ++i) wide += "5:" + std::to_string(i) + "i1e";
  wide += "ee";

  EXPECT_FALSE(decode(wide));
}

TEST(DecodeExtensionHandshake, TakesAMessageIdThatIsNotAByteAsNotSupported) {
  for (char const* id : {"i0e", "i-1e", "i256e", "i300e", "1:1", "le", "i4294967297e"}) {
    auto const decoded = decode("d1:md6:ut_pex" + std::string{id} + "ee");

    ASSERT_TRUE(decoded) << id;
    EXPECT_EQ(decoded->ut_pex, 0) << id;
  }
}

TEST(DecodeExtensionHandshake, ClampsTheRequestQueue) {
  EXPECT_EQ(decode("d4:reqqi-1ee")->reqq, 1u);
  EXPECT_EQ(decode("d4:reqqi0ee")->reqq, 1u);
  EXPECT_EQ(decode("d4:reqqi250ee")->reqq, 250u);
  EXPECT_EQ(decode("d4:reqqi2147483648ee")->reqq, limits::kReqqAdvertised * 8);
  EXPECT_FALSE(decode("d4:reqq3:250e")->reqq);
}

TEST(DecodeExtensionHandshake, IgnoresMetadataSizesItWouldNotFetch) {
  for (char const* size : {"i-1e", "i0e", "i100000000e", "i9223372036854775807e", "2:10"}) {
    EXPECT_FALSE(decode("d13:metadata_size" + std::string{size} + "e")->metadata_size) << size;
  }
  EXPECT_EQ(decode("d13:metadata_sizei31235ee")->metadata_size, 31235u);
}

TEST(DecodeExtensionHandshake, IgnoresAddressesThatAreNone) {
  for (auto const* const text : {"d6:yourip0:e", "d6:yourip5:abcdee", "d6:youripi4ee"}) {
    auto const decoded = decode(text);

    ASSERT_TRUE(decoded) << text;
    EXPECT_EQ(decoded->your_ip.family(), Family::kNone) << text;
  }
}

TEST(DecodeExtensionHandshake, IgnoresPortsThatAreNone) {
  EXPECT_FALSE(decode("d1:pi0ee")->listen_port);
  EXPECT_FALSE(decode("d1:pi65536ee")->listen_port);
  EXPECT_FALSE(decode("d1:pi-6881ee")->listen_port);
}

TEST(DecodeExtensionHandshake, CutsALongClientNameBetweenCharacters) {
  std::string const name = std::string(63, 'a') + "\xC3\xA9 and more";
  auto const decoded = decode("d1:v" + std::to_string(name.size()) + ":" + name + "e");

  EXPECT_EQ(decoded->client, std::string(63, 'a'));
}

}  // namespace
}  // namespace btfast::net
