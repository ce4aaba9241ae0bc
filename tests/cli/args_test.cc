#include "cli/args.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ArgsTest : public testing::Test {
 protected:
  ArgsTest() { ::setenv("XDG_CONFIG_HOME", home_.path().c_str(), 1); }
  ~ArgsTest() override {
    for (auto const& name : set_) ::unsetenv(name.c_str());
    ::unsetenv("XDG_CONFIG_HOME");
  }

  std::optional<Command> parse(std::vector<std::string> const& words) {
    std::vector<char const*> argv{"btfast"};
    for (auto const& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStderr();
    auto parsed = parse_command_line(static_cast<int>(argv.size()), argv.data(), status_);
    said_ = testing::internal::GetCapturedStderr();
    return parsed;
  }
  GetOptions get(std::vector<std::string> const& words) {
    auto parsed = parse(words);
    EXPECT_TRUE(parsed && std::holds_alternative<GetOptions>(*parsed)) << said_;
    return parsed ? std::get<GetOptions>(*std::move(parsed)) : GetOptions{};
  }
  void set(std::string const& name, std::string const& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  void write_config(std::string const& text) {
    std::filesystem::create_directories(home_.path() / "btfast");
    std::ofstream{home_.path() / "btfast" / "btfast.toml"} << text;
  }

  test::TempDir home_;
  std::vector<std::string> set_;
  ExitStatus status_ = ExitStatus::kDone;
  std::string said_;
};

TEST_F(ArgsTest, AMistakeIsToldInTheFormThatTheSettingsAsk) {
  auto const told = [this](std::vector<std::string> words) {
    words.insert(words.end(), {"x.torrent", "--frobnicate"});
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse(words));
    EXPECT_EQ(status_, ExitStatus::kUsage);
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(told({}), "");
  set("BTFAST_JSON", "1");
  EXPECT_THAT(told({}), HasSubstr("frobnicate"));
  EXPECT_EQ(said_.front(), 'b');
  set("BTFAST_LOG_FORMAT", "json");
  told({});
  EXPECT_EQ(said_.front(), '{');
  told({"--log-format", "logfmt"});
  EXPECT_EQ(said_.front(), 'b') << "words go before the environment";
  ::unsetenv("BTFAST_LOG_FORMAT");
  set("BTFAST_PROGRESS", "json");
  told({});
  EXPECT_EQ(said_.front(), '{');
  ::unsetenv("BTFAST_PROGRESS");
  ::unsetenv("BTFAST_JSON");
  write_config("json = true\nlog-format = \"json\"\n");
  EXPECT_THAT(told({}), HasSubstr("frobnicate"));
  EXPECT_EQ(said_.front(), '{');
  set("BTFAST_JSON", "false");
  EXPECT_EQ(told({}), "") << "the environment goes before the file";
}

TEST_F(ArgsTest, WithoutACommandItDownloads) {
  GetOptions const options = get({"-t", "x.torrent", "-j", "8"});
  EXPECT_THAT(options.torrents, ElementsAre("x.torrent"));
  EXPECT_EQ(options.engine.jobs, 8);
  EXPECT_EQ(options.output, ".");
  EXPECT_FALSE(options.seed_only);
  EXPECT_EQ(get({"get", "-t", "x.torrent", "-j", "8"}).engine.jobs, 8);
}

TEST_F(ArgsTest, PositionalsAreTheTorrentAndItsTarget) {
  GetOptions const options = get({"x.torrent", "there.iso"});
  EXPECT_THAT(options.torrents, ElementsAre("x.torrent"));
  EXPECT_EQ(options.target, "there.iso");
}

TEST_F(ArgsTest, ValuesBecomeTheirTypes) {
  GetOptions const options = get({"-t",
                                  "x",
                                  "--port",
                                  "7000-7010",
                                  "--cache",
                                  "64MiB",
                                  "--down-limit",
                                  "800Mbit",
                                  "--timeout",
                                  "5m",
                                  "--strategy",
                                  "random",
                                  "--peer",
                                  "a:1",
                                  "--peer",
                                  "[::1]:2",
                                  "--seed-ratio",
                                  "1.5",
                                  "--upload-slots",
                                  "7",
                                  "--progress",
                                  "json",
                                  "-vv"});
  EXPECT_EQ(options.engine.port_first, 7000);
  EXPECT_EQ(options.engine.port_last, 7010);
  EXPECT_EQ(options.engine.cache_bytes, 64 * kMiB);
  EXPECT_EQ(options.engine.down_limit_bytes_per_s, 100'000'000u);
  EXPECT_EQ(options.timeout, 300s);
  EXPECT_EQ(options.engine.strategy, Strategy::kRandom);
  EXPECT_THAT(options.peers, ElementsAre("a:1", "[::1]:2"));
  EXPECT_EQ(options.seed.ratio, 1.5);
  EXPECT_EQ(options.engine.upload_slots, 7u);
  EXPECT_EQ(options.out.progress, ProgressMode::kJson);
  EXPECT_EQ(options.out.verbose, 2);
}

TEST_F(ArgsTest, SeedIsAGetThatFetchesNothing) {
  GetOptions const options = get({"seed", "-t", "x", "-o", "/srv", "--no-verify"});
  EXPECT_TRUE(options.seed_only);
  EXPECT_TRUE(options.no_verify);
  EXPECT_EQ(options.output, "/srv");
}

TEST_F(ArgsTest, EachCommandHasItsOptions) {
  EXPECT_TRUE(std::holds_alternative<InfoOptions>(*parse({"info", "x"})));
  EXPECT_TRUE(std::holds_alternative<CreateOptions>(*parse({"create", "x"})));
  EXPECT_TRUE(std::holds_alternative<DumpOptions>(*parse({"dump", "x"})));
  EXPECT_TRUE(std::holds_alternative<VerifyOptions>(*parse({"verify", "-t", "x", "-o", "."})));
  EXPECT_TRUE(std::holds_alternative<TrackerOptions>(*parse({"tracker"})));
  EXPECT_TRUE(std::holds_alternative<SwarmOptions>(*parse({"swarm"})));
  EXPECT_TRUE(std::holds_alternative<BenchOptions>(*parse({"bench", "hash"})));
}

TEST_F(ArgsTest, HowTrackersAreAskedIsASetting) {
  EngineConfig const usual = get({"-t", "x"}).engine;
  EXPECT_EQ(usual.announce_min, 60s);
  EXPECT_EQ(usual.peers_enough, 200u);

  auto const set = get({"-t", "x", "--announce-min", "2s", "--peers-enough", "5"}).engine;
  EXPECT_EQ(set.announce_min, 2s);
  EXPECT_EQ(set.peers_enough, 5u);

  for (auto const* const bad : {"0s", "500ms", "25h", "soon"}) {
    EXPECT_FALSE(parse({"-t", "x", "--announce-min", bad})) << bad;
    EXPECT_EQ(status_, ExitStatus::kUsage);
    EXPECT_THAT(said_, HasSubstr("--announce-min"));
  }
  EXPECT_FALSE(parse({"-t", "x", "--peers-enough", "0"}));
}

TEST_F(ArgsTest, TheTimesOfPeersAreSettings) {
  EngineConfig const usual = get({"-t", "x"}).engine;
  EXPECT_EQ(usual.peer_times.connect, 10s);
  EXPECT_EQ(usual.peer_times.handshake, 10s);
  EXPECT_EQ(usual.peer_times.idle, 150s);
  EXPECT_EQ(usual.request_timeout, 15s);

  write_config("idle-timeout = 1h\n");
  set("BTFAST_REQUEST_TIMEOUT", "20s");
  EngineConfig const engine =
      get({"-t", "x", "--connect-timeout", "500ms", "--handshake-timeout", "3s"}).engine;
  EXPECT_EQ(engine.peer_times.connect, 500ms);
  EXPECT_EQ(engine.peer_times.handshake, 3s);
  EXPECT_EQ(engine.peer_times.idle, 1h);
  EXPECT_EQ(engine.request_timeout, 20s);
  for (auto const* const name :
       {"--connect-timeout", "--handshake-timeout", "--request-timeout", "--idle-timeout"}) {
    EXPECT_FALSE(parse({"-t", "x", name, "499ms"})) << name;
    EXPECT_FALSE(parse({"-t", "x", name, "61m"})) << name;
    EXPECT_EQ(status_, ExitStatus::kUsage);
    EXPECT_THAT(said_, HasSubstr(name));
  }
}

TEST_F(ArgsTest, WhatIsWrongIsUsageAndNamesTheFlag) {
  struct Bad {
    std::vector<std::string> words;
    std::string named;
  };
  for (auto const& [words, named] : std::vector<Bad>{
           {{"-t", "x", "--strategy", "fast"}, "sequential|random|smart"},
           {{"-t", "x", "--port", "70000"}, "--port"},
           {{"-t", "x", "-j", "0"}, "--jobs"},
           {{"-t", "x", "--cache", "lots"}, "--cache"},
           {{"-t", "x", "--timeout", "soon"}, "--timeout"},
           {{"-t", "x", "--no-such-flag"}, "--no-such-flag"},
           {{"-t"}, "--torrent"},
           {{}, "-t: missing"},
           {{"-j", "2", "verify", "-t", "x"}, "the command comes first: btfast verify"},
           {{"get", "help"}, "the command comes first: btfast help"},
           {{"verfiy", "-t", "x"}, "did you mean verify?"},
           {{"-t", "x", "--job", "4"}, "did you mean --jobs?"},
           {{"-t", "x", "--timeout", "5x"}, "30s"},
           {{"x.torrent", "iso/name.iso"}, "-o DIR"},
           {{"x.torrent", "--as", ".."}, "--as"},
           {{"x.torrent", "--as", ""}, "--as"},
           {{"x.torrent", "y.torrent", "--as", "z"}, "--as"},
           {{"x.torrent", "y.torrent", "--seed"}, "--seed-time"},
           {{"dump", "x", "y"}, "one file"},
           {{"verify", "-o", "."}, "-t: missing"},
           {{"help", "verfiy"}, "did you mean verify?"},
           {{"bench", "all", "--bogus"}, "--bogus"}}) {
    EXPECT_FALSE(parse(words));
    EXPECT_EQ(status_, ExitStatus::kUsage);
    EXPECT_THAT(said_, HasSubstr(named));
  }
}

TEST_F(ArgsTest, AFlagComesBeforeTheEnvironmentAndThatBeforeTheFile) {
  write_config("jobs = 2\nmax-peers = 33\n");
  EXPECT_EQ(get({"-t", "x"}).engine.jobs, 2);
  set("BTFAST_JOBS", "3");
  EXPECT_EQ(get({"-t", "x"}).engine.jobs, 3);
  GetOptions const options = get({"-t", "x", "-j", "4"});
  EXPECT_EQ(options.engine.jobs, 4);
  EXPECT_EQ(options.engine.max_peers, 33u);
}

TEST_F(ArgsTest, EveryCommandHasItsSettings) {
  write_config("[tracker]\nport = 7000\n");
  set("BTFAST_JOBS", "3");
  set("BTFAST_JSON", "true");
  auto const verify = std::get<VerifyOptions>(*parse({"verify", "x.torrent"}));
  EXPECT_EQ(verify.jobs, 3);
  EXPECT_TRUE(verify.out.json);
  EXPECT_EQ(std::get<CreateOptions>(*parse({"create", "x"})).jobs, 3u);
  EXPECT_EQ(std::get<SwarmOptions>(*parse({"swarm"})).jobs, 3);
  EXPECT_EQ(std::get<BenchOptions>(*parse({"bench", "hash", "-j", "2"})).jobs, 2);
  EXPECT_EQ(std::get<TrackerOptions>(*parse({"tracker"})).ports.first, 7000);
}

TEST_F(ArgsTest, AWrongSettingIsNamedByWhereItStands) {
  write_config("max-peers = 4\n\njobs = nope\n");
  EXPECT_FALSE(parse({"x.torrent"}));
  EXPECT_EQ(status_, ExitStatus::kUsage);
  EXPECT_THAT(said_, HasSubstr("btfast.toml: line 3: jobs: expected a number from 1 to 1024"));
  EXPECT_TRUE(parse({"dump", "x"})) << "jobs does not concern it";
  EXPECT_TRUE(parse({"x.torrent", "-j", "2"})) << "a flag comes first";

  set("BTFAST_PIECE_SIZE", "5");
  EXPECT_FALSE(parse({"create", "x"}));
  EXPECT_THAT(said_, HasSubstr("BTFAST_PIECE_SIZE: expected a power of two"));
  set("BTFAST_ANNOUNCE", "foo");
  set("BTFAST_PIECE_SIZE", "");
  EXPECT_FALSE(parse({"create", "x"}));
  EXPECT_THAT(said_, HasSubstr("BTFAST_ANNOUNCE: not a URL: \"foo\""));

  set("BTFAST_QUIET", "perhaps");
  EXPECT_FALSE(parse({"dump", "x"}));
  EXPECT_THAT(said_, HasSubstr("BTFAST_QUIET: expected true or false, not \"perhaps\""));
}

TEST_F(ArgsTest, AMisspeltVariableIsWarnedOfOnce) {
  set("BTFAST_JBOS", "3");
  EXPECT_TRUE(parse({"a.torrent", "b.torrent"}));
  EXPECT_EQ(said_, "btfast: warning: unknown variable BTFAST_JBOS; did you mean BTFAST_JOBS?\n");
  EXPECT_TRUE(parse({"info", "x", "-q"}));
  EXPECT_EQ(said_, "");
}

TEST_F(ArgsTest, AKeyThatIsNotKnownIsReportedAndHelpWorksAllTheSame) {
  write_config("jbos = 3\n");
  EXPECT_FALSE(parse({"info", "x"}));
  EXPECT_EQ(status_, ExitStatus::kUsage);
  EXPECT_THAT(said_, HasSubstr("line 1: unknown key jbos; did you mean jobs?"));
  for (char const* const word : {"--help", "help", "version", "--version"}) {
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse({word}));
    EXPECT_EQ(status_, ExitStatus::kDone) << word;
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("btfast")) << word;
  }
}

