#include "net/http_transfer.h"

#include <strings.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/url.h"

namespace btfast::net {
namespace {

constexpr std::size_t kHeaderBytes = 64 * 1024;  // of all answers of a request together
constexpr long kConnectTimeoutSeconds = 15;

Errc errc_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return Errc::kConnectRefused;
    case CURLE_OPERATION_TIMEDOUT:
      return Errc::kTimeout;
    case CURLE_URL_MALFORMAT:
      return Errc::kBadArgument;
    case CURLE_OUT_OF_MEMORY:
      return Errc::kNoResource;
    case CURLE_FILESIZE_EXCEEDED:
      return Errc::kTooLarge;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
      return Errc::kBadReply;
    default:
      return Errc::kNetwork;
  }
}

// Somebody answered, and what he said led to this.
Errc errc_of_answer(Errc code) noexcept {
  bool const is_answer = code == Errc::kTooLarge || code == Errc::kBadReply;
  return is_answer || code == Errc::kNoResource ? code : Errc::kBadReply;
}

Errc errc_of_connecting(int err) noexcept {
  if (err == ECONNREFUSED) return Errc::kConnectRefused;
  return err == EMFILE || err == ENFILE ? Errc::kNoResource : Errc::kNetwork;
}

}  // namespace

std::string host_of_url(std::string_view url) {
  constexpr std::size_t kShownBytes = 255;
  return std::string{url_text(url).authority.substr(0, kShownBytes)};
}

bool HttpTransfer::prepare(HttpSettings const& settings) {
  easy_.reset(curl_easy_init());
  if (!easy_) return false;
  is_global_ = settings.is_global;
  curl_easy_setopt(easy(), CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy(), CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy(), CURLOPT_USERAGENT, "btfast/" BTFAST_VERSION);
  curl_easy_setopt(easy(), CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy(), CURLOPT_PROXY, "");       // the environment's is not used
  curl_easy_setopt(easy(), CURLOPT_QUICK_EXIT, 1L);  // never wait for a lookup's thread
  curl_easy_setopt(easy(), CURLOPT_ERRORBUFFER, error_text_.data());
  set_limits();
  set_tls(settings);
  set_source(settings);
  set_callbacks();
  return true;
}

