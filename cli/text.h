// How quantities and strangers' strings are written for people, and read from them.
//
// Threads: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/escape.h"

namespace btfast::cli {

// "186.10 MiB"; below 1 KiB "17 bytes".
std::string human_size(std::uint64_t bytes);
// "186 MiB", "1.46 GiB", "256 KiB": three digits, or four before the point, and no zeros after it.
std::string brief_size(std::uint64_t bytes);
// "55 MiB/s", "39.5 MiB/s".
std::string brief_rate(double bytes_per_s);
// "1 peer", "2 peers".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);
// "462.11 MiB/s".
std::string human_rate(double bytes_per_s);
// "00:08", "1:02:03", "2d 03:04".
std::string human_duration(std::chrono::seconds duration);

// "2026-11-20T08:00:00Z"; "@N" for a time outside the years 0 to 9999.
std::string iso_time(std::int64_t unix_seconds);

using btfast::escaped;  // a string from a torrent or a peer, harmless on a terminal

// "10 MiB", "5GB", "1.5g", "4096".  K, M, G, T alone and KiB… are powers of two, KB… of ten.
std::optional<std::uint64_t> parse_size(std::string_view text);
// "500ms", "30s", "5m", "2h", "1d"; a bare number is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// Bytes a second from "80MiB", "80MiB/s", "800Mbit", "1Gbit/s"; "0" is no limit.
std::optional<std::uint64_t> parse_rate(std::string_view text);

}  // namespace btfast::cli
