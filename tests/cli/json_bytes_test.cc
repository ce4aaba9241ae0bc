#include "cli/json_bytes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace btfast::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonBytes, TextHasNoSecondForm) {
  Json object{{"path", "日本 %.mkv"}};

  add_encoded(object, "path", "日本 %.mkv");
  add_encoded(object, "files", std::vector<std::string>{"a", "é"});

  EXPECT_EQ(object.size(), 1u);
}

TEST(JsonBytes, OtherBytesAreEncodedWhole) {
  Json object{{"path", "x"}};

  add_encoded(object, "path", "a b/100%\xff\xc3\xa9-._~\n");

  EXPECT_EQ(object["path_encoded"], "a%20b/100%25%FF%C3%A9-._~%0A");
}

// What JSON shows as the same character twice.
TEST(JsonBytes, TwoNamesStayTwo) {
  Json first{{"path", "\xfe"}};
  Json second{{"path", "\xff"}};

  add_encoded(first, "path", "\xfe");
  add_encoded(second, "path", "\xff");

  EXPECT_NE(first["path_encoded"], second["path_encoded"]);
}

TEST(JsonBytes, AListIsEncodedWholeOrNotAtAll) {
  Json object;

  add_encoded(object, "files", std::vector<std::string>{"a", "\xe9"});

  EXPECT_EQ(object["files_encoded"], Json::array({"a", "%E9"}));
}

}  // namespace
}  // namespace btfast::cli
