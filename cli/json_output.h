// How every command writes JSON.  ASCII only: escapes keep a terminal safe, and every reader
// turns them back.  Bytes that are not UTF-8 become U+FFFD: what strangers wrote stays valid JSON.
//
// Threads: pure functions.
#pragma once

#include <string>

namespace btfast::cli {

// `Json` is one of nlohmann's.
template <class Json>
std::string json_line(Json const& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}
template <class Json>
std::string json_block(Json const& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace);
}

}  // namespace btfast::cli
