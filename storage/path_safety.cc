#include "storage/path_safety.h"

#include <array>
#include <cstring>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/unicode.h"
#include "storage/name_fold.h"

namespace btfast::storage {
namespace {

// What separates elements anywhere, and what no name may hold.
bool forbidden(char32_t c) noexcept { return is_control(c) || c == '/' || c == '\\'; }

bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The longest start of `text` of at most `size` bytes that ends between characters.
std::string_view cut(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

// Where the extension begins; the end where there is none worth keeping.
std::size_t extension_at(std::string_view name) noexcept {
  constexpr std::size_t kExtensionBytes = 32;
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return name.size();
  return name.size() - dot > kExtensionBytes ? name.size() : dot;
}

// stem + infix + extension, the stem cut so that the whole fits.
std::string fitted(std::string_view name, std::size_t dot, std::string_view infix) {
  std::string_view const extension = name.substr(dot);
  std::size_t const room = limits::kPathElementBytes - infix.size() - extension.size();
  std::string out{cut(name.substr(0, dot), room)};
  return out.append(infix).append(extension);
}

std::string numbered(std::string_view name, std::size_t dot, std::size_t n) {
  return n == 0 ? std::string{name} : fitted(name, dot, "." + std::to_string(n));
}

std::string key_of(std::uint32_t parent, std::string_view name) {
  std::array<char, sizeof parent> raw;
  std::memcpy(raw.data(), &parent, sizeof parent);
  return std::string{raw.data(), raw.size()} + fold_name(name);
}

bool blank(std::string_view name) noexcept {
  return name.find_first_not_of(' ') == std::string_view::npos;
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

}  // namespace

std::string safe_element(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    auto const c = take_code_point(raw);
    if (c && is_invisible(*c)) continue;
    if (!c || forbidden(*c)) {
      out.push_back('_');
    } else {
      append_utf8(out, *c);
    }
  }
  if (blank(out) || out == "." || out == "..") return "_";
  if (out.size() >= 2 && out[1] == ':' && letter(out[0])) out[1] = '_';
  if (out.size() <= limits::kPathElementBytes) return out;
  return fitted(out, extension_at(out), "");
}

SafePaths::Taken const* SafePaths::enter_directory(std::uint32_t parent, std::string const& name) {
  for (std::size_t n = 0; n < limits::kSamePath; ++n) {
    std::string wanted = numbered(name, name.size(), n);
    auto const [at, fresh] = taken_.try_emplace(key_of(parent, wanted));
    if (fresh) at->second = {true, directories_++, std::move(wanted)};
    if (at->second.directory) return &at->second;
  }
  return nullptr;
}

SafePaths::Taken const* SafePaths::take_file(std::uint32_t parent, std::string const& name) {
  for (std::size_t n = 0; n < limits::kSamePath; ++n) {
    std::string wanted = numbered(name, extension_at(name), n);
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
    std::string const name = safe_element(raw[i]);
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
