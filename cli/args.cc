#include "cli/args.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config_file.h"
#include "cli/cpu_count.h"
#include "cli/option_tables.h"
#include "cli/text.h"

namespace btfast::cli {
namespace {

// What the options leave to the machine, and the positional form.
void complete(GetOptions& get) {
  int const cpus = usable_cpus();
  if (get.engine.jobs == 0) get.engine.jobs = cpus;
  if (get.engine.net_threads == 0) get.engine.net_threads = std::max(1, cpus / 4);
  auto rest = get.positional.begin();
  if (get.torrent.empty() && rest != get.positional.end()) get.torrent = *rest++;
  if (rest != get.positional.end()) get.target = *rest++;
  if (get.torrent.empty()) {
    throw CLI::ValidationError("-t", "missing: which torrent? (btfast -t FILE.torrent)");
  }
  if (get.seed_only) get.seed.seed = true;
  if (rest != get.positional.end()) throw CLI::ExtrasError({*rest});
}

// `btfast -t x` is `btfast get -t x`.  Options belong to commands, so the command comes first; what
// else asks for help or the version does so in its place.
bool names_command(CLI::App const& app, std::string_view word) {
  auto const commands = app.get_subcommands([](CLI::App const*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&](CLI::App const* each) { return each->get_name() == word; });
}
std::vector<char const*> with_command(CLI::App const& app, std::span<char const* const> words) {
  static constexpr std::array<std::string_view, 4> kOfNone = {"-h", "--help", "-V", "--version"};
  std::vector<char const*> out{words.begin(), words.end()};
  bool const none =
      words.size() > 1 && std::find(kOfNone.begin(), kOfNone.end(), words[1]) != kOfNone.end();
  if (!none && (words.size() < 2 || !names_command(app, words[1]))) {
    out.insert(out.begin() + std::min<std::ptrdiff_t>(1, std::ssize(out)), "get");
  }
  return out;
}

// `btfast -j 2 verify …` would be a download into a file of that name.
void refuse_late_command(CLI::App const& app, std::vector<std::string> const& positional) {
  for (auto const& word : positional) {
    if (!names_command(app, word)) continue;
    throw CLI::ValidationError(
        word,
        fmt::format("a command comes first: btfast {0} [OPTIONS]; a file of that name is ./{0}",
                    word));
  }
}

Command chosen(CLI::App const& app, ParsedOptions& parsed) {
  if (app.got_subcommand("info")) return parsed.info;
  if (app.got_subcommand("create")) return parsed.create;
  if (app.got_subcommand("dump")) return parsed.dump;
  if (app.got_subcommand("verify")) return parsed.verify;
  if (app.got_subcommand("tracker")) return parsed.tracker;
  if (app.got_subcommand("swarm")) return parsed.swarm;
  if (app.got_subcommand("bench")) return parsed.bench;
  parsed.get.seed_only = app.got_subcommand("seed");
  complete(parsed.get);
  return parsed.get;
}

}  // namespace

std::optional<Command> parse_command_line(int argc, char const* const* argv, ExitStatus& status) {
  auto const config = read_config_file(default_config_path());
  if (!config) {
    std::cerr << "btfast: " << escaped(failure_text(config.error())) << '\n';
    status = ExitStatus::kUsage;
    return std::nullopt;
  }
  apply_config(*config);
  ParsedOptions parsed;
  parsed.get.engine.jobs = 0;
  parsed.get.engine.net_threads = 0;
  parsed.swarm.program = argv[0];
  parsed.bench.program = argv[0];
  CLI::App app{"", "btfast"};
  describe_commands(app, parsed);
  std::span const given{argv, static_cast<std::size_t>(argc)};
  try {
    auto const words = with_command(app, given);
    app.parse(static_cast<int>(words.size()), words.data());
    if (words.size() > given.size()) refuse_late_command(app, parsed.get.positional);
    return chosen(app, parsed);
  } catch (CLI::ParseError const& error) {
    // Help and version are "errors" with status 0, on stdout; all else is a usage error.
    status = app.exit(error) == 0 ? ExitStatus::kDone : ExitStatus::kUsage;
    return std::nullopt;
  }
}

}  // namespace btfast::cli
