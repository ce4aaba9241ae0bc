#include "cli/exit_status.h"

#include <gtest/gtest.h>

namespace btfast::cli {
namespace {

int status_of(Errc code) { return static_cast<int>(exit_status_of(Failure{code, "why"})); }

// What scripts rely on: README.md, "Exit statuses".
TEST(ExitStatus, SaysWhatKindOfTroubleItWas) {
  EXPECT_EQ(status_of(Errc::kNoResource), 1);
  EXPECT_EQ(status_of(Errc::kBadArgument), 2);
  EXPECT_EQ(status_of(Errc::kBadBencode), 3);
  EXPECT_EQ(status_of(Errc::kBadMetainfo), 3);
  EXPECT_EQ(status_of(Errc::kUnsupported), 3);
  EXPECT_EQ(status_of(Errc::kNetwork), 4);
  EXPECT_EQ(status_of(Errc::kTimeout), 5);
  EXPECT_EQ(status_of(Errc::kDiskIo), 6);
  EXPECT_EQ(status_of(Errc::kPermission), 6);
  EXPECT_EQ(status_of(Errc::kUnsafePath), 6);
  EXPECT_EQ(status_of(Errc::kCancelled), 7);
  EXPECT_EQ(status_of(Errc::kDiskFull), 9);
  EXPECT_EQ(status_of(Errc::kBusy), 10);
}

}  // namespace
}  // namespace btfast::cli
