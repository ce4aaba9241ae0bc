#include "net/wire/frame_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/limits.h"
#include "tests/support/wire_bytes.h"

namespace btfast::net {
namespace {

using test::append;
using test::block_frame;
using test::bytes;
using test::Bytes;
using test::frame_of;
using Kind = Frame::Kind;

constexpr std::uint32_t kPieces = 12;  // a bitfield of two bytes, four bits to spare

FrameReader reader(bool fast = true) { return FrameReader{FrameRules{kPieces, fast, true}}; }

// What `stream` is cut into, as text; blocks' payload is taken as FrameReader's user would.
std::vector<std::string> cut(FrameReader& frames, Bytes const& stream, std::size_t step) {
  std::vector<std::string> seen;
  std::size_t payload = 0;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    std::span<std::byte const> in{stream.data() + at, std::min(step, stream.size() - at)};
    for (;;) {
      std::size_t const taken = std::min(payload, in.size());
      payload -= taken;
      in = in.subspan(taken);
      if (in.empty()) break;
      Frame const frame = frames.next(in);
      if (frame.kind == Kind::kNeedMore) break;
      if (frame.kind == Kind::kMessage) {
        Bytes const again = frame_of(frame.message);
        seen.emplace_back(as_text(again));
      } else if (frame.kind == Kind::kBlock) {
        seen.push_back("block " + std::to_string(frame.block.piece) + " " +
                       std::to_string(frame.block.begin) + " " +
                       std::to_string(frame.block.length));
        payload = frame.block.length;
      } else {
        seen.push_back(frame.kind == Kind::kFlood ? "flood" : frames.complaint());
        return seen;
      }
    }
  }
  return seen;
}

std::vector<std::string> cut(Bytes const& stream, bool fast = true) {
  auto frames = reader(fast);
  return cut(frames, stream, stream.size());
}

// The complaint about the one frame `stream`.
std::string complaint_about(Bytes const& stream, bool fast = true) {
  auto const seen = cut(stream, fast);
  return seen.size() == 1 ? seen.front() : std::to_string(seen.size()) + " frames";
}

Bytes with_length(std::uint32_t length, std::uint8_t id) {
  Bytes out;
  ByteWriter{out}.u32(length).u8(id);
  return out;
}

TEST(FrameReader, CutsAStreamTheSameAtEveryStep) {
  Bytes stream = frame_of(BitfieldMessage{bytes(0xFF, 0xF0)});
  append(stream, bytes(0, 0, 0, 0));
  append(stream, frame_of(Unchoke{}));
  append(stream, block_frame(3, 16384, Bytes(100)));
  append(stream, bytes(0, 0, 0, 3, 99, 1, 2));  // unknown
  append(stream, frame_of(Extended{1, Bytes(300, std::byte{'x'})}));
  append(stream, block_frame(4, 0, Bytes(16384)));
  append(stream, frame_of(Request{1, 2, 3}));
  auto const whole = cut(stream);
  ASSERT_EQ(whole.size(), 6u);
  EXPECT_EQ(whole[2], "block 3 16384 100");

  for (std::size_t step = 1; step < 400; ++step) {
    auto frames = reader();
    EXPECT_EQ(cut(frames, stream, step), whole) << "step " << step;
  }
}

TEST(FrameReader, DeliversNothingOfAMessageThatIsCut) {
  for (Message const& message : {Message{Have{3}}, Message{Port{7}}, Message{Cancel{1, 2, 3}}}) {
    Bytes const wire = frame_of(message);
    for (std::size_t n = 0; n < wire.size(); ++n) {
      EXPECT_TRUE(cut(Bytes{wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(n)}).empty());
    }
    EXPECT_EQ(cut(wire).size(), 1u);
  }
}

TEST(FrameReader, RefusesEveryLengthThatIsWrongForTheIdAtItsHead) {
  struct Row {
    std::uint8_t id;
    std::uint32_t shortest, longest;
  };
  for (Row const row : {Row{0, 1, 1}, Row{1, 1, 1}, Row{2, 1, 1}, Row{3, 1, 1}, Row{4, 5, 5},
                        Row{5, 3, 3}, Row{6, 13, 13}, Row{7, 10, 16393}, Row{8, 13, 13},
                        Row{9, 3, 3}, Row{13, 5, 5}, Row{14, 1, 1}, Row{15, 1, 1}, Row{16, 13, 13},
                        Row{17, 5, 5}, Row{20, 2, 2 + limits::kExtensionMessageBytes}}) {
    for (std::uint32_t const bad : {row.shortest - 1, row.longest + 1, limits::kMessageBytes}) {
      if (bad == 0) continue;  // a keep-alive
      auto const said = complaint_about(with_length(bad, row.id));
      EXPECT_NE(said.find(": length " + std::to_string(bad)), std::string::npos)
          << "id " << int{row.id} << " said " << said;
    }
    for (std::uint32_t const good : {row.shortest, row.longest}) {
      auto const seen = cut(with_length(good, row.id));
      EXPECT_TRUE(seen.empty() || good == 1) << "id " << int{row.id} << " said " << seen.front();
    }
  }
}

TEST(FrameReader, RefusesHugeLengthsBeforeTheIdComes) {
  for (std::uint32_t const length : {0xFFFFFFFFu, 0x80000000u, limits::kMessageBytes + 1}) {
    Bytes prefix;
    ByteWriter{prefix}.u32(length);

    EXPECT_EQ(complaint_about(prefix), "frame of " + std::to_string(length));
  }
}

TEST(FrameReader, SkipsAnUnknownMessageOfAnyLengthItLetsIn) {
  for (int id : {10, 11, 12, 18, 19, 21, 22, 23, 255}) {
    Bytes stream = with_length(limits::kMessageBytes, static_cast<std::uint8_t>(id));
    stream.resize(limits::kMessageBytes + 4);
    append(stream, frame_of(Have{7}));
    auto frames = reader();

    auto const seen = cut(frames, stream, 5000);

    ASSERT_EQ(seen.size(), 1u) << "id " << id;
    EXPECT_EQ(seen[0], as_text(frame_of(Have{7})));
  }
}

TEST(FrameReader, SkipsExtendedMessagesWithoutTheExtensionProtocol) {
  Bytes stream = frame_of(Extended{0, bytes('d', 'e')});
  append(stream, frame_of(Choke{}));
  FrameReader frames{FrameRules{kPieces, true, false}};

  EXPECT_EQ(cut(frames, stream, stream.size()).size(), 1u);
}

TEST(FrameReader, CallsAStormOfKeepAlivesAFlood) {
  Bytes const calm(4 * FrameReader::kIdleFrames);
  auto frames = reader();

  EXPECT_TRUE(cut(frames, calm, 4096).empty());
  frames.forgive_idle_frames();
  EXPECT_TRUE(cut(frames, calm, 4096).empty());
  EXPECT_EQ(cut(frames, Bytes(4), 4).front(), "flood");
}

TEST(FrameReader, CallsAStormOfUnknownMessagesAFlood) {
  Bytes storm;
  for (int i = 0; i <= FrameReader::kIdleFrames; ++i) append(storm, bytes(0, 0, 0, 1, 200));

  EXPECT_EQ(cut(storm).back(), "flood");
}

// As aria2 says it while it downloads, in place of many HAVEs, and once more after its opening;
// and as WebTorrent opens, after other messages.
TEST(FrameReader, TakesWhatAPeerHasAtAnyTime) {
  Bytes const bitfield = frame_of(BitfieldMessage{bytes(0x80, 0)});
  for (Bytes stream : {frame_of(HaveNone{}), bitfield, frame_of(AllowedFast{1}), frame_of(Have{1}),
                       block_frame(1, 0, bytes(1)), frame_of(Extended{0, bytes('d', 'e')})}) {
    append(stream, bitfield);
    append(stream, frame_of(HaveAll{}));
    append(stream, frame_of(HaveNone{}));

    auto const heard = cut(stream);

    ASSERT_EQ(heard.size(), 4u);
    EXPECT_EQ(heard[1], cut(bitfield).front());
    EXPECT_EQ(heard[2], cut(frame_of(HaveAll{})).front());
    EXPECT_EQ(heard[3], cut(frame_of(HaveNone{})).front());
  }
}

TEST(FrameReader, RefusesSpareBits) {
  for (int spare : {0x08, 0x04, 0x02, 0x01}) {
    EXPECT_EQ(complaint_about(frame_of(BitfieldMessage{bytes(0xFF, 0xF0 | spare)})),
              "bitfield: spare bit set");
  }
  FrameReader whole_bytes{FrameRules{16, true, true}};
  EXPECT_EQ(cut(whole_bytes, frame_of(BitfieldMessage{bytes(0xFF, 0xFF)}), 100).size(), 1u);
  EXPECT_EQ(whole_bytes.complaint(), "");
}

TEST(FrameReader, RefusesPiecesPastTheLast) {
  for (std::uint32_t const piece : {kPieces, 0x80000000u, 0xFFFFFFFFu}) {
    std::string const of = ": piece " + std::to_string(piece) + " of 12";

    EXPECT_EQ(complaint_about(frame_of(Have{piece})), "have" + of);
    EXPECT_EQ(complaint_about(frame_of(SuggestPiece{piece})), "suggest piece" + of);
    EXPECT_EQ(complaint_about(frame_of(AllowedFast{piece})), "allowed fast" + of);
    EXPECT_EQ(complaint_about(frame_of(Request{piece, 0, 1})), "request" + of);
    EXPECT_EQ(complaint_about(block_frame(piece, 0, bytes(1))), "piece" + of);
  }
  EXPECT_EQ(cut(frame_of(Have{kPieces - 1})).front(), as_text(frame_of(Have{kPieces - 1})));
}

TEST(FrameReader, RefusesFastMessagesThatWereNotNegotiated) {
  Message const fast[] = {SuggestPiece{1}, HaveAll{}, HaveNone{}, RejectRequest{1, 0, 1},
                          AllowedFast{1}};
  for (Message const& message : fast) {
    EXPECT_EQ(complaint_about(frame_of(message), false),
              std::string{message_name(message)} + ": fast extension not negotiated");
  }
}

TEST(FrameReader, HoldsAnUnknownTorrentToTheLargestOne) {
  FrameReader frames{FrameRules{0, true, true}};
  EXPECT_EQ(cut(frames, frame_of(BitfieldMessage{Bytes(limits::kPieces / 8)}), 4096).size(), 1u);
  EXPECT_EQ(cut(frames, frame_of(Have{limits::kPieces - 1}), 100).size(), 1u);
  EXPECT_EQ(cut(frames, frame_of(Have{limits::kPieces}), 100).front(),
            "have: piece 2097152 of 2097152");

  FrameReader longer{FrameRules{0, true, true}};
  EXPECT_EQ(cut(longer, with_length(limits::kPieces / 8 + 2, 5), 100).front(),
            "bitfield: length 262146");
}

}  // namespace
}  // namespace btfast::net
