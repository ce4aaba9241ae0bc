#include "cli/option_values.h"

#include <array>
#include <string_view>

#include "cli/exit_status.h"
#include "cli/text.h"

namespace btfast::cli {

using std::chrono::milliseconds;

namespace {

// A form that is a word alone says little to who got it wrong.
std::string_view examples_of(std::string_view form) {
  if (form == "DUR") return ", such as 500ms, 30s, 5m or 2h";
  if (form.starts_with("RATE")) return ", such as 5MiB or 800Mbit";
  if (form.starts_with("SIZE")) return ", such as 64KiB, 256MiB or 2GB";
  if (form == "R") return " above 0, such as 0.5 or 2";
  return {};
}

std::string text_of(milliseconds duration) {
  struct Unit {
    std::int64_t ms;
    std::string_view name;
  };
  static constexpr std::array<Unit, 3> kUnits = {{{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}}};
  for (auto const& [ms, name] : kUnits) {
    if (duration.count() % ms == 0) return std::to_string(duration.count() / ms).append(name);
  }
  return std::to_string(duration.count()) + "ms";
}

// Those that would be taken: "30s, 5m or 2h".
std::string examples_within(milliseconds least, milliseconds most) {
  std::vector<std::string_view> fit;
  for (std::string_view const text : {"500ms", "2s", "30s", "5m", "2h"}) {
    auto const duration = parse_duration(text);
    if (duration && *duration >= least && *duration <= most) fit.push_back(text);
  }
  std::string out;
  for (std::size_t i = 0; i < fit.size(); ++i) {
    out += i == 0 ? ", such as " : i + 1 == fit.size() ? " or " : ", ";
    out += fit[i];
  }
  return out;
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
  std::string const form =
      "DUR, at least " + text_of(least) + examples_within(least, milliseconds::max());
  return add_parsed<milliseconds>(app, names, into, read, form, help)->type_name("DUR");
}

CLI::Option* add_duration_within(CLI::App& app, std::string const& names, milliseconds& into,
                                 milliseconds least, milliseconds most, std::string const& help) {
  auto const read = [least, most](std::string const& text) {
    auto const duration = parse_duration(text);
    return duration && *duration >= least && *duration <= most ? duration : std::nullopt;
  };
  std::string const form =
      "DUR from " + text_of(least) + " to " + text_of(most) + examples_within(least, most);
  return add_parsed<milliseconds>(app, names, into, read, form, help)->type_name("DUR");
}

CLI::Option* add_path(CLI::App& app, std::string const& names, std::string& into,
                      std::string const& form, std::string const& help) {
  auto const fault = [](std::string const& text) {
    return text.empty() ? std::string{"expected a path, not \"\""} : std::string{};
  };
  return app.add_option(names, into, help)->type_name(form)->check(fault);
}

CLI::Option* add_piece_size(CLI::App& app, std::uint64_t& into) {
  std::string const form = "a power of two from 16KiB to 512MiB, or auto";
  return add_parsed<std::uint64_t>(app, "--piece-size", into, parse_piece_size, form,
                                   "piece length [auto]")
      ->type_name("SIZE|auto");
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