TEST_F(ArgsTest, EveryCommandTakesTheTorrentBothWays) {
  for (char const* const command : {"get", "seed", "info", "verify", "dump"}) {
    EXPECT_TRUE(parse({command, "-t", "x.torrent"})) << command << said_;
    EXPECT_TRUE(parse({command, "x.torrent"})) << command << said_;
  }
}

TEST_F(ArgsTest, SeveralTorrentsAreSeveral) {
  EXPECT_THAT(get({"a.torrent", "b.torrent"}).torrents, ElementsAre("a.torrent", "b.torrent"));
  EXPECT_THAT(get({"-t", "a", "-t", "b"}).torrents, ElementsAre("a", "b"));
  EXPECT_THAT(get({"-t", "a", "b.torrent"}).torrents, ElementsAre("a", "b.torrent"));
  EXPECT_FALSE(get({"-t", "a", "b.torrent"}).target);
  EXPECT_THAT(get({"--peer", "x:1", "a.torrent"}).torrents, ElementsAre("a.torrent"));
}

TEST_F(ArgsTest, APathNamesFolderAndName) {
  GetOptions const below = get({"x.torrent", "-o", "/srv", "--as", "iso/name.iso"});
  EXPECT_EQ(below.output, "/srv/iso");
  EXPECT_EQ(below.target, "name.iso");
  GetOptions const elsewhere = get({"x.torrent", "-o", "/srv", "--as", "/var/name/"});
  EXPECT_EQ(elsewhere.output, "/var");
  EXPECT_EQ(elsewhere.target, "name");
  EXPECT_EQ(get({"x.torrent", "--as", "verify"}).target, "verify");
}

