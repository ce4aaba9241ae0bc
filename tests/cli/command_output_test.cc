#include "cli/command_output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>

#include "cli/result_buffer.h"

namespace btfast::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class CommandOutputTest : public testing::Test {
 protected:
  OutputOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
  CommandOutput const output_{options_, out_, err_};
};

TEST_F(CommandOutputTest, AFailureIsOneLineForAPerson) {
  auto const status = output_.fail({Errc::kBadBencode, "x.torrent: byte 3\n: not a digit"});

  EXPECT_EQ(status, ExitStatus::kBadTorrent);
  EXPECT_EQ(err_.str(), "btfast: x.torrent: byte 3\\n: not a digit\n");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(CommandOutputTest, WithJsonAFailureIsAnObjectToo) {
  options_.json = true;

  output_.fail(ExitStatus::kUsage, "--select: no such file");

  auto const object = json::parse(out_.str());
  EXPECT_EQ(object["status"], "failed");
  EXPECT_EQ(object["exit"], 2);
  EXPECT_EQ(object["error"], "--select: no such file");
  EXPECT_THAT(err_.str(), StartsWith("btfast: "));
}

TEST_F(CommandOutputTest, WhereRecordsAreJsonEveryLineIs) {
  options_.progress = ProgressMode::kJson;

  output_.complain(ExitStatus::kNetwork, "nobody");
  auto const failed = json::parse(err_.str());
  err_.str("");
  output_.warn("odd");
  auto const warning = json::parse(err_.str());

  EXPECT_EQ(failed["event"], "failed");
  EXPECT_EQ(failed["exit"], 4);
  EXPECT_EQ(failed["reason"], "nobody");
  EXPECT_EQ(warning["text"], "odd");
}

TEST_F(CommandOutputTest, QuietLeavesFailuresOnly) {
  options_.quiet = true;
  output_.warn("odd");
  EXPECT_EQ(err_.str(), "");
  output_.complain(ExitStatus::kNetwork, "nobody");
  EXPECT_EQ(err_.str(), "btfast: nobody\n");
}

TEST_F(CommandOutputTest, AResultThatCannotBeWrittenIsAFailure) {
  EXPECT_EQ(output_.finish(ExitStatus::kVerifyFailed), ExitStatus::kVerifyFailed);
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(output_.finish(ExitStatus::kDone), ExitStatus::kStorage);
}

// Much was said after the write that failed, and each said it in its own way.
TEST_F(CommandOutputTest, TheReasonIsThatOfTheFirstWriteThatFailed) {
  int const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ResultBuffer buffer{full};
  std::ostream out{&buffer};
  CommandOutput const output{options_, out, err_};
  out << std::string(100'000, 'x') << std::endl;
  errno = 0;

  EXPECT_EQ(output.finish(ExitStatus::kDone), ExitStatus::kDiskFull);
  EXPECT_THAT(err_.str(), HasSubstr("cannot write the result"));
  EXPECT_THAT(err_.str(), HasSubstr("No space left on device"));
  err_.str("");
  options_.json = true;
  EXPECT_EQ(output.fail(ExitStatus::kUsage, "no"), ExitStatus::kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("btfast: warning: the result could not be written"));
  ::close(full);
}

TEST_F(CommandOutputTest, AReaderThatWentAwayIsNoFailure) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  auto const before = ::signal(SIGPIPE, SIG_IGN);
  ResultBuffer buffer{ends[1]};
  std::ostream out{&buffer};
  out << std::string(100'000, 'x') << std::endl;

  EXPECT_EQ((CommandOutput{options_, out, err_}.finish(ExitStatus::kDone)), ExitStatus::kDone);
  EXPECT_EQ((CommandOutput{options_, out, err_}.finish_transfer(ExitStatus::kDone)),
            ExitStatus::kDone);
  EXPECT_EQ(err_.str(), "");
  ::signal(SIGPIPE, before);
  ::close(ends[1]);
}

TEST_F(CommandOutputTest, AResultThatNobodyReadAfterAWishToStopIsNotDone) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  std::string const before(static_cast<std::size_t>(::fcntl(ends[1], F_GETPIPE_SZ)), 'x');
  ASSERT_EQ(::write(ends[1], before.data(), before.size()), static_cast<ssize_t>(before.size()));
  ResultBuffer buffer{ends[1], []() noexcept { return true; }};
  std::ostream out{&buffer};
  CommandOutput const output{options_, out, err_};
  out << "result" << std::endl;

  EXPECT_EQ(output.finish(ExitStatus::kDone), ExitStatus::kInterrupted);
  EXPECT_EQ(output.finish(ExitStatus::kVerifyFailed), ExitStatus::kVerifyFailed);
  EXPECT_EQ(output.finish_transfer(ExitStatus::kDone), ExitStatus::kDone);
  EXPECT_THAT(err_.str(), HasSubstr("standard output: nobody read it"));
  for (int const end : ends) ::close(end);
}

TEST_F(CommandOutputTest, ATransferKeepsItsStatusWhereNobodyCanHearOfIt) {
  out_.setstate(std::ios::badbit);

  EXPECT_EQ(output_.finish_transfer(ExitStatus::kDone), ExitStatus::kDone);
  EXPECT_THAT(err_.str(), StartsWith("btfast: warning: the result could not be written"));
}

}  // namespace
}  // namespace btfast::cli
