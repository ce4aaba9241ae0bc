#include "cli/announce_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/fake_http_server.h"
#include "tests/support/fake_udp_tracker.h"
#include "tests/support/hostile_words.h"

namespace btfast::cli {
namespace {

using std::chrono::milliseconds;
using test::Bytes;
using test::FakeHttpServer;
using test::FakeUdpTracker;
using testing::HasSubstr;
using testing::Not;

test::FakeHttpAnswer good_answer(std::string const&) {
  return test::http_ok("d8:completei4e10:incompletei3e8:intervali900ee");
}

class AnnounceCommand : public testing::Test {
 protected:
  ExitStatus run(std::vector<std::vector<std::string>> tiers, bool json = false) {
    OutputOptions const options{.json = json};
    return run_announce(
        {.tracker_tiers = std::move(tiers), .bytes_left = 100, .timeout = milliseconds{400}},
        CommandOutput{options, out_, err_});
  }
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(AnnounceCommand, AsksEveryTrackerAndLeavesThoseThatAnswered) {
  FakeHttpServer good{good_answer};
  FakeHttpServer refusing{[](auto const&) { return test::http_ok("d14:failure reason3:\x1b[2e"); }};
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};
  FakeUdpTracker udp{[](Bytes const& in) { return test::honest_udp_answer(in); }};

  auto const status = run({{good.url("/announce"), refusing.url("/announce")},
                           {black_hole.url("/announce"), udp.url()}});

  EXPECT_EQ(status, ExitStatus::kDone);
  auto const text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_THAT(text, HasSubstr(good.url("/announce") + "  ok  interval 900 s  seeds 4  leechers 3"));
  EXPECT_THAT(text, HasSubstr(udp.url() + "  ok  interval 1800 s  seeds 4  leechers 3  peers 1"));
  EXPECT_THAT(text, HasSubstr("failed: \\x1b[2"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(good.request_count(), 2u);
  EXPECT_THAT(good.requests().at(0), HasSubstr("event=started"));
  EXPECT_THAT(good.requests().at(0), HasSubstr("left=100"));
  EXPECT_THAT(good.requests().at(1), HasSubstr("event=stopped"));
  EXPECT_EQ(refusing.request_count(), 1u);
  EXPECT_EQ(black_hole.request_count(), 1u);
  EXPECT_EQ(udp.datagrams().size(), 3u);  // connect, started, stopped
}

TEST_F(AnnounceCommand, FailsWhenNoTrackerAnswers) {
  FakeHttpServer black_hole{[](auto const&) { return test::http_hang(); }};

  EXPECT_EQ(run({{black_hole.url("/announce")}, {"ws://t.example/"}}), ExitStatus::kNetwork);

  EXPECT_THAT(out_.str(), HasSubstr("only http, https and udp trackers are asked"));
}

TEST_F(AnnounceCommand, JsonIsOneObjectInTheTorrentsOrder) {
  FakeHttpServer good{good_answer};
  FakeHttpServer refusing{[](auto const&) {
    return test::http_ok(
        "d14:failure reason2:\xff\xfe"
        "e");
  }};

  run({{refusing.url("/announce")}, {good.url("/announce")}}, true);

  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["exit"], 0);
  EXPECT_EQ(json["ok"], 1);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_TRUE(json.at("error").is_null());
  ASSERT_EQ(json["trackers"].size(), 2u);
  EXPECT_EQ(json["trackers"][0]["ok"], false);
  EXPECT_EQ(json["trackers"][1]["ok"], true);
  EXPECT_EQ(json["trackers"][1]["tier"], 2);
  EXPECT_EQ(json["trackers"][1]["interval_s"], 900);
  EXPECT_EQ(json["trackers"][1]["seeds"], 4);
  EXPECT_EQ(json["trackers"][1]["error"], nullptr);
}

// Whatever a stranger says, a script reads one document.
TEST_F(AnnounceCommand, JsonIsOneDocumentWhateverTrackersSay) {
  for (std::string const& words : test::hostile_words()) {
    SCOPED_TRACE(testing::PrintToString(words));
    std::string const said = std::to_string(words.size()) + ":" + words + "e";
    FakeHttpServer refusing{
        [&](auto const&) { return test::http_ok("d14:failure reason" + said); }};
    FakeHttpServer warning{
        [&](auto const&) { return test::http_ok("d8:intervali900e15:warning message" + said); }};
    out_.str({});

    run({{refusing.url("/announce")}, {warning.url("/announce")}}, true);

    std::string const text = out_.str();
    EXPECT_TRUE(test::is_one_line_of_ascii(text)) << text;
    auto const json = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << text;
    EXPECT_EQ(json["trackers"][0]["ok"], false);
    EXPECT_TRUE(json["trackers"][0]["error"].is_string());
    EXPECT_EQ(json["trackers"][1]["ok"], true);
    EXPECT_TRUE(json["trackers"][1]["warning"].is_string());
  }
}

TEST_F(AnnounceCommand, AUrlThatIsNoTextIsTextInTheJson) {
  run({{"http://\xff\xfe\n.example/announce"}}, true);

  auto const json = nlohmann::json::parse(out_.str(), nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << out_.str();
  EXPECT_TRUE(test::is_one_line_of_ascii(out_.str())) << out_.str();
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["error"], "no tracker answered");
}

TEST_F(AnnounceCommand, AnInterruptEndsTheWaitingWithWhatIsKnown) {
  FakeHttpServer good{good_answer};
  FakeHttpServer black_hole{[](auto const&) {
    ::raise(SIGINT);
    return test::http_hang();
  }};

  auto const status = run({{good.url("/announce"), black_hole.url("/announce")}}, true);

  EXPECT_EQ(status, ExitStatus::kInterrupted);
  auto const json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["status"], "interrupted");
  EXPECT_EQ(json["exit"], 7);
  EXPECT_EQ(json["error"], "interrupted");
  EXPECT_EQ(json["trackers"][1]["error"], "interrupted");
}

TEST_F(AnnounceCommand, SaysHowFarItIsWhenItIsAsked) {
  FakeHttpServer black_hole{[](auto const&) {
    ::raise(SIGUSR1);
    return test::http_hang();
  }};

  EXPECT_EQ(run({{black_hole.url("/announce")}}), ExitStatus::kNetwork);

  EXPECT_THAT(err_.str(), HasSubstr("INFO announce trackers=1 answered=0 ok=0\n"));
}

TEST_F(AnnounceCommand, ATrackerThatHangsAtGoodbyeDoesNotHoldUsLong) {
  FakeHttpServer server{[](std::string const& target) {
    bool const leaving = target.find("event=stopped") != std::string::npos;
    return leaving ? test::http_hang() : good_answer(target);
  }};

  EXPECT_EQ(run({{server.url("/announce")}}), ExitStatus::kDone);

  EXPECT_EQ(server.request_count(), 2u);
}

TEST_F(AnnounceCommand, ATorrentWithoutTrackersSaysSo) {
  EXPECT_EQ(run({}), ExitStatus::kNetwork);

  EXPECT_EQ(out_.str(), "the torrent names no tracker\n");
}

}  // namespace
}  // namespace btfast::cli
