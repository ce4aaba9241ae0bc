#include "net/http_transfer.h"

#include <gtest/gtest.h>

namespace btfast::net {
namespace {

TEST(HttpTransfer, NamesAHostWithoutPasswordsAndPasskeys) {
  EXPECT_EQ(host_of_url("http://t.example:80/announce?passkey=secret"), "t.example:80");
  EXPECT_EQ(host_of_url("https://user:pw@t.example/secret"), "t.example");
  EXPECT_EQ(host_of_url("http://[::1]:80#x"), "[::1]:80");
  EXPECT_EQ(host_of_url("t.example?secret"), "t.example");
}

TEST(HttpTransfer, AFailureKeepsTheSecretsOfTheUrlToItself) {
  HttpTransfer transfer{1, {.url = "http://user:pw@t.example/announce?passkey=secret"}, nullptr};
  ASSERT_TRUE(transfer.prepare({}));

  auto const result = transfer.finish(CURLE_OPERATION_TIMEDOUT);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kTimeout);
  EXPECT_TRUE(result.error().detail.starts_with("t.example: ")) << result.error().detail;
}

TEST(HttpTransfer, HasACodeForWhatTheOtherSideDid) {
  struct Case {
    CURLcode code;
    Errc errc;
  };
  for (auto const& [code, errc] :
       {Case{CURLE_TOO_MANY_REDIRECTS, Errc::kBadReply}, Case{CURLE_GOT_NOTHING, Errc::kBadReply},
        Case{CURLE_FILESIZE_EXCEEDED, Errc::kTooLarge},
        Case{CURLE_COULDNT_RESOLVE_HOST, Errc::kNetwork},
        Case{CURLE_PEER_FAILED_VERIFICATION, Errc::kNetwork},
        Case{CURLE_OUT_OF_MEMORY, Errc::kNoResource}}) {
    HttpTransfer transfer{1, {.url = "http://t.example/"}, nullptr};
    ASSERT_TRUE(transfer.prepare({}));
    EXPECT_EQ(transfer.finish(code).error().code, errc) << curl_easy_strerror(code);
  }
}

}  // namespace
}  // namespace btfast::net
