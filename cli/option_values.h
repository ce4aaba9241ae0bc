// What the value of an option may be: CLI11 keeps the text, these turn it into a type or say
// what is wrong with it.
//
// Threads: start-up, one thread.  Errors: CLI::ValidationError, which the parser reports.
#pragma once

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/arg_values.h"
#include "cli/bind_address.h"
#include "engine/base/ascii.h"

namespace btfast::cli {

// Of the option with these `names`: "-j,--jobs".
CLI::ValidationError bad_value(std::string const& names, std::string const& form,
                               std::string const& text);

// `parse` is empty for a text that is not of this form.
template <class T>
CLI::Option* add_parsed(CLI::App& app, std::string const& names, T& into,
                        std::function<std::optional<T>(std::string const&)> parse,
                        std::string const& form, std::string const& help) {
  auto const read = [&into, parse, form, names](std::string const& text) {
    auto const value = parse(text);
    if (!value) throw bad_value(names, form, text);
    into = *value;
  };
  return app.add_option_function<std::string>(names, read, help)->type_name(form);
}

// A whole number from `least` to `most`.
template <class T>
CLI::Option* add_number(CLI::App& app, std::string const& names, T& into, T least, T most,
                        std::string const& help) {
  auto const read = [&into, least, most, names](std::string const& text) {
    auto const value = to_number<T>(text);
    if (!value || *value < least || *value > most) {
      throw bad_value(
          names, "a number from " + std::to_string(least) + " to " + std::to_string(most), text);
    }
    into = *value;
  };
  return app.add_option_function<std::string>(names, read, help)->type_name("N");
}

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

template <class T>
CLI::Option* add_choice(CLI::App& app, std::string const& names, T& into, Choices<T> choices,
                        std::string const& help) {
  std::string form;
  for (auto const& choice : choices) form += (form.empty() ? "" : "|") + choice.first;
  auto const read = [choices](std::string const& text) -> std::optional<T> {
    for (auto const& choice : choices) {
      if (choice.first == text) return choice.second;
    }
    return std::nullopt;
  };
  return add_parsed<T>(app, names, into, read, form, help);
}

CLI::Option* add_duration(CLI::App& app, std::string const& names, std::chrono::milliseconds& into,
                          std::string const& help);
// `least` and more.
CLI::Option* add_duration_from(CLI::App& app, std::string const& names,
                               std::chrono::milliseconds& into, std::chrono::milliseconds least,
                               std::string const& help);
// `least` to `most`.
CLI::Option* add_duration_within(CLI::App& app, std::string const& names,
                                 std::chrono::milliseconds& into, std::chrono::milliseconds least,
                                 std::chrono::milliseconds most, std::string const& help);
// Never the empty text: as a path it would be the directory that we are in, or none at all.
CLI::Option* add_path(CLI::App& app, std::string const& names, std::string& into,
                      std::string const& form, std::string const& help);
CLI::Option* add_piece_size(CLI::App& app, std::uint64_t& into);
CLI::Option* add_ports(CLI::App& app, std::string const& help,
                       std::function<void(PortRange)> const& use);
CLI::Option* add_bind(CLI::App& app, std::string const& help,
                      std::function<void(BindTarget const&)> const& use);

std::optional<std::optional<std::chrono::milliseconds>> read_optional_duration(
    std::string const& text);
std::optional<std::uint64_t> read_size(std::string const& text);
std::optional<std::uint64_t> read_rate(std::string const& text);

}  // namespace btfast::cli
