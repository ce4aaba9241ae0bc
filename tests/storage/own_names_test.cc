#include "storage/own_names.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace btfast::storage {
namespace {

TEST(OwnNames, AreThoseOfFilesThatStandBesideAnOutput) {
  for (char const* name :
       {"top.btfast", "top.btfast.new", "top.btfast-part", "top.btfast-part.new", ".btfast"}) {
    EXPECT_TRUE(is_like_own_name(name)) << name;
    EXPECT_EQ(unlike_own_name(name), std::string{name} + "_");
  }
}

TEST(OwnNames, WhatAFileSystemTakesForOneIsLikeOne) {
  for (char const* name : {"top.BTFAST", "top.btfast.", "top.btfast.New. .", "top.btfa\u017ft",
                           "top.btf\u200cast", "top.btfa\ufb06", "top.btfa\ufb05.new"}) {
    EXPECT_TRUE(is_like_own_name(name)) << name;
    EXPECT_FALSE(is_like_own_name(unlike_own_name(name))) << name;
  }
}

TEST(OwnNames, OtherNamesStayWhatTheyAre) {
  for (char const* name : {"btfast", "top.btfast.torrent", "top.new", "top-part", "top.btfast_"}) {
    EXPECT_EQ(unlike_own_name(name), name);
  }
}

TEST(OwnNames, ALongOneStaysShortEnough) {
  for (std::string const tail : {".btfast", ".btfast\u200c"}) {
    auto const name = std::string(limits::kPathElementBytes - tail.size(), 'n') + tail;
    auto const other = unlike_own_name(name);

    EXPECT_LE(other.size(), limits::kPathElementBytes);
    EXPECT_FALSE(is_like_own_name(other)) << other;
  }
}

}  // namespace
}  // namespace btfast::storage
