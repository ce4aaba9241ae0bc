// A URL taken apart (RFC 3986), as far as trackers and web seeds need it.
//
// Threads:   pure functions.
// Ownership: the parts point into the URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/expected.h"

namespace btfast {

struct UrlParts {
  std::string scheme;       // in lower case
  std::string_view origin;  // scheme://authority, as it stands there
  std::string_view host;    // without the brackets of an IPv6 address
  std::uint16_t port = 0;   // 0: none said
  std::string_view path;    // starts with '/', or empty
  std::string_view query;   // without its '?'
};

// "https" of "HTTPS://host/"; empty where there is none.
std::string url_scheme(std::string_view url);

// What is wrong with it, as one says it of a URL: "no host".  Only printable ASCII passes: a
// name that merely looks like another host has to be written in punycode, where it does not.
Expected<UrlParts, std::string_view> split_url(std::string_view url);

// The same of any text, to be shown or looked for; nothing is checked.
struct UrlText {
  std::string_view scheme;     // "http://", or empty
  std::string_view authority;  // without a user's name and password
  std::string_view path;
  std::string_view rest;  // the query and the fragment, with what begins them
};
UrlText url_text(std::string_view url) noexcept;

// Whether the query has `name`=, whatever the case of its letters.
bool has_parameter(std::string_view query, std::string_view name) noexcept;

}  // namespace btfast
