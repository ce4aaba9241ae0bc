#include "engine/base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/base/byte_io.h"

namespace btfast {
namespace {

std::string hex(Sha256Digest const& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::byte const b : digest) {
    out.push_back(kDigits[std::to_integer<std::size_t>(b >> 4)]);
    out.push_back(kDigits[std::to_integer<std::size_t>(b & std::byte{15})]);
  }
  return out;
}

std::string hash_of(std::string_view text) { return hex(sha256(as_bytes(text))); }

// FIPS 180-4, and the NIST example of a million letters.
TEST(Sha256, MatchesThePublishedExamples) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, EveryByteCounts) {
  std::string text(200, 'x');
  std::string const before = hash_of(text);

  for (char& c : text) {
    c = 'y';
    EXPECT_NE(hash_of(text), before);
    c = 'x';
  }
  EXPECT_EQ(hash_of(text), before);
}

}  // namespace
}  // namespace btfast
