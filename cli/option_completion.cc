#include "cli/option_completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace btfast::cli {
namespace {

enum class Takes : std::uint8_t { kNothing, kAny, kChoice, kFile, kFolder };

struct Word {
  std::vector<std::string> names;  // "-j", "--jobs"; of a positional, none
  std::string help;
  std::string form;  // "N", "DIR", "sparse|full|auto"
  Takes takes = Takes::kAny;
  std::vector<std::string> choices;
};

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<Word> options;
  Word positional{.takes = Takes::kNothing};
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto const bar = text.find('|');
    parts.emplace_back(text.substr(0, bar));
    text = bar == std::string_view::npos ? std::string_view{} : text.substr(bar + 1);
  }
  return parts;
}

// Of "SIZE|auto": auto.  What is to be written as it stands is in small letters.
std::vector<std::string> choices_of(std::string const& form) {
  auto parts = split(form);
  std::erase_if(parts, [](std::string const& part) {
    return part.empty() || !std::all_of(part.begin(), part.end(),
                                        [](unsigned char c) { return std::islower(c) != 0; });
  });
  return parts;
}

Takes takes_of(std::string const& form, std::vector<std::string> const& choices) {
  if (!choices.empty()) return Takes::kChoice;
  if (form == "DIR") return Takes::kFolder;
  if (form == "FILE" || form == "PATH" || form == "TORRENT") return Takes::kFile;
  return Takes::kAny;
}

Word word_of(CLI::Option const& option, std::vector<std::string> const& commands) {
  Word word;
  for (auto const& name : option.get_snames()) word.names.push_back("-" + name);
  for (auto const& name : option.get_lnames()) word.names.push_back("--" + name);
  word.help = option.get_description();
  std::replace(word.help.begin(), word.help.end(), '\n', ' ');  // where the help breaks a line
  word.form = option.get_type_name();
  if (option.get_items_expected_max() == 0) {
    word.takes = Takes::kNothing;
    return word;
  }
  if (word.names.empty() && word.form.empty()) word.form = option.get_name(true);
  word.choices = word.form == "COMMAND" ? commands : choices_of(word.form);
  word.takes = takes_of(word.form, word.choices);
  return word;
}

std::vector<CommandWords> commands_of(CLI::App const& app) {
  std::vector<CommandWords> out;
  auto const names = command_names(app);
  for (auto const& name : names) {
    CLI::App const& command = *find_command(app, name);
    CommandWords words{.name = name, .help = command.get_description(), .options = {}};
    for (CLI::Option const* const option : command.get_options()) {
      Word word = word_of(*option, names);
      (word.names.empty() ? words.positional : words.options.emplace_back()) = std::move(word);
    }
    out.push_back(std::move(words));
  }
  return out;
}

std::string joined(std::vector<std::string> const& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

std::string replaced(std::string_view text, char what, std::string_view with) {
  std::string out;
  for (char const c : text) {
    if (c == what) {
      out += with;
    } else {
      out += c;
    }
  }
  return out;
}

// -- bash ------------------------------------------------------------------------------------

std::string bash_action(Word const& word) {
  switch (word.takes) {
    case Takes::kChoice:
      return fmt::format("_btfast_words '{}'", joined(word.choices, " "));
    case Takes::kFile:
      return "_btfast_files -f";
    case Takes::kFolder:
      return "_btfast_files -d";
    case Takes::kAny:
    case Takes::kNothing:
      break;
  }
  return ":";
}

std::string bash_command(CommandWords const& command) {
  std::vector<std::string> flags;
  std::string values;
  for (auto const& option : command.options) {
    flags.insert(flags.end(), option.names.begin(), option.names.end());
    if (option.takes == Takes::kNothing) continue;
    values +=
        fmt::format("        {}) {}; return ;;\n", joined(option.names, "|"), bash_action(option));
  }
  std::string out = fmt::format("    {})\n", command.name);
  if (!values.empty()) out += "      case $previous in\n" + values + "      esac\n";
  return out + fmt::format("      flags='{}'\n      _btfast_other() {{ {}; }} ;;\n",
                           joined(flags, " "), bash_action(command.positional));
}

constexpr std::string_view kBashHead =
    R"(# bash completion of btfast: made by `btfast completion bash`
_btfast_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
_btfast_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}
_btfast() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command=get flags='' commands='@commands@'
  COMPREPLY=()
  # --alloc=s comes as three words
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]] && ((COMP_CWORD > 1)); then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD > 1)) && [[ " $commands " == *" ${COMP_WORDS[1]} "* ]]; then
    command=${COMP_WORDS[1]}
  fi
  case $command in
)";
constexpr std::string_view kBashTail = R"(  esac
  if [[ $current == -* ]]; then
    _btfast_words "$flags"
    return
  fi
  _btfast_other
  if ((COMP_CWORD == 1)); then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$commands" -- "$current")
  fi
}
complete -F _btfast btfast
)";

