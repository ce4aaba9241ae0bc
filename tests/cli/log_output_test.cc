#include "cli/log_output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/log.h"

namespace btfast::cli {
namespace {

// What two events leave on standard error, as `options` have it.
class LogOutputTest : public testing::Test {
 protected:
  ~LogOutputTest() override {
    remove_log();
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  std::string logged(OutputOptions const& options) {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    Terminal terminal{ends_[1]};
    Notices notices{options, terminal};
    install_log(options, terminal, notices);
    log_event(LogLevel::kInfo, "told", {{"name", "x y"}});
    log_event(LogLevel::kWarn, "warned", {{"piece", 7}});
    remove_log();
    terminal.line("end");
    std::string out(4096, '\0');
    out.resize(static_cast<std::size_t>(::read(ends_[0], out.data(), out.size())));
    return out.substr(0, out.size() - std::string{"end\n"}.size());
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST_F(LogOutputTest, WarningsAreShownAndMoreWhereItIsAsked) {
  std::string const plain = logged({});
  EXPECT_EQ(plain.find("told"), std::string::npos);
  EXPECT_NE(plain.find("WARN warned piece=7\n"), std::string::npos);
}

TEST_F(LogOutputTest, VerboseTellsWhatHappens) {
  OutputOptions options;
  options.verbose = 1;
  EXPECT_NE(logged(options).find("INFO told name=\"x y\"\n"), std::string::npos);
}

TEST_F(LogOutputTest, QuietShowsErrorsOnly) {
  OutputOptions options;
  options.quiet = true;
  EXPECT_EQ(logged(options), "");
}

// Who reads records as JSON must not find another line between them.
TEST_F(LogOutputTest, RecordsAmongJsonProgressAreJsonToo) {
  OutputOptions options;
  options.progress = ProgressMode::kJson;
  auto const read = nlohmann::json::parse(logged(options));
  EXPECT_EQ(read["event"], "warned");
  EXPECT_EQ(read["piece"], 7);
}

}  // namespace
}  // namespace btfast::cli
