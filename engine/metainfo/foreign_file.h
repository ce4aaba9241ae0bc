// Names what people keep under the name of a torrent by mistake.
//
// Threads: pure function.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/bencode.h"

namespace btfast {

// "an HTML page", "an empty file"; nothing where `bytes` are of no kind that is known here.
std::optional<std::string_view> foreign_kind(std::span<std::byte const> bytes);

// Why `bytes` are no torrent: "this is an HTML page, not a torrent: byte 0: not the start …".
std::string no_torrent_text(std::span<std::byte const> bytes, bencode::ParseError const& error);

}  // namespace btfast