void HttpTransfer::set_limits() {
  auto const timeout_ms = std::max<long>(1, static_cast<long>(request_.timeout.count()));
  curl_easy_setopt(easy(), CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(easy(), CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  curl_easy_setopt(easy(), CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.wire_bytes));
  curl_easy_setopt(easy(), CURLOPT_PROTOCOLS_STR, "http,https");
  bool const secure = ::strncasecmp(request_.url.c_str(), "https:", 6) == 0;
  curl_easy_setopt(easy(), CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(easy(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy(), CURLOPT_MAXREDIRS, static_cast<long>(limits::kTrackerRedirects));
  curl_easy_setopt(easy(), CURLOPT_HTTP09_ALLOWED, 0L);
}

void HttpTransfer::set_tls(HttpSettings const& settings) {
  curl_easy_setopt(easy(), CURLOPT_SSL_VERIFYPEER, settings.verify_tls ? 1L : 0L);
  curl_easy_setopt(easy(), CURLOPT_SSL_VERIFYHOST, settings.verify_tls ? 2L : 0L);
  curl_easy_setopt(easy(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (settings.ca_file.empty()) return;
  curl_easy_setopt(easy(), CURLOPT_CAINFO, settings.ca_file.c_str());
  curl_easy_setopt(easy(), CURLOPT_CAPATH, nullptr);
}

void HttpTransfer::set_source(HttpSettings const& settings) {
  bool const has_address = settings.bind.family() != Family::kNone && !settings.bind.is_any();
  // A device is bound, or where we may not, its address of the family.
  std::string source;
  if (!settings.interface.empty()) {
    source = "if!" + settings.interface;
  } else if (has_address) {
    source = "host!" + settings.bind.address_string();
  }
  if (!source.empty()) curl_easy_setopt(easy(), CURLOPT_INTERFACE, source.c_str());
  if (!has_address) return;
  bool const v6 = settings.bind.family() == Family::kIpv6;
  curl_easy_setopt(easy(), CURLOPT_IPRESOLVE,
                   static_cast<long>(v6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4));
}

void HttpTransfer::set_callbacks() {
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy(), CURLOPT_PREREQFUNCTION, &HttpTransfer::on_connected);
  curl_easy_setopt(easy(), CURLOPT_PREREQDATA, this);
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  auto& body = transfer.response_.body;
  std::size_t const bytes = size * count;
  curl_off_t received = 0;
  curl_easy_getinfo(transfer.easy(), CURLINFO_SIZE_DOWNLOAD_T, &received);
  if (static_cast<std::size_t>(received) > transfer.request_.wire_bytes ||
      bytes > transfer.request_.body_bytes - body.size()) {
    return transfer.abort_with(Errc::kTooLarge, "answer too large");
  }
  auto const* const first = reinterpret_cast<std::byte const*>(data);
  body.insert(body.end(), first, first + bytes);
  return bytes;
}

std::size_t HttpTransfer::on_header(char*, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  std::size_t const bytes = size * count;
  transfer.header_bytes_ += bytes;
  if (transfer.header_bytes_ > kHeaderBytes) {
    return transfer.abort_with(Errc::kTooLarge, "answer's header too large");
  }
  return bytes;
}

int HttpTransfer::on_connected(void* self, char* remote_ip, char*, int remote_port, int) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  auto const server = Endpoint::parse_address(remote_ip, static_cast<std::uint16_t>(remote_port));
  if (!server) {
    transfer.abort_with(Errc::kNetwork, "no address of the server");
  } else if (transfer.leaves_for_local(*server)) {
    transfer.abort_with(Errc::kBadReply, "redirect into a local network refused");
  } else if (auto const why = transfer.objection_to(*server); !why.empty()) {
    transfer.abort_with(Errc::kBadArgument, why);
  } else {
    return CURL_PREREQFUNC_OK;
  }
  return CURL_PREREQFUNC_ABORT;
}

bool HttpTransfer::leaves_for_local(Endpoint const& server) {
  bool const global = is_global_(server);
  if (!std::exchange(connected_before_, true)) first_server_is_global_ = global;
  return first_server_is_global_ && !global;
}

std::string HttpTransfer::objection_to(Endpoint const& server) {
  response_.server = server;
  return request_.objection ? request_.objection(server, effective_url()) : std::string{};
}

// The last one that was asked, or would have been.
std::string_view HttpTransfer::effective_url() const noexcept {
  char const* url = nullptr;
  curl_easy_getinfo(easy(), CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? std::string_view{} : url;
}

// Who is asked answers for himself alone, not for whom he names.
std::string HttpTransfer::place() const {
  std::string asked = host_of_url(request_.url);
  long redirects = 0;
  curl_easy_getinfo(easy(), CURLINFO_REDIRECT_COUNT, &redirects);
  std::string const last = redirects > 0 ? host_of_url(effective_url()) : asked;
  return last.empty() || last == asked ? asked : asked + " led to " + last;
}

// Zero: what tells libcurl to give up.
std::size_t HttpTransfer::abort_with(Errc code, std::string const& why) {
  if (!refusal_) refusal_ = std::make_unique<Failure>(failure(code, why));
  return 0;
}

Failure HttpTransfer::failure(Errc code, std::string_view what) const {
  return Failure{code, place() + ": " + std::string{what}};
}

Failure HttpTransfer::curl_failure(CURLcode code) const {
  std::string_view const text = error_text_[0] != 0 ? error_text_.data() : curl_easy_strerror(code);
  long sys_errno = 0;
  curl_easy_getinfo(easy(), CURLINFO_OS_ERRNO, &sys_errno);
  // What libcurl says of these two holds a time, and so is never the same twice.
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return failure(Errc::kTimeout, answered() ? "no whole answer" : "no answer");
  }
  if (code == CURLE_COULDNT_CONNECT && sys_errno != 0) {
    auto const err = static_cast<int>(sys_errno);
    return Failure{errc_of_connecting(err), err, place()};
  }
  if (code == CURLE_URL_MALFORMAT && answered()) {
    return failure(Errc::kBadReply, "redirected to what is no URL");
  }
  return failure(errc_of(code), text);
}

Result<HttpResponse> HttpTransfer::finish(CURLcode code) {
  if (refusal_ || code != CURLE_OK) {
    Failure why = refusal_ ? *refusal_ : curl_failure(code);
    if (answered()) why.code = errc_of_answer(why.code);
    return why;
  }
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &response_.status);
  return std::move(response_);
}

}  // namespace btfast::net
