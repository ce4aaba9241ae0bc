// Names in JSON.  A name may be any bytes and JSON is text: what is not UTF-8 becomes U+FFFD there,
// and two names may look the same.  So KEY_encoded stands beside such a name: all of its bytes,
// percent-encoded.
//
// Threads: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/unicode.h"

namespace btfast::cli {

using btfast::is_utf8;
// "%FFa%20b/c": letters, digits and "-._~/" stay.
std::string percent_encoded(std::string_view bytes);

// Adds KEY_encoded to the object where `bytes`, which KEY has, are not UTF-8.
void add_encoded(nlohmann::ordered_json& object, std::string_view key, std::string_view bytes);
// The same for a list: all of its names, where one of them is not UTF-8.
void add_encoded(nlohmann::ordered_json& object, std::string_view key,
                 std::vector<std::string> const& names);

}  // namespace btfast::cli
