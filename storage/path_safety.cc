#include "storage/path_safety.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/ascii.h"
#include "engine/base/unicode.h"
#include "storage/former_names.h"
#include "storage/name_fold.h"

namespace btfast::storage {
namespace {

// The longest start of `text` of at most `size` bytes that ends between characters.
std::string_view cut(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  std::size_t end = size;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  // Bytes that are no UTF-8 have no such place.
  constexpr std::size_t kCharacterBytes = 4;
  return text.substr(0, size - end < kCharacterBytes ? end : size);
}

// Where the extension begins; the end where there is none worth keeping.
std::size_t extension_at(std::string_view name) noexcept {
  constexpr std::size_t kExtensionBytes = 32;
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return name.size();
  return name.size() - dot > kExtensionBytes ? name.size() : dot;
}

// stem + infix + extension, the stem cut so that the whole fits.
std::string fitted(std::string_view name, std::size_t dot, std::string_view infix,
                   std::size_t bytes_max) {
  std::string_view const extension = name.substr(dot);
  std::size_t const room = bytes_max - infix.size() - extension.size();
  std::string out{cut(name.substr(0, dot), room)};
  return out.append(infix).append(extension);
}

std::string numbered(std::string_view name, std::size_t dot, std::size_t n, std::size_t bytes_max) {
  return n == 0 ? std::string{name} : fitted(name, dot, "." + std::to_string(n), bytes_max);
}

// FNV-1a, folded to 32 bits.  It need not withstand anybody: who makes two names of one mark
// only gets a download that is refused.
std::string mark_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::uint32_t const folded = static_cast<std::uint32_t>(hash ^ hash >> 32);
  std::string mark = "~";
  for (int shift = 28; shift >= 0; shift -= 4) mark += "0123456789abcdef"[folded >> shift & 0xf];
  return mark;
}

// What no stranger may put into a name: it acts on a terminal, ends a line in a script, changes
// the order in which others are read, or is nothing that anybody sees or writes.  Joiners, marks
// of direction, tags and variation selectors are needed to write languages, flags and faces.
bool dangerous(char32_t c) noexcept {
  if (c == '\t' || c == 0x2028 || c == 0x2029) return false;
  bool const reorders = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  bool const is_nothing = c == 0x200b || c == 0xfeff;
  return is_control(c) || reorders || is_nothing;
}

bool kept_by_windows(char32_t c) noexcept {
  return c < 0x20 || c == 0x7f || (c < 0x80 && std::strchr("<>:\"|?*\\/", static_cast<int>(c)));
}

Failure bad_path(std::span<std::string const> raw, std::string const& reason) {
  constexpr std::size_t kShown = 3;
  std::string path;
  for (std::size_t i = 0; i < raw.size() && i < kShown; ++i) {
    path += (i == 0 ? "" : "/") + safe_element(raw[i]);
  }
  if (raw.size() > kShown) path += "/…";
  return {Errc::kBadMetainfo, "path \"" + path + "\" " + reason};
}

std::size_t element_bytes(NameRule rule) noexcept {
  return rule == NameRule::kNow ? limits::kPathElementBytes : kFormerElementBytes;
}

}  // namespace

std::string safe_element(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::string_view rest = raw; !rest.empty();) {
    std::string_view const before = rest;
    auto const c = take_code_point(rest);
    if (c && (*c == '/' || dangerous(*c))) {
      out.push_back('_');
    } else {
      out.append(before.substr(0, before.size() - rest.size()));
    }
  }
  if (out.empty() || out == "." || out == "..") return "_";
  if (out.size() <= limits::kPathElementBytes) return out;
  return marked_element(out, raw);
}

bool is_plain_element(std::string_view raw) noexcept {
  return !raw.empty() && raw != "." && raw != ".." && raw.find('/') == std::string_view::npos &&
         raw.find('\0') == std::string_view::npos;
}

bool is_device_name(std::string_view element) noexcept {
  std::string_view stem = element.substr(0, element.find_first_of(".:"));
  while (stem.ends_with(' ')) stem.remove_suffix(1);
  constexpr std::size_t kLongest = 8;  // COM and a superscript have five, CONOUT$ seven
  if (stem.size() < 3 || stem.size() > kLongest) return false;
  std::string const name = ascii_lower(stem);
  for (std::string_view const device :
       {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}) {
    if (name == device) return true;
  }
  if (!name.starts_with("com") && !name.starts_with("lpt")) return false;
  std::string_view const number = std::string_view{name}.substr(3);
  if (number.size() == 1) return number[0] >= '0' && number[0] <= '9';
  return number == "\u00b9" || number == "\u00b2" || number == "\u00b3";
}

