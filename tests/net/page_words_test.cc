#include "net/tracker/page_words.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/byte_io.h"

namespace btfast::net {
namespace {

std::string words_of(std::string const& page) { return page_words(as_bytes(page)); }

TEST(PageWords, AreTheTitleOfAWebPage) {
  EXPECT_EQ(words_of("<html><head><title>Log in</title></head>"), "Log in");
  EXPECT_EQ(words_of("\n <!DOCTYPE HTML><HTML><TITLE lang=en>\n  503\tbusy \r\n</TITLE>"),
            "503 busy");
  EXPECT_EQ(words_of("\xEF\xBB\xBF<html><title>x</title>"), "x");
}

TEST(PageWords, AreTheFirstTextOfAWebPageWithoutATitle) {
  EXPECT_EQ(words_of("<html><body>It works!</body></html>"), "It works!");
  EXPECT_EQ(words_of("<title> </title><h1>Not\n<b>allowed</b></h1>"), "Not allowed");
  EXPECT_EQ(words_of("<!-- a > b --><STYLE>p { }</STYLE><script>if (a < b) c();</script><p>No"),
            "No");
  EXPECT_EQ(words_of("<title>cut"), "cut");
}

TEST(PageWords, AreNoneWhereAWebPageShowsNoText) {
  EXPECT_EQ(words_of("<html><body><img src=x></body></html>"), "");
  EXPECT_EQ(words_of("<title"), "");
  EXPECT_EQ(words_of("<script>no end"), "");
  EXPECT_EQ(words_of("<!-- no end >"), "");
}

TEST(PageWords, AreTheFirstLineOfPlainText) {
  EXPECT_EQ(words_of("not registered\r\nsecond line"), "not registered");
  EXPECT_EQ(words_of("\n\n  banned  "), "banned");
  EXPECT_EQ(words_of("{\r\n  \"error\": \"banned\"\n}"), "\"error\": \"banned\"");
  EXPECT_EQ(words_of("---\n***"), "");
  EXPECT_EQ(words_of(""), "");
}

TEST(PageWords, AreNoneOfBytesThatAreNoText) {
  EXPECT_EQ(words_of(std::string("\x1f\x8b\x08\0\0", 5)), "");
  EXPECT_EQ(words_of("\x1b[31mred"), "");
}

TEST(PageWords, AreCut) {
  EXPECT_EQ(words_of(std::string(100'000, 'x')), std::string(120, 'x') + "...");
  EXPECT_EQ(words_of("<title>" + std::string(100'000, 'x') + "</title>"),
            std::string(120, 'x') + "...");
}

TEST(IsWebPage, LooksAtTheFirstCharacterOnly) {
  EXPECT_TRUE(is_web_page(as_bytes(std::string{" <html>"})));
  EXPECT_FALSE(is_web_page(as_bytes(std::string{"d8:intervali1ee"})));
  EXPECT_FALSE(is_web_page({}));
}

}  // namespace
}  // namespace btfast::net
