#include "engine/metainfo/foreign_file.h"

#include <gtest/gtest.h>

#include "engine/base/byte_io.h"

namespace btfast {
namespace {

std::string kind(std::string_view text) {
  return std::string{foreign_kind(as_bytes(text)).value_or("")};
}

TEST(ForeignFile, WhatPeopleSaveInPlaceOfATorrentIsNamed) {
  EXPECT_EQ(kind("<!DOCTYPE html><html>"), "an HTML page");
  EXPECT_EQ(kind("\xef\xbb\xbf\r\n  <HTML lang=en>"), "an HTML page");
  EXPECT_EQ(kind("<?xml version=\"1.0\"?>"), "an HTML or XML page");
  EXPECT_EQ(kind("{\"error\":404}"), "a JSON text");
  EXPECT_EQ(kind("magnet:?xt=urn:btih:0"), "a magnet link");
  EXPECT_EQ(kind("\x1f\x8b\x08"), "a gzip file");
  EXPECT_EQ(kind("PK\x03\x04"), "a zip file");
  EXPECT_EQ(kind(""), "an empty file");
}

TEST(ForeignFile, ATorrentAndWhatIsUnknownHaveNoName) {
  EXPECT_EQ(kind("d4:infode"), "");
  EXPECT_EQ(kind("404 Not Found"), "");
  EXPECT_EQ(kind(" \n"), "");
}

}  // namespace
}  // namespace btfast