std::string portable_element(std::string_view element, std::size_t bytes_max) {
  std::string out;
  out.reserve(element.size());
  for (std::string_view rest = element; !rest.empty();) {
    auto const c = take_code_point(rest);
    if (!c || kept_by_windows(*c)) {
      out.push_back('_');
    } else {
      append_utf8(out, *c);
    }
  }
  for (auto at = out.rbegin(); at != out.rend() && (*at == '.' || *at == ' '); ++at) *at = '_';
  if (out.empty()) return "_";
  if (is_device_name(out)) out.insert(std::min(out.find('.'), out.size()), "_");
  return out.size() <= bytes_max ? out : marked_element(out, element, bytes_max);
}

std::string ascii_element(std::string_view element, std::string_view of, std::size_t bytes_max) {
  std::string out;
  for (std::string_view rest = element; !rest.empty();) {
    auto const c = take_code_point(rest);
    out.push_back(c && *c >= ' ' && *c < 0x7f ? static_cast<char>(*c) : '_');
  }
  return out == element ? out : marked_element(out, of, bytes_max);
}

std::string marked_element(std::string_view element, std::string_view of, std::size_t bytes_max) {
  return fitted(element, extension_at(element), mark_of(of), bytes_max);
}

std::string beside_name(std::string_view name, std::string_view suffix, std::size_t bytes_max) {
  if (name.size() + suffix.size() <= bytes_max) return std::string{name}.append(suffix);
  return fitted(name, name.size(), mark_of(name), bytes_max - suffix.size()).append(suffix);
}

std::string SafePaths::key_of(std::uint32_t parent, std::string_view name) const {
  std::array<char, sizeof parent> raw;
  std::memcpy(raw.data(), &parent, sizeof parent);
  std::string key{raw.data(), raw.size()};
  return rule_ == NameRule::kNow ? key.append(name) : key.append(fold_name(name));
}

std::string SafePaths::element(std::string_view raw) const {
  return rule_ == NameRule::kNow ? safe_element(raw) : former_element(raw);
}

SafePaths::Taken const* SafePaths::enter_directory(std::uint32_t parent, std::string const& name) {
  for (std::size_t n = 0; n < limits::kSamePath; ++n) {
    std::string wanted = numbered(name, name.size(), n, element_bytes(rule_));
    auto const [at, fresh] = taken_.try_emplace(key_of(parent, wanted));
    if (fresh) at->second = {true, directories_++, std::move(wanted)};
    if (at->second.directory) return &at->second;
  }
  return nullptr;
}

SafePaths::Taken const* SafePaths::take_file(std::uint32_t parent, std::string const& name) {
  for (std::size_t n = 0; n < limits::kSamePath; ++n) {
    std::string wanted = numbered(name, extension_at(name), n, element_bytes(rule_));
    auto const [at, fresh] = taken_.try_emplace(key_of(parent, wanted));
    if (!fresh) continue;
    at->second = {false, 0, std::move(wanted)};
    return &at->second;
  }
  return nullptr;
}

Result<std::string> SafePaths::add(std::span<std::string const> raw) {
  if (raw.empty()) return Failure{Errc::kBadMetainfo, "empty path"};
  if (raw.size() > limits::kPathDepth) return bad_path(raw, "is too deep");
  std::string path = top_;
  std::uint32_t parent = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    std::string const name = element(raw[i]);
    bool const last = i + 1 == raw.size();
    auto const* const taken = last ? take_file(parent, name) : enter_directory(parent, name);
    if (taken == nullptr) return bad_path(raw, "wants a name that too many others have");
    if (directories_ > limits::kDirectories) return bad_path(raw, "needs too many directories");
    if (!path.empty()) path += '/';
    path += taken->name;
    parent = taken->number;
  }
  if (path.size() > limits::kPathBytes) return bad_path(raw, "is too long");
  return path;
}

}  // namespace btfast::storage
