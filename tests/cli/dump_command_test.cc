#include "cli/dump_command.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/bencode_text.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

class DumpCommand : public testing::Test {
 protected:
  ExitStatus run(std::string const& text, bool full = false) {
    std::ofstream{dir_ / "f"} << text;
    return run_dump({(dir_ / "f").string(), full}, out_, err_);
  }
  test::TempDir dir_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(DumpCommand, PrintsTheTreeWithBinaryAsHex) {
  auto const status =
      run("d1:ai-5e5:emptyle4:infod6:pieces4:\xff\x01\x02\x03"
          "e4:listl4:spami1edeee");

  EXPECT_EQ(status, ExitStatus::kDone);
  EXPECT_EQ(out_.str(),
            "{\n"
            "  \"a\": -5\n"
            "  \"empty\": []\n"
            "  \"info\": {\n"
            "    \"pieces\": <4 bytes> ff010203\n"
            "  }\n"
            "  \"list\": [\n"
            "    \"spam\"\n"
            "    1\n"
            "    {}\n"
            "  ]\n"
            "}\n");
}

TEST_F(DumpCommand, TextIsQuotedAndEscaped) {
  run(test::bstr("a\"b\\c\n\u202e\u00fc"));

  EXPECT_EQ(out_.str(), "\"a\\\"b\\\\c\\n\\u202e\u00fc\"\n");
}

TEST_F(DumpCommand, LongStringsAreCutUnlessAllIsWanted) {
  std::string const digests(100, '\xee');

  run(test::bstr(digests));
  EXPECT_EQ(out_.str(), "<100 bytes> " + test::repeat("ee", 40) + "…\n");

  out_.str("");
  run(test::bstr(digests), true);
  EXPECT_EQ(out_.str(), "<100 bytes> " + test::repeat("ee", 100) + "\n");
}

TEST_F(DumpCommand, BadBencodeIsStatus3WithItsByte) {
  EXPECT_EQ(run("d1:ai1xee"), ExitStatus::kBadTorrent);
  EXPECT_TRUE(err_.str().ends_with("f: byte 6: not a digit in an integer\n")) << err_.str();
  EXPECT_EQ(out_.str(), "");
}

TEST_F(DumpCommand, IntegersArePrintedAsTheyStand) {
  EXPECT_EQ(run("li007ei-0ei99999999999999999999ee"), ExitStatus::kDone);
  EXPECT_EQ(out_.str(), "[\n  007\n  -0\n  99999999999999999999\n]\n");
}

TEST_F(DumpCommand, TrailingBytesWarn) {
  EXPECT_EQ(run("i1e\n"), ExitStatus::kDone);
  EXPECT_EQ(out_.str(), "1\n");
  EXPECT_EQ(err_.str(), "btfast: warning: 1 byte after the end was ignored\n");
}

}  // namespace
}  // namespace btfast::cli
