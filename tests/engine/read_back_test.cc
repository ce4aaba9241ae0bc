#include "engine/content/read_back.h"

#include <gtest/gtest.h>

#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"

namespace btfast {
namespace {

// A torrent of these files, ten bytes each, in a folder "top".
std::vector<std::byte> torrent_of(std::vector<std::string> const& names,
                                  std::string const& tracker) {
  std::vector<std::byte> bytes;
  bencode::Writer out{bytes};
  out.begin_dict().key("announce").string(tracker).key("info").begin_dict();
  out.key("files").begin_list();
  for (auto const& name : names) {
    out.begin_dict().key("length").integer(10).key("path").begin_list().string(name).end().end();
  }
  out.end().key("name").string(std::string_view{"top"});
  out.key("piece length").integer(16384).key("pieces").string(std::string(20, 'x'));
  out.end().end();
  return bytes;
}

FileScan scan_of(std::vector<std::string> const& names) {
  FileScan scan{};
  scan.name = "top";
  scan.multi_file = true;
  for (auto const& name : names) scan.files.push_back({name, 10});
  return scan;
}

struct Made {
  FileScan scan;
  std::vector<std::vector<std::string>> tiers{{"http://t.example/announce"}};
  std::vector<std::string> web_seeds;
  Outcome read(std::vector<std::byte> const& torrent) const {
    return read_back(torrent, {scan, tiers, web_seeds});
  }
};

TEST(ReadBack, WhatComesOutAsItWentInIsRight) {
  std::vector<std::string> const names{"a\nb", "A", "a", "\xff"};
  Made const made{scan_of(names), {{"http://t.example/announce"}}, {}};

  EXPECT_TRUE(made.read(torrent_of(names, "http://t.example/announce")));
}

TEST(ReadBack, WhatIsReadOtherwiseIsNamed) {
  Made made{scan_of({"a", "b"}), {{"http://t.example/announce"}}, {}};
  auto const torrent = torrent_of({"a", "c"}, "http://t.example/announce");

  auto const other = made.read(torrent);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail.find("b:"), std::string::npos) << other.error().detail;
  made.scan = scan_of({"a", "c"});
  EXPECT_TRUE(made.read(torrent));
  made.scan.files[1].length = 11;
  EXPECT_FALSE(made.read(torrent));
}

TEST(ReadBack, ATrackerThatTheReaderDropsIsNamed) {
  Made const made{scan_of({"a"}), {{"http://t.example/other"}}, {}};

  auto const dropped = made.read(torrent_of({"a"}, "http://t.example/announce"));

  ASSERT_FALSE(dropped);
  EXPECT_NE(dropped.error().detail.find("http://t.example/other"), std::string::npos);
}

TEST(ReadBack, WhatTheReaderRefusesIsRefused) {
  Made const made{scan_of({"a"}), {}, {}};

  EXPECT_FALSE(made.read({}));
}

}  // namespace
}  // namespace btfast