TEST_F(ArgsTest, MistakesAreJsonWhereThatWasAsked) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(parse({"verfiy", "-t", "x", "--json"}));
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              testing::AllOf(HasSubstr("\"exit\":2"), HasSubstr("\"error\":\"")));
}

// Of a command that was not asked for nothing is read.
TEST_F(ArgsTest, TheEnvironmentIsReadForTheCommandThatRuns) {
  set("BTFAST_JOBS", "many");
  EXPECT_TRUE(parse({"info", "x"}));
  EXPECT_FALSE(parse({"-t", "x"}));
  EXPECT_EQ(status_, ExitStatus::kUsage);
  set("BTFAST_JOBS", "5");
  set("BTFAST_STALL_TIMEOUT", "30s");
  set("BTFAST_SEED_RATIO", "2");
  GetOptions const options = get({"seed", "-t", "x"});
  EXPECT_EQ(options.engine.jobs, 5);
  EXPECT_EQ(options.seed.ratio, 2.0);
  EXPECT_EQ(get({"x.torrent"}).stall_timeout, 30s);
}

TEST_F(ArgsTest, WhatNamesTheWorkOfOneRunIsNoSetting) {
  for (char const* const name :
       {"BTFAST_TORRENT", "BTFAST_SELECT", "BTFAST_NO_RESUME", "BTFAST_TRACKER_INSECURE",
        "BTFAST_ANNOUNCE_ONLY", "BTFAST_INFO", "BTFAST_PEER"}) {
    set(name, "1");
  }
  GetOptions const options = get({"-t", "x"});
  EXPECT_FALSE(options.select || options.no_resume || options.announce_only || options.info);
  EXPECT_TRUE(options.engine.verify_tls);
  EXPECT_TRUE(options.peers.empty());
}

