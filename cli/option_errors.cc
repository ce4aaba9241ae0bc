#include "cli/option_errors.h"

#include <string_view>
#include <vector>

#include "cli/near_word.h"
#include "cli/option_tables.h"

namespace btfast::cli {
namespace {

std::string where_listed(CLI::App const& command) {
  return " (btfast help " + command.get_name() + ")";
}

// "--jobs" of "--jobs=4".
std::string option_of(std::string const& word) { return word.substr(0, word.find('=')); }

std::vector<std::string> flags_of(CLI::App const& command) {
  std::vector<std::string> flags;
  for (CLI::Option const* const option : command.get_options()) {
    for (auto const& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

// The commands that have the option, where the one that was asked for has not.
std::string owners_of(CLI::App const& app, std::string const& option) {
  std::string owners;
  for (auto const& name : command_names(app)) {
    if (app.get_subcommand(name)->get_option_no_throw(option) == nullptr) continue;
    owners += (owners.empty() ? "" : ", ") + name;
  }
  return owners;
}

std::string unexpected(CLI::App const& app, CLI::App const& command) {
  auto const words = command.remaining(true);
  std::string const word = words.empty() ? std::string{} : words.front();
  if (word.size() < 2 || word.front() != '-') {
    return "\"" + word + "\": unexpected" + where_listed(command);
  }
  std::string const option = option_of(word);
  // Of "-v=3" this is left.
  if (option == "-") return "\"" + word.substr(1) + "\": no short option takes a \"=\"";
  auto const meant = near_word(option, flags_of(command));
  if (meant) return "unknown option " + option + did_you_mean(meant) + where_listed(command);
  auto const owners = owners_of(app, option);
  if (!owners.empty()) {
    return option + " is no option of btfast " + command.get_name() + ", but of " + owners;
  }
  return "unknown option " + option + where_listed(command);
}

// "--jobs: 1 required N missing", "--jobs: At Most 1 required but received 2".
std::string wrong_number(CLI::App const& command, std::string_view said) {
  std::string const name{said.substr(0, said.find(':'))};
  CLI::Option const* const option = command.get_option_no_throw(name);
  if (option == nullptr) return std::string{said};
  if (option->get_items_expected_max() == 0) return name + " takes no value";
  if (option->count() > 1) return name + " may be given once";
  return name + ": its value is missing: " + name + " " + option->get_type_name();
}

// "Could not convert: --json = maybe"; only what is on or off is converted by the parser itself.
std::string not_converted(std::string_view said) {
  auto const name = said.find("--");
  auto const value = said.find(" = ");
  if (name == said.npos || value == said.npos || value < name) return std::string{said};
  return std::string{said.substr(name, value - name)} + " takes no value, not \"" +
         std::string{said.substr(value + 3)} + "\"";
}

}  // namespace

std::string usage_text(CLI::App const& app, CLI::App const& command, CLI::ParseError const& error) {
  // Its name is that of the command.
  if (dynamic_cast<CLI::ExtrasError const*>(&error)) return unexpected(app, command);
  if (error.get_name() == "ArgumentMismatch") return wrong_number(command, error.what());
  if (error.get_name() == "ConversionError") return not_converted(error.what());
  if (error.get_name() == "RequiredError") {
    std::string const said = error.what();
    return said.substr(0, said.find(' ')) + " is missing" + where_listed(command);
  }
  return error.what();
}

ExitStatus usage_status(CLI::ParseError const& error) noexcept {
  int const status = error.get_exit_code();
  bool const ours = status > 0 && status < static_cast<int>(CLI::ExitCodes::IncorrectConstruction);
  return ours ? static_cast<ExitStatus>(status) : ExitStatus::kUsage;
}

}  // namespace btfast::cli
