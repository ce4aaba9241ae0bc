#include "engine/base/url.h"

#include <arpa/inet.h>

#include <algorithm>

#include "engine/base/ascii.h"
#include "engine/base/limits.h"

namespace btfast {
namespace {

constexpr std::size_t kHostBytes = 253;  // of a domain name
constexpr std::size_t kSchemeBytes = 16;

bool is_letter_or_digit(char c) noexcept {
  char const l = ascii_lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

// What a character makes wrong; empty for nothing.
std::string_view fault_of(char c) noexcept {
  auto const u = static_cast<unsigned char>(c);
  if (u >= 0x80) return "not plain ASCII";
  if (c == ' ') return "a blank in it";
  if (u < 0x20 || u == 0x7f) return "a control character in it";
  if (c == '\\') return "a backslash in it";
  return {};
}

bool is_host_character(char c) noexcept {
  constexpr std::string_view kOthers = "-._~%!$&'()*+,;=";
  return is_letter_or_digit(c) || kOthers.find(c) != std::string_view::npos;
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string{text}.c_str(), &address) == 1;
}

std::string_view without_user(std::string_view authority) noexcept {
  return authority.substr(authority.rfind('@') + 1);  // 0 without one
}

// "host", "host:80", "[::1]:80"; what is wrong, or nothing.
std::string_view split_authority(std::string_view authority, UrlParts& url) {
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    auto const close = authority.find(']');
    if (close == std::string_view::npos) return "bad host";
    url.host = authority.substr(1, close - 1);
    if (!is_ipv6(url.host)) return "bad host";
    host_end = close + 1;
  } else {
    url.host = authority.substr(0, host_end);
    if (url.host.empty()) return "no host";
    if (url.host.size() > kHostBytes) return "bad host";
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) return "bad host";
  }
  if (host_end >= authority.size()) return {};
  std::string_view const rest = authority.substr(host_end);
  if (rest.front() != ':') return "bad host";
  std::string_view const port = rest.substr(1);
  if (port.empty()) return {};
  url.port = to_number<std::uint16_t>(port).value_or(0);
  return url.port != 0 ? std::string_view{} : "bad port";
}

}  // namespace

std::string url_scheme(std::string_view url) {
  auto const end = url.find("://");
  if (end == std::string_view::npos || end == 0 || end > kSchemeBytes) return {};
  return ascii_lower(url.substr(0, end));
}

Expected<UrlParts, std::string_view> split_url(std::string_view url) {
  if (url.size() > limits::kUrlBytes) return std::string_view{"too long"};
  for (char const c : url) {
    if (auto const fault = fault_of(c); !fault.empty()) return fault;
  }
  UrlParts parts;
  parts.scheme = url_scheme(url);
  if (parts.scheme.empty()) return std::string_view{"not a URL"};
  std::string_view rest = url.substr(parts.scheme.size() + 3);
  rest = rest.substr(0, rest.find('#'));
  auto const authority_end = std::min(rest.find_first_of("/?"), rest.size());
  auto const fault = split_authority(without_user(rest.substr(0, authority_end)), parts);
  if (!fault.empty()) return fault;
  rest.remove_prefix(authority_end);
  parts.origin = url.substr(0, parts.scheme.size() + 3 + authority_end);
  auto const question = std::min(rest.find('?'), rest.size());
  parts.path = rest.substr(0, question);
  if (question < rest.size()) parts.query = rest.substr(question + 1);
  return parts;
}

UrlText url_text(std::string_view url) noexcept {
  UrlText text;
  auto const colon = url.find("://");
  if (colon != std::string_view::npos) text.scheme = url.substr(0, colon + 3);
  url.remove_prefix(text.scheme.size());
  auto const authority_end = std::min(url.find_first_of("/?#"), url.size());
  text.authority = without_user(url.substr(0, authority_end));
  url.remove_prefix(authority_end);
  auto const path_end = std::min(url.find_first_of("?#"), url.size());
  text.path = url.substr(0, path_end);
  text.rest = url.substr(path_end);
  return text;
}

bool has_parameter(std::string_view query, std::string_view name) noexcept {
  for (std::size_t at = 0; at < query.size();) {
    std::size_t const end = std::min(query.find_first_of("&;?", at), query.size());
    std::string_view const parameter = query.substr(at, end - at);
    auto const is_name = [&] {
      return std::equal(name.begin(), name.end(), parameter.begin(),
                        [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
    };
    if (parameter.size() > name.size() && parameter[name.size()] == '=' && is_name()) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace btfast
