// Typed reads from a torrent's dictionaries; each failure names the key and its byte.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
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

// A free text: its ".utf-8" twin where there is one, cut to limits::kCommentBytes; a value
// of another type is ignored with a warning.
std::string optional_text(bencode::Node dict, std::string_view key,
                          std::vector<std::string>& warnings);

// A failure where a key of `dict` stands twice.
std::optional<Failure> refuse_duplicate_key(bencode::Node dict, std::string_view what);

}  // namespace btfast
