#include "cli/version_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace btfast::cli {
namespace {

std::string printed(bool json) {
  std::ostringstream out;
  print_version(json, out);
  return out.str();
}

TEST(VersionText, IsALineOrAnObject) {
  EXPECT_EQ(printed(false), "btfast " BTFAST_VERSION "\n");
  EXPECT_EQ(printed(true), R"({"status":"done","exit":0,"name":"btfast","version":")" BTFAST_VERSION
                           R"(","error":null})"
                           "\n");
}

}  // namespace
}  // namespace btfast::cli
