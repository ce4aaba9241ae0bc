#include "engine/metainfo/foreign_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/base/ascii.h"
#include "engine/base/byte_io.h"

namespace btfast {
namespace {

struct Kind {
  std::string_view begins;
  std::string_view name;
};

constexpr std::array<Kind, 5> kBinary{{{"\x1f\x8b", "a gzip file"},
                                       {"PK\x03\x04", "a zip file"},
                                       {"%PDF", "a PDF file"},
                                       {"\x28\xb5\x2f\xfd", "a zstd file"},
                                       {"\xfd"
                                        "7zXZ",
                                        "an xz file"}}};
constexpr std::array<Kind, 8> kText{{{"<!doctype html", "an HTML page"},
                                     {"<html", "an HTML page"},
                                     {"<head", "an HTML page"},
                                     {"<body", "an HTML page"},
                                     {"<script", "an HTML page"},
                                     {"<", "an HTML or XML page"},
                                     {"{", "a JSON text"},
                                     {"magnet:", "a magnet link"}}};

std::optional<std::string_view> kind_of(std::string_view text, std::span<Kind const> kinds) {
  auto const kind = std::find_if(kinds.begin(), kinds.end(),
                                 [&](Kind const& each) { return text.starts_with(each.begins); });
  if (kind == kinds.end()) return std::nullopt;
  return kind->name;
}

// Its beginning, without a byte order mark and blanks, in lower case.
std::string text_start(std::string_view text) {
  constexpr std::size_t kStart = 32;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto const begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return ascii_lower(text.substr(begin, kStart));
}

}  // namespace

std::optional<std::string_view> foreign_kind(std::span<std::byte const> bytes) {
  if (bytes.empty()) return "an empty file";
  std::string_view const text = as_text(bytes);
  if (auto const kind = kind_of(text, kBinary)) return kind;
  return kind_of(text_start(text), kText);
}

std::string no_torrent_text(std::span<std::byte const> bytes, bencode::ParseError const& error) {
  auto const kind = foreign_kind(bytes);
  std::string const what = kind ? "this is " + std::string{*kind} + ", not a torrent: " : "";
  return what + bencode::parse_error_text(error);
}

}  // namespace btfast
