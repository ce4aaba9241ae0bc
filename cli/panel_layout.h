// The parts that panels are laid out of.  A row is made of fields; where it is too narrow for
// all, a field becomes shorter or leaves as a whole: no number is ever cut.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace btfast::cli {

// One part of a row, in the forms it may have, the longest first.  Of a row that is too wide
// the field of the highest rank gives way first.
struct Field {
  std::vector<std::string> forms;
  int rank = 0;
  int columns = 0;  // it is padded to, so that rows line up
};

// The fields that fit, `gap` blanks between them.
std::string row_of(std::vector<Field> fields, int width, int gap = 3);
// The same below a title: the blank before it is the row's own, whichever field is its first.
std::string indented_row(std::vector<Field> fields, int width);
// Below a title, in as many rows as it takes: no field leaves that a row of its own has room for.
std::vector<std::string> indented_rows(std::vector<Field> const& fields, int width);
// The name, shortened where needed; the details that fit behind it, the least important one
// last; and the clock at the right edge.
std::string title_row(std::string_view name, std::vector<std::string> const& details,
                      std::string_view clock, int width);
// A bar over what the fields leave, where that is enough for one.
std::string bar_row(double percent, std::vector<Field> fields, int width, bool colour);

std::string bar(double percent, int cells, bool colour);
// Eight samples as bars of eighths, scaled to their own maximum.
std::string sparkline(std::array<double, 8> const& history);
// "462.1 MiB/s", "  3.1 KiB/s": always as wide.
std::string rate_text(double bytes_per_s);
// "0:33", "1:02:03", "3 days"; "-:--" where it is not known.
std::string eta_text(std::optional<std::chrono::seconds> eta);

}  // namespace btfast::cli
