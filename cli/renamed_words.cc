#include "cli/renamed_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "cli/json_bytes.h"
#include "engine/base/counted.h"
#include "engine/base/log.h"

namespace btfast::cli {
namespace {

std::span<RenamedFile const> said(RenamedFiles const& renamed) {
  return std::span{renamed.named}.first(std::min(renamed.named.size(), kRenamedSaid));
}

}  // namespace

void log_renamed(RenamedFiles const& renamed) {
  auto const files = said(renamed);
  for (auto const& file : files) {
    log_event(LogLevel::kWarn, "file_renamed", {{"name", file.name}, {"path", file.path}});
  }
  if (renamed.count == files.size()) return;
  log_event(LogLevel::kWarn, "files_renamed", {{"more", renamed.count - files.size()}});
}

void warn_renamed(RenamedFiles const& renamed, CommandOutput const& output) {
  auto const files = said(renamed);
  for (auto const& file : files) {
    output.warn(fmt::format("\"{}\" is called \"{}\" on disk", file.name, file.path));
  }
  if (renamed.count == files.size()) return;
  output.warn(counted(renamed.count - files.size(), "more file is", "more files are") +
              " called otherwise on disk than in the torrent");
}

nlohmann::ordered_json renamed_json(RenamedFiles const& renamed) {
  using Json = nlohmann::ordered_json;
  Json files = Json::array();
  for (auto const& file : renamed.named) {
    Json json{{"name", file.name}, {"path", file.path}};
    add_encoded(json, "name", file.name);
    add_encoded(json, "path", file.path);
    files.push_back(std::move(json));
  }
  return {{"count", renamed.count}, {"files", std::move(files)}};
}

}  // namespace btfast::cli
