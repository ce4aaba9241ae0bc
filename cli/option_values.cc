#include "cli/option_values.h"

#include <string_view>

#include "cli/exit_status.h"
#include "cli/text.h"

namespace btfast::cli {

using std::chrono::milliseconds;

namespace {

// A form that is a word alone says little to who got it wrong.
std::string_view examples_of(std::string_view form) {
  if (form.starts_with("DUR")) return ", such as 500ms, 30s, 5m or 2h";
  if (form.starts_with("RATE")) return ", such as 5MiB or 800Mbit";
  if (form.starts_with("SIZE")) return ", such as 64KiB, 256MiB or 2GB";
  return {};
}

}  // namespace

CLI::ValidationError bad_value(std::string const& names, std::string const& form,
                               std::string const& text) {
  auto const longest = names.substr(names.rfind(',') + 1);
  return CLI::ValidationError(
      longest, "expected " + form + std::string{examples_of(form)} + ", not \"" + text + "\"");
}

CLI::Option* add_ports(CLI::App& app, std::string const& help,
                       std::function<void(PortRange)> const& use) {
  auto const read = [use](std::string const& text) {
    auto const range = parse_port_range(text);
    if (!range) throw bad_value("--port", "N or N-M, ports up to 65535", text);
    use(*range);
  };
  return app.add_option_function<std::string>("--port", read, help)->type_name("N[-M]");
}

CLI::Option* add_duration(CLI::App& app, std::string const& names, milliseconds& into,
                          std::string const& help) {
  auto const read = [](std::string const& t) { return parse_duration(t); };
  return add_parsed<milliseconds>(app, names, into, read, "DUR", help);
}

std::optional<std::optional<milliseconds>> read_optional_duration(std::string const& text) {
  auto const duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return std::optional<std::optional<milliseconds>>{std::in_place, *duration};
}

// `least` and more.
CLI::Option* add_duration_from(CLI::App& app, std::string const& names, milliseconds& into,
                               milliseconds least, std::string const& help) {
  auto const read = [least](std::string const& text) {
    auto const duration = parse_duration(text);
    return duration && *duration >= least ? duration : std::nullopt;
  };
  std::string const form = "DUR, at least " + std::to_string(least.count()) + "ms";
  return add_parsed<milliseconds>(app, names, into, read, form, help)->type_name("DUR");
}

CLI::Option* add_duration_within(CLI::App& app, std::string const& names, milliseconds& into,
                                 milliseconds least, milliseconds most, std::string const& help) {
  auto const read = [least, most](std::string const& text) {
    auto const duration = parse_duration(text);
    return duration && *duration >= least && *duration <= most ? duration : std::nullopt;
  };
  std::string const form = "DUR from " + std::to_string(least.count()) + "ms to " +
                           std::to_string(most / std::chrono::minutes{1}) + "m";
  return add_parsed<milliseconds>(app, names, into, read, form, help)->type_name("DUR");
}

std::optional<std::uint64_t> read_size(std::string const& text) { return parse_size(text); }
std::optional<std::uint64_t> read_rate(std::string const& text) { return parse_rate(text); }

CLI::Option* add_bind(CLI::App& app, std::string const& help,
                      std::function<void(BindTarget const&)> const& use) {
  auto const read = [use](std::string const& text) {
    auto const target = bind_target(text);
    if (!target) {
      throw CLI::ValidationError("--bind: " + failure_text(target.error()),
                                 static_cast<int>(exit_status_of(target.error())));
    }
    use(*target);
  };
  return app.add_option_function<std::string>("--bind", read, help)->type_name("ADDR|IFACE");
}

}  // namespace btfast::cli
