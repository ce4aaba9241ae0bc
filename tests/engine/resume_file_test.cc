#include "engine/torrent/resume_file.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <span>
#include <string>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"
#include "storage/path_safety.h"

namespace btfast {
namespace {

constexpr std::uint32_t kPieces = 21;
constexpr InfoHash kHash{std::byte{1}, std::byte{2}, std::byte{3}};

ResumeClaim some_claim() {
  ResumeClaim claim{.info_hash = kHash, .verified = Bitfield{kPieces}, .files = {}};
  for (std::uint32_t piece : {0u, 7u, 8u, 20u}) claim.verified.set(piece);
  claim.files.push_back(
      {"top/a file", {12345, 1'700'000'000'123'456'789}, {77, 1'600'000'000'987'654'321}});
  claim.files.push_back({"top/z", {0, -5}, {~std::uint64_t{0}, -3}});
  claim.at_rest = true;
  claim.half_written = 8;
  return claim;
}

std::vector<std::byte> with_byte(std::vector<std::byte> bytes, std::size_t at, std::byte value) {
  bytes[at] = value;
  return bytes;
}

// A control file whose body, rightly sealed, is what a test says.
struct Body {
  std::int64_t names = storage::kPathSafetyVersion;
  std::string pieces = std::string("\x81\x80\x08", 3);
  std::int64_t size = 5;
  bool extra = false;
  std::string_view mtime = "i1e";
  bool identity = true;
  std::int64_t workers = 4;

  Result<ResumeClaim> decode() const {
    std::vector<std::byte> body;
    bencode::Writer out{body};
    out.begin_dict().key("about").string(std::span<std::byte const>{kHash});
    out.key("files").begin_list();
    out.begin_list().string("f").integer(size).raw(as_bytes(mtime));
    if (identity) out.integer(9).integer(10);
    out.end().end();
    out.key("names").integer(names).key("pieces").string(pieces);
    out.key("rest").integer(0).key("workers").integer(workers);
    if (extra) out.key("zzz").integer(1);
    out.end();
    return decode_resume(seal_resume(body), kHash, kPieces);
  }
};

TEST(ResumeFile, WhatIsWrittenReadsBack) {
  ResumeClaim const claim = some_claim();

  auto const back = decode_resume(encode_resume(claim), kHash, kPieces);

  ASSERT_TRUE(back) << failure_text(back.error());
  EXPECT_EQ(back->info_hash, kHash);
  EXPECT_EQ(back->verified.to_wire(), claim.verified.to_wire());
  EXPECT_EQ(back->files, claim.files);
  EXPECT_TRUE(back->at_rest);
  EXPECT_EQ(back->half_written, 8u);
}

TEST(ResumeFile, EveryTruncationAndEveryLengtheningIsRefused) {
  auto bytes = encode_resume(some_claim());

  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(decode_resume(std::span{bytes}.first(n), kHash, kPieces)) << n;
  }
  bytes.push_back(std::byte{'e'});
  EXPECT_FALSE(decode_resume(bytes, kHash, kPieces));
}

TEST(ResumeFile, EveryFlippedBitIsRefused) {
  auto const bytes = encode_resume(some_claim());

  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto const flipped = with_byte(bytes, at, bytes[at] ^ std::byte{1} << bit);
      EXPECT_FALSE(decode_resume(flipped, kHash, kPieces)) << "byte " << at << " bit " << bit;
    }
  }
}

TEST(ResumeFile, MoreWorkersThanAnybodyHasAreRefused) {
  EXPECT_TRUE(Body{.workers = 1024}.decode());
  EXPECT_FALSE(Body{.workers = 1025}.decode());
  EXPECT_FALSE(Body{.workers = -1}.decode());
}

// Those of the second version had no time of a file's making.
TEST(ResumeFile, AnEarlierVersionIsNotBelievedButItsNamesAre) {
  std::vector<std::byte> body;
  bencode::Writer out{body};
  out.begin_dict().key("files").begin_list();
  out.begin_list().string("f").integer(5).integer(1).integer(9).end().end();
  out.key("info hash").string(std::span<std::byte const>{kHash});
  out.key("names").integer(2).key("pieces").string(std::string_view{"\x81\x80\x08"});
  out.key("rest").integer(0).end();
  std::string text = "btfast resume 2\n";
  for (auto const byte : body) text.push_back(static_cast<char>(byte));
  std::uint64_t const checksum = XXH3_64bits(text.data(), text.size());
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(checksum >> shift));
  auto const bytes = as_bytes(text);

  EXPECT_EQ(decode_resume(bytes, kHash, kPieces).error().code, Errc::kUnsupported);
  EXPECT_EQ(decode_resume(bytes, InfoHash{}, kPieces).error().code, Errc::kRefused);
  EXPECT_EQ(decode_noted_names(bytes, kHash), (std::vector<NotedName>{{"f", true}}));
  EXPECT_EQ(control_file_of(bytes, kHash), ControlFile::kThisTorrents);
  EXPECT_EQ(control_file_of(bytes, InfoHash{}), ControlFile::kAnotherTorrents);
}

