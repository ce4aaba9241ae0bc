#include "tests/tidy/rules.h"

#include <algorithm>
#include <array>
#include <regex>
#include <span>

namespace btfast::tidy {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kFileLinesMax = 500;
constexpr std::size_t kTestLinesMax = 700;

void add(Findings& out, std::string_view rule, Source const& source, std::size_t line,
         std::string text) {
  out.push_back(
      {.rule = std::string{rule}, .path = source.path, .line = line, .text = std::move(text)});
}

bool starts_with_any(std::string_view text, std::span<std::string_view const> prefixes) {
  return std::ranges::any_of(prefixes, [&](auto prefix) { return text.starts_with(prefix); });
}

bool is_product(Source const& source) {
  static constexpr std::array<std::string_view, 4> kProduct = {"engine/", "net/", "storage/",
                                                               "cli/"};
  return source.is_cpp() && starts_with_any(source.path, kProduct);
}

bool below_cli(Source const& source) { return is_product(source) && !source.under("cli/"); }

std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

// Where one folder's files may include from; the longest folder that fits counts.
struct Direction {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};
std::vector<Direction> const& directions() {
  static std::vector<Direction> const kDirections = {
      {"engine/base/", {"engine/base/"}},
      // The engine's folders, each above those it names.
      {"engine/metainfo/", {"engine/metainfo/", "engine/base/", "storage/"}},
      {"engine/content/",
       {"engine/content/", "engine/metainfo/", "engine/base/", "engine/worker_pool.h", "storage/"}},
      {"engine/pieces/", {"engine/pieces/", "engine/base/", "storage/"}},
      {"engine/swarm/",
       {"engine/swarm/", "engine/pieces/", "engine/metainfo/", "engine/base/", "engine/config.h",
        "engine/stats.h", "net/", "storage/storage.h"}},
      {"engine/download/",
       {"engine/download/", "engine/swarm/", "engine/pieces/", "engine/metainfo/", "engine/base/",
        "engine/config.h", "engine/stats.h", "net/"}},
      {"engine/upload/",
       {"engine/upload/", "engine/swarm/", "engine/pieces/", "engine/base/", "engine/config.h",
        "engine/stats.h", "net/"}},
      {"engine/peers/",
       {"engine/peers/", "engine/swarm/", "engine/pieces/", "engine/base/", "engine/stats.h",
        "net/"}},
      {"engine/", {"engine/", "net/", "storage/"}},
      {"net/", {"net/", "engine/base/"}},
      {"storage/", {"storage/", "engine/base/"}},
      // The program puts the parts together, so it names the loop and the storage it chose.
      {"cli/",
       {"cli/", "engine/", "net/endpoint.h", "net/event_loop.h", "net/interfaces.h",
        "net/timer_wheel.h", "storage/partial_storage.h"}},
  };
  return kDirections;
}

// One file, or one folder, owns each heavy dependency.
struct Owner {
  std::string_view include;
  std::vector<std::string_view> owners;
};
std::vector<Owner> const& owners() {
  static std::vector<Owner> const kOwners = {
      {"tbb/", {"engine/worker_pool."}},
      {"oneapi/", {"engine/worker_pool."}},
      {"curl/", {"net/http_client.", "net/http_transfer."}},
      {"sys/epoll.h", {"net/reactor_epoll."}},
      {"sys/event.h", {"net/reactor_kqueue."}},
      {"openssl/", {"engine/base/sha", "net/mse/"}},
      {"concurrentqueue/", {"engine/base/mailbox.", "engine/pieces/block_queue."}},
      {"spdlog/", {"cli/"}},
      {"CLI/", {"cli/args.", "cli/option_"}},
      {"nlohmann/", {"cli/"}},
      {"utf8proc.h", {"cli/columns."}},
      // Missing from one of the compilers and tools that must read this tree.
      {"format", {}},
      {"ranges", {}},
      {"source_location", {}},
      {"expected", {}},
  };
  return kOwners;
}

bool include_matches(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('/') ? name.starts_with(pattern) : name == pattern;
}

struct Ban {
  std::vector<std::string_view> hints;  // one stands in every line that matches; saves time
  std::regex what;
  std::string_view why;
  bool (*applies)(Source const&);
};

bool anywhere(Source const& source) { return source.is_cpp(); }

bool outside_tests(Source const& source) {
  return source.is_cpp() && !source.under("tests/") && !source.under("perf/");
}

bool lock_free(Source const& source) {
  static constexpr std::array<std::string_view, 11> kDataPlane = {
      "net/",
      "engine/pieces/active_pieces.",
      "engine/base/buffer_pool.",
      "engine/base/mailbox.",
      "engine/pieces/block_queue.",
      "engine/download/download_scheduler.",
      "engine/pieces/piece_assembly.",
      "engine/pieces/piece_map.",
      "engine/download/piece_picker.",
      "engine/torrent/swarm_shard.",
      "engine/upload/upload_scheduler."};
  return source.is_cpp() && starts_with_any(source.path, kDataPlane);
}

bool may_not_print(Source const& source) {
  return below_cli(source) && !source.under("engine/base/check.");
}

std::vector<Ban> const& bans() {
  static std::vector<Ban> const kBans = {
      {{"print", "puts", "cout", "cerr", "clog"},
       std::regex{R"(\b(v?f?printf|puts|fputs)\s*\(|std::(cout|cerr|clog)\b)"},
       "only cli/ prints; log, or return an error",
       may_not_print},
      {{"mutex"},
       std::regex{R"(std::(recursive_|shared_|timed_)?mutex\b|\bpthread_mutex_)"},
       "no lock on the data plane; a mailbox or an atomic",
       lock_free},
      {{"sleep"},
       std::regex{R"(\b(sleep_for|sleep_until|usleep|nanosleep)\s*\()"},
       "no sleeping outside tests",
       outside_tests},
      {{"namespace"},
       std::regex{R"(\busing\s+namespace\s+(?!test;|.*literals\b))"},
       "using namespace",
       anywhere},
      {{"thread_fence"},
       std::regex{R"(\batomic_thread_fence\b)"},
       "the thread sanitizer cannot see a fence; use an ordered load or RMW",
       anywhere},
      {{"throw", "catch", "try"},
       std::regex{R"(\b(throw|catch)\b|\btry\s*\{)"},
       "no exceptions below cli/",
       below_cli},
  };
  return kBans;
}

bool matches(Ban const& ban, std::string const& line) {
  bool const hinted = std::ranges::any_of(
      ban.hints, [&](auto hint) { return line.find(hint) != std::string::npos; });
  return hinted && std::regex_search(line, ban.what);
}

// `word` in `line`, not as the end of a longer word.
bool has_word(std::string_view line, std::string_view word) {
  std::size_t const at = line.find(word);
  if (at == std::string_view::npos) return false;
  return at == 0 || std::string_view{" \t\"'=(`:,"}.find(line[at - 1]) != std::string_view::npos;
}

bool counts_columns(Source const& source) {
  return source.is_cpp() || source.path.ends_with(".py") || source.path.ends_with(".sh") ||
         source.path.ends_with(".cmake") || source.path.ends_with("CMakeLists.txt") ||
         source.path.ends_with("Makefile") || source.path.ends_with("/run");
}

}  // namespace

