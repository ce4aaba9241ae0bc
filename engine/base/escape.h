// How a stranger's string is shown to people.
//
// Threads: pure function.
#pragma once

#include <string>
#include <string_view>

namespace btfast {

// Harmless on a terminal: control, bidirectional and invisible characters and bytes that are not
// UTF-8 as \n, \x1b, \u202e; a backslash as \\.
std::string escaped(std::string_view text);

}  // namespace btfast
