#include "cli/args.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_output.h"
#include "cli/cpu_count.h"
#include "cli/near_word.h"
#include "cli/option_completion.h"
#include "cli/option_errors.h"
#include "cli/option_tables.h"
#include "cli/torrent_words.h"
#include "cli/transfer_result.h"
#include "cli/version_text.h"

namespace btfast::cli {
namespace {

using Words = std::vector<std::string>;

CLI::ValidationError usage(Failure const& failure) {
  return CLI::ValidationError(failure_text(failure));
}

// -- torrents and their name -----------------------------------------------------------------

void need_torrent(Words const& torrents, std::string const& command) {
  if (!torrents.empty()) return;
  std::string const word = command == "get" ? "" : command + " ";
  throw CLI::ValidationError("-t", "missing: which torrent? (btfast " + word + "-t FILE.torrent)");
}

// --as PATH: below -o, where it is relative.
void place(std::string path, std::string& output, std::optional<std::string>& target) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::filesystem::path const as{path};
  std::string const name = as.filename().string();
  if (name.empty() || name == "." || name == ".." || name == "/") {
    throw CLI::ValidationError("--as",
                               "expected the path of a file or folder, not \"" + path + "\"");
  }
  target = name;
  if (as.has_parent_path()) output = (std::filesystem::path{output} / as.parent_path()).string();
}

// Of `get`, `seed` and `verify`, where one of the words may name the output.
void name_torrents(CLI::App const& app, std::string const& command, TorrentArguments& arguments,
                   Words& torrents, std::string& output, std::optional<std::string>& target) {
  auto const commands = command_names(app);
  auto sorted = sort_words(std::move(arguments.given), arguments.words,
                           {.all = commands, .one_came = arguments.after_command});
  if (!sorted) throw usage(sorted.error());
  torrents = std::move(sorted->torrents);
  need_torrent(torrents, command);
  if (!sorted->name.empty()) target = sorted->name;
  if (find_command(app, command)->get_option("--as")->count() == 0) return;
  if (target || torrents.size() > 1) {
    throw CLI::ValidationError("--as", "names the output of one torrent, and once");
  }
  place(arguments.as, output, target);
}

// Of `info` and `dump`, where every word is a file.
Words all_files(TorrentArguments const& arguments, std::string const& command) {
  Words files = arguments.given;
  files.insert(files.end(), arguments.words.begin(), arguments.words.end());
  need_torrent(files, command);
  return files;
}

// -- one command -----------------------------------------------------------------------------

GetOptions complete(GetOptions get, bool seed_only) {
  int const cpus = usable_cpus();
  if (get.engine.jobs == 0) get.engine.jobs = cpus;
  if (get.engine.net_threads == 0) get.engine.net_threads = std::max(1, cpus / 4);
  get.seed_only = seed_only;
  if (seed_only) get.seed.seed = true;
  bool const for_ever = get.seed.seed && !get.seed.ratio && !get.seed.time;
  if (get.torrents.size() > 1 && for_ever && !get.info && !get.announce_only) {
    throw CLI::ValidationError(
        seed_only ? "seed" : "--seed",
        "would seed the first torrent for ever and never come to the others: name one, or say "
        "--seed-time or --seed-ratio");
  }
  return get;
}

Command chosen(CLI::App const& app, std::string const& command, ParsedOptions& parsed) {
  TorrentArguments& arguments = parsed.torrents;
  if (command == "info") {
    parsed.info.torrents = all_files(arguments, command);
    return parsed.info;
  }
  if (command == "dump") {
    auto const files = all_files(arguments, command);
    if (files.size() > 1) throw CLI::ValidationError("dump", "one file a run");
    parsed.dump.file = files.front();
    return parsed.dump;
  }
  if (command == "verify") {
    auto& verify = parsed.verify;
    name_torrents(app, command, arguments, verify.torrents, verify.output, verify.target);
    return verify;
  }
  if (command == "create") return parsed.create;
  if (command == "tracker") return parsed.tracker;
  if (command == "swarm") return parsed.swarm;
  if (command == "bench") return parsed.bench;
  auto& get = parsed.get;
  name_torrents(app, command, arguments, get.torrents, get.output, get.target);
  return complete(get, command == "seed");
}

// -- settings --------------------------------------------------------------------------------

// What is wrong with the value, without the option's name in front.
std::string fault_of(CLI::Option const& option, CLI::ParseError const& error,
                     Setting const& setting) {
  if (error.get_name() != "ValidationError") {
    bool const flag = option.get_items_expected_max() == 0;
    return std::string{"expected "} + (flag ? "true or false" : option.get_type_name()) +
           ", not \"" + setting.value + "\"";
  }
  std::string const said = error.what();
  std::string const name = option.get_name() + ": ";
  return said.starts_with(name) ? said.substr(name.size()) : said;
}

// What nobody typed comes from the environment, else from the file.
void apply_settings(CLI::App const& app, CLI::App& command) {
  auto const names = setting_names(app);
  auto const settings = Settings::read(default_config_path(), names);
  if (!settings) throw usage(settings.error());
  auto const own = std::find_if(names.begin(), names.end(), [&](SettingNames const& each) {
    return each.command == command.get_name();
  });
  for (auto const& name : own->known) {
    CLI::Option& option = *command.get_option("--" + name);
    auto const setting = option.count() > 0 ? std::nullopt : settings->find(own->command, name);
    if (!setting) continue;
    try {
      option.add_result(setting->value);
      option.run_callback();
    } catch (CLI::ParseError const& error) {
      throw CLI::ValidationError(setting->origin + ": " + fault_of(option, error, *setting),
                                 error.get_exit_code());
    }
  }
}

void warn_of_variables(CLI::App const& app, Command const& command) {
  auto const out_of = [](auto const& options) -> OutputOptions const& { return options.out; };
  CommandOutput const output{std::visit(out_of, command), std::cout, std::cerr};
  for (auto const& text : misspelt_variables(setting_names(app))) output.warn(text);
}

// -- the words -------------------------------------------------------------------------------

bool among(std::string_view word, std::span<std::string_view const> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// `btfast -t x` is `btfast get -t x`.  Options belong to commands, so the command comes first; what
// else asks for help or the version does so in its place.
Words with_command(CLI::App const& app, Words words) {
  static constexpr std::array<std::string_view, 4> kOfNone = {"-h", "--help", "-V", "--version"};
  auto const commands = command_names(app);
  bool const named = !words.empty() &&
                     (among(words.front(), kOfNone) ||
                      std::find(commands.begin(), commands.end(), words.front()) != commands.end());
  if (!named) words.insert(words.begin(), "get");
  return words;
}

// What the words say of an option, whatever else is wrong with them; of a flag, "true".
std::optional<std::string> typed(Words const& words, std::string const& option, bool flag) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    std::string const& word = words[i];
    if (word.starts_with(option + "=")) {
      value = word.substr(option.size() + 1);
    } else if (word == option && flag) {
      value = "true";
    } else if (word == option && i + 1 < words.size()) {
      value = words[i + 1];
    }
  }
  return value;
}

