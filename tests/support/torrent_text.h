// Torrents written key by key, so that a test can break exactly one of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/bencode_text.h"

namespace btfast::test {

// Key to encoded value; sorted, as BEP 3 wants it.
using DictText = std::map<std::string, std::string>;

inline std::string bdict(DictText const& entries) {
  std::string out = "d";
  for (auto const& [key, value] : entries) out += bstr(key) + value;
  return out + "e";
}

inline std::string blist(std::vector<std::string> const& encoded) {
  std::string out = "l";
  for (auto const& value : encoded) out += value;
  return out + "e";
}

inline std::string bpath(std::vector<std::string> const& elements) {
  std::string out = "l";
  for (auto const& element : elements) out += bstr(element);
  return out + "e";
}

inline std::string bfile(std::vector<std::string> const& path, std::int64_t length) {
  return bdict({{"length", bint(length)}, {"path", bpath(path)}});
}

// As many digests as pieces of `piece_length` in `total`; their values do not matter.
inline std::string bpieces(std::int64_t total, std::int64_t piece_length) {
  auto const count = static_cast<std::size_t>((total + piece_length - 1) / piece_length);
  return bstr(std::string(count * 20, 'h'));
}

// 100,000 bytes in seven pieces of 16 KiB.
inline DictText single_info() {
  return {{"length", bint(100'000)},
          {"name", bstr("file.bin")},
          {"piece length", bint(16'384)},
          {"pieces", bpieces(100'000, 16'384)}};
}

inline DictText multi_info(std::string const& files, std::int64_t total) {
  return {{"files", files},
          {"name", bstr("top")},
          {"piece length", bint(16'384)},
          {"pieces", bpieces(total, 16'384)}};
}

inline std::string torrent_text(std::string const& info, DictText outer = {}) {
  outer.emplace("info", info);
  return bdict(outer);
}
inline std::string torrent_text(DictText const& info, DictText outer = {}) {
  return torrent_text(bdict(info), std::move(outer));
}

}  // namespace btfast::test
