// Typed reads from a torrent's dictionaries; each failure names the key and its byte.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/expected.h"

namespace btfast {

// "byte 17: "piece length" is not an integer".
Failure bad_key(bencode::Node where, std::string_view key, std::string_view reason,
                Errc code = Errc::kBadMetainfo);

Result<std::int64_t> required_integer(bencode::Node dict, std::string_view key);
Result<std::string_view> required_string(bencode::Node dict, std::string_view key);

// A free text: its ".utf-8" twin where that says something in UTF-8, cut to limits::kCommentBytes;
// a value of another type is ignored with a warning.
std::string optional_text(bencode::Node dict, std::string_view key,
                          std::vector<std::string>& warnings);

// A key of `dict` that stands twice is a failure at the second one's byte where it is one of
// `decisive`: two programs would fetch two different things.  Of others the first counts, and
// a warning says so.
Outcome check_repeated_keys(bencode::Node dict, std::string_view what,
                            std::span<std::string_view const> decisive,
                            std::vector<std::string>& warnings);

}  // namespace btfast
