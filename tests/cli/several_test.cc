#include "cli/several.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace btfast::cli {
namespace {

using testing::ElementsAre;

class Several : public testing::Test {
 protected:
  ExitStatus run(std::vector<std::string> const& torrents) {
    return run_each(torrents, options_, out_, err_,
                    [this](std::string const& torrent, CommandOutput const& output) {
                      begun_.push_back(torrent);
                      if (torrent == "bad") return output.fail(ExitStatus::kBadTorrent, "bad");
                      if (torrent == "gone") return output.fail(ExitStatus::kNetwork, "gone");
                      if (torrent == "^C") return output.fail(ExitStatus::kInterrupted, "^C");
                      output.result() << (output.json() ? "{\"exit\": 0}\n" : torrent + "\n");
                      return output.finish(ExitStatus::kDone);
                    });
  }
  OutputOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> begun_;
};

TEST_F(Several, TheFirstFailureIsTheStatusAndTheOthersGoOn) {
  EXPECT_EQ(run({"a", "bad", "gone", "b"}), ExitStatus::kBadTorrent);

  EXPECT_EQ(out_.str(), "a\nb\n");
  EXPECT_EQ(err_.str(), "btfast: bad\nbtfast: gone\n");
}

TEST_F(Several, JsonOfSeveralIsAnArray) {
  options_.json = true;

  run({"a", "bad", "b"});

  auto const array = nlohmann::json::parse(out_.str());
  ASSERT_EQ(array.size(), 3u);
  EXPECT_EQ(array[0]["exit"], 0);
  EXPECT_EQ(array[1]["exit"], 3);
}

TEST_F(Several, OneIsAsIfThereWereNoArray) {
  options_.json = true;
  EXPECT_EQ(run({"bad"}), ExitStatus::kBadTorrent);
  EXPECT_TRUE(nlohmann::json::parse(out_.str()).is_object());
}

TEST_F(Several, AnInterruptEndsTheRow) {
  options_.json = true;

  EXPECT_EQ(run({"a", "^C", "b"}), ExitStatus::kInterrupted);

  EXPECT_THAT(begun_, ElementsAre("a", "^C"));
  EXPECT_EQ(nlohmann::json::parse(out_.str()).size(), 2u);
}

}  // namespace
}  // namespace btfast::cli
