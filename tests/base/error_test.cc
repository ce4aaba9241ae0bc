#include "engine/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace btfast {
namespace {

TEST(Error, EveryCodeHasItsOwnText) {
  std::set<std::string_view> texts;
  int const last = static_cast<int>(Errc::kNoResource);

  for (int code = 0; code <= last; ++code) texts.insert(errc_text(static_cast<Errc>(code)));

  EXPECT_EQ(texts.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_FALSE(texts.contains("unknown error"));
}

TEST(Error, TextCarriesTheKernelsReason) {
  EXPECT_EQ(error_text({Errc::kDiskFull, ENOSPC}), "no space left (No space left on device)");
  EXPECT_EQ(failure_text({Errc::kNotFound, ENOENT, "a/b"}), "a/b: No such file or directory");
  EXPECT_EQ(failure_text({Errc::kTimeout, ""}), "timed out");
}

TEST(Error, FileErrnosMapToWhatTheOwnerDecidesBy) {
  EXPECT_EQ(errc_from_file_errno(ENOSPC), Errc::kDiskFull);
  EXPECT_EQ(errc_from_file_errno(EDQUOT), Errc::kDiskFull);
  EXPECT_EQ(errc_from_file_errno(ELOOP), Errc::kUnsafePath);
  EXPECT_EQ(errc_from_file_errno(EROFS), Errc::kPermission);
  EXPECT_EQ(errc_from_file_errno(EMFILE), Errc::kNoResource);
  EXPECT_EQ(errc_from_file_errno(EIO), Errc::kDiskIo);
}

}  // namespace
}  // namespace btfast
