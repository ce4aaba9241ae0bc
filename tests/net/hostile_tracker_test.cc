// What a tracker must not be able to do to us, as a table of whole answers: none may crash,
// hang, be believed, or hold more memory than its caps.
#include <string>
#include <vector>

#include "net/tracker/tracker_factory.h"
#include "tests/support/fake_http_server.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using test::FakeHttpAnswer;
using test::FakeHttpServer;
using test::http_ok;
using test::http_status;

std::string gzip_of_stored(std::string_view text, bool break_checksum) {
  // One stored block: no compressor needed, and every byte is known.
  std::string out{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01", 11};
  auto const put16 = [&](unsigned v) {
    out += static_cast<char>(v & 0xff);
    out += static_cast<char>(v >> 8 & 0xff);
  };
  auto const size = static_cast<unsigned>(text.size());
  put16(size);
  put16(~size);
  out += text;
  std::uint32_t crc = 0xffffffff;
  for (char const c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
  }
  crc = ~crc ^ (break_checksum ? 1u : 0u);
  put16(crc & 0xffff);
  put16(crc >> 16);
  put16(size);
  put16(0);
  return out;
}

// A deflate stream that inflates a thousandfold: one fixed-code literal, then nothing but
// the longest match at distance one, for ever (RFC 1951: length 285 is 8 bits, distance 0
// is 5 zero bits).  Thirteen-bit symbols repeat every 13 bytes.
FakeHttpAnswer gzip_bomb() {
  std::string bits = "110";  // last block, fixed codes
  bits += "00110000";        // literal 0
  std::string const match = "1100010100000";
  while (bits.size() % 8 != 0) bits += match;
  auto const pack = [](std::string const& in) {
    std::string out;
    for (std::size_t i = 0; i + 8 <= in.size(); i += 8) {
      unsigned byte = 0;
      for (std::size_t bit = 0; bit < 8; ++bit) {
        if (in[i + bit] == '1') byte |= 1u << bit;
      }
      out += static_cast<char>(byte);
    }
    return out;
  };
  std::string cycle;
  for (int i = 0; i < 8 * 64; ++i) cycle += match;
  auto answer = http_status("200 OK", "Content-Encoding: gzip\r\n");
  answer.bytes += std::string{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10} + pack(bits);
  answer.then = FakeHttpAnswer::Then::kRepeat;
  answer.repeated = pack(cycle);
  return answer;
}

class HostileTracker : public test::LoopFixture {
 protected:
  using Reply = Result<AnnounceReply>;

  Reply ask(FakeHttpAnswer const& answer) {
    FakeHttpServer server{[&](auto const&) { return answer; }};
    TrackerServices services{loop_, {}};
    auto tracker = make_tracker(server.url("/announce"), services);
    Answer<Reply> reply;
    (*tracker)->announce({.timeout = std::chrono::milliseconds{1500}}, reply.sink());
    if (!run_until([&] { return reply.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *reply;
  }
};

struct Lie {
  char const* what;
  FakeHttpAnswer answer;
};

std::string const kGood = "d8:intervali900ee";

TEST_F(HostileTracker, IsNeverBelieved) {
  std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::vector<Lie> const lies{
      {"HTML", http_ok("<html><body>It works!</body></html>")},
      {"nothing", http_ok("")},
      {"204", http_status("204 No Content")},
      {"500", http_status("500 Internal Server Error", "Content-Length: 0\r\n")},
      {"301 to itself", test::http_redirect("/announce")},
      {"redirect to nowhere", http_status("302 Found", "Content-Length: 0\r\n")},
      {"redirect to a file", test::http_redirect("file:///etc/passwd")},
      {"closed at once", {.bytes = ""}},
      {"not HTTP", {.bytes = kGood}},
      {"HTTP/0.9 noise", {.bytes = "hello\r\n\r\n" + kGood}},
      {"half a header", {.bytes = "HTTP/1.1 200 OK\r\nContent-Le"}},
      {"no blank line", {.bytes = "HTTP/1.1 200 OK\n" + kGood}},
      {"length too long", {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + kGood}},
      {"negative length", {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + kGood}},
      {"length of 2^64",
       {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n" + kGood}},
      {"length too short", {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + kGood}},
      {"chunk size overflow", {.bytes = chunked + "FFFFFFFFFFFFFFFFF\r\n" + kGood}},
      {"chunk size of 2^63", {.bytes = chunked + "8000000000000000\r\n" + kGood}},
      {"chunk size of letters", {.bytes = chunked + "zz\r\n" + kGood + "\r\n0\r\n\r\n"}},
      {"chunk cut short", {.bytes = chunked + "ff\r\n" + kGood}},
      {"gzip that is not", http_ok(kGood, "Content-Encoding: gzip\r\n")},
      {"gzip with a wrong checksum",
       http_ok(gzip_of_stored(kGood, true), "Content-Encoding: gzip\r\n")},
      {"gzip in gzip, said once",
       http_ok(gzip_of_stored(gzip_of_stored(kGood, false), false), "Content-Encoding: gzip\r\n")},
      {"unknown encoding", http_ok(kGood, "Content-Encoding: x-secret\r\n")},
      {"gzip bomb", gzip_bomb()},
      {"deep bencode", http_ok(std::string(100'000, 'l'))},
  };
  for (auto const& lie : lies) {
    auto const reply = ask(lie.answer);

    ASSERT_FALSE(reply) << lie.what;
    EXPECT_NE(reply.error().code, Errc::kInternal) << lie.what << failure_text(reply.error());
    EXPECT_FALSE(reply.error().detail.empty()) << lie.what;
  }
}

// The bytes that make the lies above are well made: told straight, they are believed.
TEST_F(HostileTracker, ToldStraightIsBelieved) {
  std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (auto const& [what, answer] : std::vector<Lie>{
           {"plain", http_ok(kGood)},
           {"gzip", http_ok(gzip_of_stored(kGood, false), "Content-Encoding: gzip\r\n")},
           {"chunked", {.bytes = chunked + "11\r\n" + kGood + "\r\n0\r\n\r\n"}},
           {"gzip in gzip", http_ok(gzip_of_stored(gzip_of_stored(kGood, false), false),
                                    "Content-Encoding: gzip, gzip\r\n")},
           {"a newline after", http_ok(kGood + "\n")},
       }) {
    auto const reply = ask(answer);

    EXPECT_TRUE(reply) << what << ": " << failure_text(reply.error());
  }
}

TEST_F(HostileTracker, AGzipBombEndsAtTheInflatedCap) {
  auto const reply = ask(gzip_bomb());

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kTooLarge) << failure_text(reply.error());
}

}  // namespace
}  // namespace btfast::net
