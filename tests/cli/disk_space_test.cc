#include "cli/disk_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "engine/base/log.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class DiskSpace : public testing::Test {
 protected:
  std::string dir() const { return dir_.path().string(); }
  // The event that a warning is, if there is one.
  std::string warned(std::uint64_t length) {
    std::string event;
    set_log_sink([&](LogLevel, std::string_view name, auto) { event = name; }, LogLevel::kWarn);
    warn_if_short_of_space(dir(), {{.path = "a", .length = length}}, {true});
    set_log_sink({}, LogLevel::kOff);
    return event;
  }

  test::TempDir dir_;
};

TEST_F(DiskSpace, OfAFolderThatIsYetToBeMadeIsThatOfWhereItWillBe) {
  EXPECT_TRUE(free_bytes(dir()));
  EXPECT_TRUE(free_bytes(dir() + "/not/there/yet"));
  EXPECT_TRUE(free_bytes("."));
}

TEST_F(DiskSpace, WhatFilesHoldAlreadyTheyDoNotTake) {
  std::ofstream{dir_ / "b"} << std::string(1 << 20, 'x') << std::flush;
  std::vector<storage::FileSpec> const files{{.path = "a", .length = 1000},
                                             {.path = "b", .length = 1 << 20},
                                             {.path = "c", .length = 5000},
                                             {.path = "p", .length = 700, .pad = true}};

  EXPECT_EQ(bytes_to_take(dir(), files, {true, true, false, true}), 1000u);
}

TEST_F(DiskSpace, ADownloadThatDoesNotFitIsWarnedOf) {
  EXPECT_EQ(warned(1000), "");
  EXPECT_EQ(warned(1ull << 60), "short_of_space");
}

TEST_F(DiskSpace, WhoRanOutOfItHearsHowMuchIsMissing) {
  std::string const text = short_of_space_text(150ull << 20, dir());

  EXPECT_THAT(text, StartsWith("; 150 MiB are still to come, and "));
  EXPECT_THAT(text, HasSubstr(" are free"));
}

// Thin provisioning: what was written finds no room when it is synced.
TEST_F(DiskSpace, WhoHasEverythingHearsThatTheDiskHasNot) {
  EXPECT_EQ(short_of_space_text(0, dir()),
            "; all has come, and the disk has less room than it said");
}

}  // namespace
}  // namespace btfast::cli