TEST_F(ArgsTest, BehindACommandTheFirstWordIsATorrent) {
  EXPECT_THAT(std::get<VerifyOptions>(*parse({"verify", "nothere"})).torrents,
              ElementsAre("nothere"));
  EXPECT_THAT(get({"get", "nothere"}).torrents, ElementsAre("nothere"));
  EXPECT_THAT(get({"seed", "nothere"}).torrents, ElementsAre("nothere"));
  EXPECT_FALSE(parse({"nothere"}));
  EXPECT_THAT(said_, HasSubstr("the commands are"));
}

TEST_F(ArgsTest, WhatIsAnsweredAtOnceTakesTheOptionsOfOutput) {
  for (std::vector<std::string> words :
       {std::vector<std::string>{"version"}, {"help"}, {"help", "get"}, {"completion", "bash"}}) {
    words.insert(words.end(), {"-q", "-v", "--progress", "none", "--summary-interval", "5s",
                               "--log-format", "json"});
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse(words));
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("btfast")) << words.front();
    EXPECT_EQ(status_, ExitStatus::kDone) << said_;
  }
}

TEST_F(ArgsTest, TheVersionIsPrintedWhereverACommandsOptionsAre) {
  for (auto const& words : {std::vector<std::string>{"-t", "x", "-V"},
                            {"get", "--version"},
                            {"create", "-V"},
                            {"bench", "-qV"}}) {
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse(words));
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "btfast " BTFAST_VERSION "\n");
    EXPECT_EQ(status_, ExitStatus::kDone) << said_;
  }
  for (auto const& words : {std::vector<std::string>{"version", "--json"}, {"--json", "-V"}}) {
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse(words));
    EXPECT_THAT(testing::internal::GetCapturedStdout(),
                HasSubstr("\"version\":\"" BTFAST_VERSION "\""));
  }
}

TEST_F(ArgsTest, HelpAndVersionAreDone) {
  for (char const* const flag : {"--help", "-h", "--version", "-V"}) {
    testing::internal::CaptureStdout();
    EXPECT_FALSE(parse({flag}));
    EXPECT_EQ(status_, ExitStatus::kDone) << flag;
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("btfast")) << flag;
    EXPECT_EQ(said_, "") << flag;
  }
}

}  // namespace
}  // namespace btfast::cli
