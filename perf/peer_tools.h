// What the measuring programs share: endpoints, big-endian numbers, a plain handshake.  Small on
// purpose and without the engine, so that a measuring program cannot share a fault with it.
//
// Threads: plain functions.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace btfast::perf {

inline constexpr std::size_t kHandshakeSize = 68;
inline constexpr std::uint32_t kBlockSize = 16 * 1024;
inline constexpr std::size_t kBlockHeaderSize = 13;
inline constexpr std::size_t kRequestSize = 17;

inline constexpr std::uint8_t kChoke = 0;
inline constexpr std::uint8_t kUnchoke = 1;
inline constexpr std::uint8_t kInterested = 2;
inline constexpr std::uint8_t kRequest = 6;
inline constexpr std::uint8_t kPiece = 7;
inline constexpr std::uint8_t kHaveAll = 14;
inline constexpr std::uint8_t kHaveNone = 15;

[[noreturn]] inline void die(char const* what) {
  std::perror(what);
  std::exit(1);
}

[[noreturn]] inline void refuse(char const* what) {
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

inline void store_u32(char* at, std::uint32_t value) {
  value = htonl(value);
  std::memcpy(at, &value, 4);
}

inline std::uint32_t load_u32(char const* at) {
  std::uint32_t value;
  std::memcpy(&value, at, 4);
  return ntohl(value);
}

inline std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::string const pair{text.substr(i, 2)};
    bytes.push_back(static_cast<char>(std::strtoul(pair.c_str(), nullptr, 16)));
  }
  return bytes;
}

inline sockaddr_in endpoint_of(std::string const& text) {
  auto const colon = text.rfind(':');
  sockaddr_in where{};
  where.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, text.substr(0, colon).c_str(), &where.sin_addr) != 1) {
    refuse(("not an IPv4 endpoint: " + text).c_str());
  }
  where.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return where;
}

// Connected, still blocking, without Nagle's delay; from an address of its own for each
// `number`, for a client may take only a few peers of one.
inline int connect_to(std::string const& text, std::size_t number = 0) {
  sockaddr_in const where = endpoint_of(text);
  sockaddr_in const from = endpoint_of("127.1." + std::to_string(number / 250 % 250) + "." +
                                       std::to_string(1 + number % 250) + ":0");
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr const*>(&from), sizeof from) != 0) die("socket");
  if (connect(fd, reinterpret_cast<sockaddr const*>(&where), sizeof where) != 0) die(text.c_str());
  int const on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// BEP 3's handshake, with the fast extension (BEP 6).
inline std::string handshake(std::string_view info_hash, char const* client, unsigned number) {
  std::string reserved(8, '\0');
  reserved[7] = 0x04;
  char id[21];
  std::snprintf(id, sizeof id, "-%.6s-%012u", client, number);
  return "\x13"
         "BitTorrent protocol" +
         reserved + std::string{info_hash} + std::string{id, 20};
}

inline std::string message(std::uint8_t id) {
  std::string out(5, '\0');
  out[3] = 1;
  out[4] = static_cast<char>(id);
  return out;
}

inline void append_request(std::string& out, std::uint32_t piece, std::uint32_t begin,
                           std::uint32_t length) {
  char request[kRequestSize];
  store_u32(request, 13);
  request[4] = static_cast<char>(kRequest);
  store_u32(request + 5, piece);
  store_u32(request + 9, begin);
  store_u32(request + 13, length);
  out.append(request, sizeof request);
}

inline double now_s() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

inline double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// `"user_s":0.100,"system_s":0.200,"peak_rss_mib":12.0` of this process.
inline std::string resource_json() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  char text[128];
  std::snprintf(text, sizeof text, "\"user_s\":%.3f,\"system_s\":%.3f,\"peak_rss_mib\":%.1f",
                seconds(used.ru_utime), seconds(used.ru_stime),
                static_cast<double>(used.ru_maxrss) / 1024);
  return text;
}

}  // namespace btfast::perf
