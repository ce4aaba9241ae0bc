#include "engine/swarm/client_name.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/rng.h"
#include "engine/engine.h"

namespace btfast {
namespace {

PeerId id_of(std::string_view text) {
  PeerId id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::byte>(i < text.size() ? text[i] : 'x');
  }
  return id;
}

TEST(ClientNameTest, NamesWhatPeerIdsSay) {
  std::vector<std::pair<std::string, std::string>> const known{
      {"-qB4520-", "qBittorrent 4.5.2"},  {"-TR4040-", "Transmission 4.0.4"},
      {"-TR2940-", "Transmission 2.94"},  {"-TR3000-", "Transmission 3.00"},
      {"-LT2080-", "libtorrent 2.0.8"},   {"-lt0D80-", "rTorrent 0.13.8"},
      {"-DE2110-", "Deluge 2.1.1"},       {"-UT3550-", "uTorrent 3.5.5"},
      {"-WW0207-", "WebTorrent 0.2.0.7"}, {"-BF0100-", "btfast 0.1"},
      {"-XY1a2B-", "XY 1.36.2.11"},       {"A2-1-36-0-", "aria2 1.36.0"},
      {"T03I-----", "BitTornado 0.3.18"}, {"S58B-----", "Shadow 5.8.11"},
      {"M7-2-0--", "BitTorrent 7.2.0"},   {"M10-12-3-", "BitTorrent 10.12.3"},
  };
  for (auto const& [id, name] : known) EXPECT_EQ(client_name(id_of(id)), name) << id;
}

TEST(ClientNameTest, WhatNamesNoProgramIsUnknown) {
  for (auto const& id : {"", "-qB45\n0-", "-qB4520x", "--------", "T03I--", "T---------", "M7-2-0",
                         "M7-x-0--", "A2-1-36", "\x1b[31mred-"}) {
    EXPECT_EQ(client_name(id_of(id)), "unknown") << id;
  }
  EXPECT_EQ(client_name(PeerId{}), "unknown");
}

TEST(ClientNameTest, OurOwnIdNamesUs) { EXPECT_EQ(client_name(*make_peer_id()), "btfast 0.1"); }

// Of whatever bytes, what comes out is harmless.
TEST(ClientNameTest, SaysLettersDigitsSpacesAndDotsOnly) {
  Rng rng{1};
  for (int i = 0; i < 20'000; ++i) {
    PeerId id{};
    for (auto& byte : id) byte = static_cast<std::byte>(rng.next());
    if (i % 2 == 0) id[0] = id[7] = std::byte{'-'};
    for (unsigned char const c : client_name(id)) {
      ASSERT_TRUE(std::isalnum(c) != 0 || c == ' ' || c == '.') << int{c};
    }
  }
}

}  // namespace
}  // namespace btfast
