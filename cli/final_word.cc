#include "cli/final_word.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <vector>

#include "cli/colour.h"
#include "cli/progress_mode.h"
#include "cli/record_format.h"
#include "cli/seeding_panel.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

std::string time_text(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  return human_duration(std::chrono::seconds{std::lround(seconds)});
}

// Of the bytes that are of use: what was wasted made it no faster.
std::string fetched_text(TransferResult const& result) {
  TorrentStats const& s = result.stats;
  double const rate =
      result.fetch_s > 0 ? static_cast<double>(s.bytes_fetched) / result.fetch_s : 0;
  std::string const how = fmt::format("in {}, {}", time_text(result.fetch_s), brief_rate(rate));
  std::string const all = brief_size(s.bytes_have);
  if (s.bytes_fetched == 0) return all + ", all of it was here";
  if (s.bytes_fetched >= s.bytes_have) return all + ' ' + how;
  return fmt::format("{}, {} of it fetched {}", all, brief_size(s.bytes_fetched), how);
}

std::string sent_text(TransferResult const& result) {
  return fmt::format("sent {} in {}, ratio {:.2f}", brief_size(result.stats.payload_up),
                     time_text(result.wall_s - result.fetch_s), seed_ratio(result.stats));
}

void record_done(TransferResult const& result, OutputOptions const& options, Terminal& terminal) {
  TorrentStats const& s = result.stats;
  std::vector<LogField> fields{
      {"bytes", s.bytes_have},
      {"wall_s", result.wall_s},
      {"avg_Bps", static_cast<std::int64_t>(fetch_bytes_per_s(result))},
      {"cpu_s", result.cpu_s},
      {"bad", s.bad_pieces},
      {"uploaded", s.payload_up},
      {"path", result.path},
  };
  if (result.seeded) fields.emplace_back("goal_missed", result.goal_missed);
  terminal.word(
      format_record(options.record_format(), std::time(nullptr), LogLevel::kInfo, "done", fields));
}

// Where records are JSON every line is.
bool speaks_in_sentences(OutputOptions const& options, ProgressMode mode) {
  return is_rewritten(mode) && options.record_format() != RecordFormat::kJson;
}

// The first word is what the colour is for.
void say(Terminal& terminal, Colour colour, std::string const& text) {
  auto const word = text.find(' ');
  terminal.word(coloured(terminal.colour(), colour, text.substr(0, word)) + text.substr(word));
}

}  // namespace

std::string done_text(TransferResult const& result) {
  std::string const path = escaped(result.path);
  std::string text = result.goal_missed ? "Stopped before its goal: " : "Done: ";
  if (!result.seeded) return text + path + ", " + fetched_text(result);
  if (result.stats.bytes_fetched == 0) return text + path + ", " + sent_text(result);
  return text + path + ", " + fetched_text(result) + "; " + sent_text(result);
}

void say_done(TransferResult const& result, OutputOptions const& options, Terminal& terminal) {
  ProgressMode const mode = resolved_mode(options, terminal);
  if (mode == ProgressMode::kNone) return;
  if (!speaks_in_sentences(options, mode)) return record_done(result, options, terminal);
  say(terminal, result.goal_missed ? Colour::kYellow : Colour::kGreen, done_text(result));
}

void say_failed(TransferResult const& result, OutputOptions const& options, Terminal& terminal,
                CommandOutput const& output) {
  if (!speaks_in_sentences(options, resolved_mode(options, terminal))) {
    return output.complain(result.exit, result.error);
  }
  say(terminal, Colour::kRed, "btfast: " + escaped(result.error));
}

}  // namespace btfast::cli