bool is_true(std::string const& value) {
  try {
    return CLI::detail::to_flag_value(value) > 0;
  } catch (std::invalid_argument const&) {
    return false;
  }
}

// How a mistake is told, where the parser came to no end: as far as the words and the settings say
// it.  A file that is the mistake itself says nothing.
OutputOptions output_of(CLI::App const& app, Words const& words, std::string const& command) {
  auto read = Settings::read(default_config_path(), setting_names(app));
  Settings const settings = read ? *std::move(read) : Settings{};
  auto const value = [&](std::string const& key, bool flag) {
    auto said = typed(words, "--" + key, flag);
    auto const setting = said ? std::nullopt : settings.find(command, key);
    return setting ? setting->value : std::move(said).value_or("");
  };
  OutputOptions out;
  out.json = is_true(value("json", true));
  bool const records = value("log-format", false) == "json" || value("progress", false) == "json";
  if (records) out.log_format = RecordFormat::kJson;
  return out;
}

ExitStatus report_usage(CLI::App const& app, Words const& words, std::string const& command,
                        CLI::ParseError const& error) {
  CLI::App const* const asked = find_command(app, command);
  std::string const text = usage_text(app, asked ? *asked : app, error);
  ExitStatus const status = usage_status(error);
  OutputOptions const options = output_of(app, words, command);
  CommandOutput const output{options, std::cout, std::cerr};
  if (command == "get" || command == "seed") {
    return report_not_begun({.exit = status, .error = text}, nullptr, output);
  }
  return output.fail(status, text);
}

std::string help_of(CLI::App const& app, std::string const& name) {
  if (name.empty()) {  // an App that has read a command helps with that one
    ParsedOptions parsed;
    CLI::App fresh{"", "btfast"};
    describe_commands(fresh, parsed);
    return fresh.help();
  }
  if (CLI::App const* const command = find_command(app, name)) return command->help("btfast");
  throw CLI::ValidationError("no command is called \"" + name + "\"" +
                             did_you_mean(near_word(name, command_names(app))));
}

// `help`, `version` and `completion`: nothing is left to run.
bool was_answered(CLI::App const& app, std::string const& command, ParsedOptions const& parsed) {
  if (command == "version") {
    print_version(parsed.answer.json, std::cout);
  } else if (command == "completion") {
    std::cout << completion_script(parsed.shell, app);
  } else if (command == "help") {
    std::cout << help_of(app, parsed.help_of);
  } else {
    return false;
  }
  return true;
}

ExitStatus finish_answer(OutputOptions const& options) {
  return CommandOutput{options, std::cout, std::cerr}.finish(ExitStatus::kDone);
}

}  // namespace

std::optional<Command> parse_command_line(int argc, char const* const* argv, ExitStatus& status) {
  ParsedOptions parsed;
  parsed.get.engine.jobs = 0;
  parsed.get.engine.net_threads = 0;
  parsed.swarm.program = argv[0];
  parsed.bench.program = argv[0];
  CLI::App app{"", "btfast"};
  describe_commands(app, parsed);
  Words const given{argv + std::min(argc, 1), argv + argc};
  Words const words = with_command(app, given);
  parsed.torrents.after_command = words.size() == given.size();
  std::string const& name = words.front();
  status = ExitStatus::kDone;
  try {
    app.parse(Words{words.rbegin(), words.rend()});
    if (was_answered(app, name, parsed)) {
      status = finish_answer(parsed.answer);
      return std::nullopt;
    }
    apply_settings(app, *app.get_subcommand(name));
    Command command = chosen(app, name, parsed);
    warn_of_variables(app, command);
    return command;
  } catch (CLI::CallForVersion const&) {  // whatever else is said, or wrong
    OutputOptions const options{.json = is_true(typed(words, "--json", true).value_or(""))};
    print_version(options.json, std::cout);
    status = finish_answer(options);
  } catch (CLI::Success const& asked) {  // help: on stdout
    app.exit(asked);
    status = finish_answer({});
  } catch (CLI::ParseError const& error) {
    status = report_usage(app, words, name, error);
  }
  return std::nullopt;
}

}  // namespace btfast::cli