TEST(ResumeFile, AnotherTorrentIsRefused) {
  auto const bytes = encode_resume(some_claim());

  EXPECT_FALSE(decode_resume(bytes, InfoHash{}, kPieces));
}

TEST(ResumeFile, AnotherNumberOfPiecesAndSpareBitsAreRefused) {
  ASSERT_TRUE(Body{}.decode());

  EXPECT_FALSE(Body{.pieces = "\x81\x80"}.decode());
  EXPECT_FALSE(Body{.pieces = std::string("\x81\x80\x08\0", 4)}.decode());
  EXPECT_FALSE(Body{.pieces = "\x81\x80\x0c"}.decode()) << "piece 21 of 21";
}

TEST(ResumeFile, NamesOfAnotherVersionAreRefused) {
  auto const claim = Body{.names = storage::kPathSafetyVersion + 1}.decode();

  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().code, Errc::kUnsupported);
}

// They are noted one by one, so no rule is needed to know them.
TEST(ResumeFile, NamesOfAnEarlierVersionAreRead) {
  EXPECT_TRUE(Body{.names = 1}.decode());
  EXPECT_FALSE(Body{.names = 0}.decode());
}

TEST(ResumeFile, NotedNamesAreReadOfOneTorrentOnly) {
  auto const bytes = encode_resume(some_claim());

  EXPECT_EQ(decode_noted_names(bytes, kHash),
            (std::vector<NotedName>{{"top/a file", true}, {"top/z", true}}));
  EXPECT_FALSE(decode_noted_names(bytes, InfoHash{}));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_noted_names(std::span{bytes}.first(size), kHash)) << size;
  }
}

TEST(ResumeFile, OnlyAWholeOneIsAnotherTorrents) {
  auto bytes = encode_resume(some_claim());

  EXPECT_EQ(decode_resume(bytes, InfoHash{}, kPieces).error().code, Errc::kRefused);
  bytes.pop_back();
  EXPECT_EQ(decode_resume(bytes, InfoHash{}, kPieces).error().code, Errc::kBadBencode);
}

TEST(ResumeFile, StandsBesideNamesOfAnyLength) {
  EXPECT_EQ(control_file_name("top", 255), "top.btfast");
  EXPECT_EQ(control_file_name(std::string(255, 'n'), 255).size(), 255u);
  EXPECT_TRUE(control_file_name(std::string(255, 'n'), 255).ends_with(".btfast"));
}

TEST(ResumeFile, NegativeSizesAndUnknownKeysAreRefused) {
  EXPECT_FALSE(Body{.size = -1}.decode());
  EXPECT_FALSE(Body{.extra = true}.decode());
  EXPECT_FALSE(Body{.identity = false}.decode());
}

// We write numbers in one way only.
TEST(ResumeFile, ANumberThatIsWrittenOddlyIsDamage) {
  EXPECT_TRUE(Body{}.decode());
  EXPECT_FALSE(Body{.mtime = "i01e"}.decode());
  EXPECT_FALSE(Body{.mtime = "i-0e"}.decode());
}

TEST(ResumeFile, ALaterVersionIsRefusedAndStillOurs) {
  auto const bytes = encode_resume(some_claim());
  auto const later = with_byte(bytes, 14, std::byte{'4'});

  auto const claim = decode_resume(later, kHash, kPieces);

  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().code, Errc::kUnsupported);
  EXPECT_EQ(control_file_of(later, kHash), ControlFile::kThisTorrents);
}

TEST(ResumeFile, OnlyAWholeHeaderOfTheTorrentIsOurs) {
  auto const bytes = encode_resume(some_claim());
  constexpr std::size_t kHeader = 16 + 11 + 20;  // version, key, hash

  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    auto const expected = size < kHeader ? ControlFile::kNone : ControlFile::kThisTorrents;
    EXPECT_EQ(control_file_of(std::span{bytes}.first(size), kHash), expected) << size;
  }
  EXPECT_EQ(control_file_of(bytes, InfoHash{}), ControlFile::kAnotherTorrents);
  EXPECT_EQ(control_file_of(with_byte(bytes, 0, std::byte{'d'}), kHash), ControlFile::kNone);
  for (std::string_view const text :
       {"bt", "btfast resume ", "btfast resume notes: what I learned of it\n",
        "btfast resume 2\nand what else there is to say of the second day\n"}) {
    EXPECT_EQ(control_file_of(as_bytes(text), kHash), ControlFile::kNone) << text;
  }
}

TEST(ResumeFile, WhatAPowerCutLeavesIsNobodys) {
  std::vector<std::byte> bytes(300);
  EXPECT_EQ(control_file_of({}, kHash), ControlFile::kNobodys);
  EXPECT_EQ(control_file_of(bytes, kHash), ControlFile::kNobodys);

  bytes.back() = std::byte{1};
  EXPECT_EQ(control_file_of(bytes, kHash), ControlFile::kNone);
}

}  // namespace
}  // namespace btfast