void check_columns(Source const& source, Findings& out) {
  if (!counts_columns(source)) return;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    std::size_t const width = columns(source.lines[i]);
    if (width > kColumnsMax) {
      add(out, "columns", source, i + 1, std::to_string(width) + " columns");
    }
  }
}

void check_size(Source const& source, Findings& out) {
  if (!source.is_cpp() && !source.path.ends_with(".py")) return;
  std::size_t const max = source.under("tests/") ? kTestLinesMax : kFileLinesMax;
  if (source.lines.size() > max) {
    add(out, "file-size", source, 0, std::to_string(source.lines.size()) + " lines");
  }
}

void check_includes(Source const& source, Findings& out) {
  if (!is_product(source)) return;
  auto const direction = std::ranges::find_if(
      directions(), [&](auto const& each) { return source.under(each.folder); });
  for (auto const& include : includes_of(source)) {
    if (include.quoted && !starts_with_any(include.name, direction->may_include)) {
      add(out, "include-direction", source, include.line,
          std::string{direction->folder} + " may not include " + include.name);
    }
    for (auto const& owner : owners()) {
      if (!include.quoted && include_matches(include.name, owner.include) &&
          !starts_with_any(source.path, owner.owners)) {
        add(out, "owner", source, include.line, "<" + include.name + "> is not this file's");
      }
    }
  }
}

void check_banned(Source const& source, Findings& out) {
  for (auto const& ban : bans()) {
    if (!ban.applies(source)) continue;
    for (std::size_t i = 0; i < source.code.size(); ++i) {
      if (matches(ban, source.code[i])) {
        add(out, "banned", source, i + 1, std::string{ban.why});
      }
    }
  }
}

void check_header_block(Source const& source, Findings& out) {
  if (!source.is_header()) return;
  if (source.lines.empty() || !source.lines[0].starts_with("// ")) {
    add(out, "header-block", source, 1, "a header opens with what it is for");
  }
  if (std::ranges::find(source.lines, "#pragma once") == source.lines.end()) {
    add(out, "header-block", source, 1, "no #pragma once");
  }
}

void check_words(Source const& source, Findings& out) {
  // Spelt in two halves: this file is checked too.
  static constexpr std::array<std::string_view, 2> kUnfinished = {
      "TO"
      "DO",
      "FIX"
      "ME"};
  static constexpr std::array<std::string_view, 4> kMachine = {
      "/ho"
      "me/",
      "/ro"
      "ot/",
      "/wo"
      "rk/",
      "/Us"
      "ers/"};
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    auto const in_line = [&](auto word) { return has_word(source.lines[i], word); };
    if (std::ranges::any_of(kUnfinished, in_line)) {
      add(out, "unfinished", source, i + 1, "finish it, or open an issue");
    }
    if (std::ranges::any_of(kMachine, in_line)) {
      add(out, "machine-path", source, i + 1, "a path of somebody's machine");
    }
  }
}

}  // namespace btfast::tidy