std::string bash_script(std::vector<CommandWords> const& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (auto const& each : commands) names.push_back(each.name);
  std::string out{kBashHead};
  std::string_view const place = "@commands@";
  out.replace(out.find(place), place.size(), joined(names, " "));
  for (auto const& each : commands) out += bash_command(each);
  return out + std::string{kBashTail};
}

// -- zsh -------------------------------------------------------------------------------------

std::string zsh_quoted(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return replaced(out, '\'', "'\\''");
}

std::string zsh_action(Word const& word) {
  switch (word.takes) {
    case Takes::kChoice:
      return fmt::format("({})", joined(word.choices, " "));
    case Takes::kFile:
      return "_files";
    case Takes::kFolder:
      return "_files -/";
    case Takes::kAny:
    case Takes::kNothing:
      break;
  }
  return " ";
}

std::string zsh_option(Word const& option) {
  std::string const value =
      option.takes == Takes::kNothing
          ? std::string{}
          : fmt::format(":{}:{}", zsh_quoted(option.form), zsh_action(option));
  std::string out;
  for (auto const& name : option.names) {
    // "=": the value stands behind one, or in the next word; "+": in this word or the next.
    std::string_view const joint = value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    out += fmt::format(" \\\n        '*{}{}[{}]{}'", name, joint, zsh_quoted(option.help), value);
  }
  return out;
}

std::string zsh_script(std::vector<CommandWords> const& commands) {
  std::string out =
      "#compdef btfast\n# zsh completion of btfast: made by `btfast completion zsh`\n"
      "_btfast() {\n  local command=get\n  local -a commands\n  commands=(\n";
  std::vector<std::string> names;
  for (auto const& each : commands) {
    names.push_back(each.name);
    out += fmt::format("    '{}:{}'\n", each.name, zsh_quoted(each.help));
  }
  out += fmt::format(
      "  )\n  if (( CURRENT > 2 )) && [[ ${{words[2]}} == ({}) ]]; then\n"
      "    command=${{words[2]}}\n    shift words\n    (( CURRENT-- ))\n"
      "  elif (( CURRENT == 2 )) && [[ ${{words[2]}} != -* ]]; then\n"
      "    _describe -t commands 'command' commands\n  fi\n  case $command in\n",
      joined(names, "|"));
  for (auto const& each : commands) {
    out += fmt::format("    {})\n      _arguments -s", each.name);
    for (auto const& option : each.options) out += zsh_option(option);
    if (each.positional.takes != Takes::kNothing) {
      out += fmt::format(" \\\n        '*:{}:{}'", zsh_quoted(each.positional.form),
                         zsh_action(each.positional));
    }
    out += " ;;\n";
  }
  return out +
         "  esac\n}\nif [[ ${funcstack[1]} == _btfast ]]; then\n  _btfast \"$@\"\nelse\n"
         "  compdef _btfast btfast\nfi\n";
}

// -- fish ------------------------------------------------------------------------------------

std::string fish_quoted(std::string_view text) {
  return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

std::string fish_action(Word const& word) {
  switch (word.takes) {
    case Takes::kChoice:
      return fmt::format(" -x -a {}", fish_quoted(joined(word.choices, " ")));
    case Takes::kFile:
      return " -r -F";
    case Takes::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case Takes::kAny:
      return " -x";
    case Takes::kNothing:
      break;
  }
  return {};
}

std::string fish_command(CommandWords const& command, std::string const& condition) {
  std::string out;
  for (auto const& option : command.options) {
    out += fmt::format("complete -c btfast -n {}", fish_quoted(condition));
    for (auto const& name : option.names) {
      bool const is_long = name.starts_with("--");
      out += (is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1);
    }
    out += fish_action(option) + " -d " + fish_quoted(option.help) + "\n";
  }
  if (command.positional.takes == Takes::kChoice || command.positional.takes == Takes::kFile) {
    std::string const what = command.positional.takes == Takes::kFile
                                 ? std::string{" -F"}
                                 : " -a " + fish_quoted(joined(command.positional.choices, " "));
    out += fmt::format("complete -c btfast -n {}{}\n", fish_quoted(condition), what);
  }
  return out;
}

std::string fish_script(std::vector<CommandWords> const& commands) {
  std::string out =
      "# fish completion of btfast: made by `btfast completion fish`\ncomplete -c btfast -f\n";
  std::vector<std::string> others;  // without one of these it is `get`
  for (auto const& each : commands) {
    out += fmt::format("complete -c btfast -n __fish_use_subcommand -a {} -d {}\n", each.name,
                       fish_quoted(each.help));
    if (each.name != "get") others.push_back(each.name);
  }
  for (auto const& each : commands) {
    out += fish_command(each, each.name == "get"
                                  ? "not __fish_seen_subcommand_from " + joined(others, " ")
                                  : "__fish_seen_subcommand_from " + each.name);
  }
  return out;
}

}  // namespace

std::string completion_script(Shell shell, CLI::App const& app) {
  auto const commands = commands_of(app);
  switch (shell) {
    case Shell::kBash:
      return bash_script(commands);
    case Shell::kZsh:
      return zsh_script(commands);
    case Shell::kFish:
      break;
  }
  return fish_script(commands);
}

}  // namespace btfast::cli
