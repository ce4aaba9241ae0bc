// HttpTransfer: one GET as libcurl sees it: its options, the caps applied while bytes
// arrive, and what its end meant.  Private to HttpClient.
//
// Threads: its client's event loop's.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_client.h"

namespace btfast::net {

struct CurlEasyDelete {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDelete>;

class HttpTransfer {
 public:
  HttpTransfer(HttpClient::RequestId id, HttpRequest request, HttpClient::Callback done)
      : id_(id), request_(std::move(request)), done_(std::move(done)) {}
  HttpTransfer(HttpTransfer const&) = delete;
  HttpTransfer& operator=(HttpTransfer const&) = delete;

  // Makes the handle.  False when libcurl has no memory for one.
  bool prepare(HttpSettings const& settings);
  Result<HttpResponse> finish(CURLcode code);

  HttpClient::RequestId id() const noexcept { return id_; }
  CURL* easy() const noexcept { return easy_.get(); }
  HttpClient::Callback take_callback() { return std::move(done_); }

 private:
  void set_limits();
  void set_tls(HttpSettings const& settings);
  void set_source(HttpSettings const& settings);
  void set_callbacks();

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static int on_connected(void* self, char* remote_ip, char* local_ip, int remote_port,
                          int local_port);
  bool leaves_for_local(Endpoint const& server);
  std::string objection_to(Endpoint const& server);
  std::string_view effective_url() const noexcept;
  std::string place() const;  // whom a failure is of: the host that was asked, and where it led
  std::size_t abort_with(Errc code, std::string const& why);
  // A server said something, if only where else to ask: what comes after it is its answer's fault.
  bool answered() const noexcept { return header_bytes_ > 0; }
  Failure failure(Errc code, std::string_view what) const;
  Failure curl_failure(CURLcode code) const;

  HttpClient::RequestId const id_;
  HttpRequest const request_;
  HttpClient::Callback done_;
  std::function<bool(Endpoint const&)> is_global_;
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool first_server_is_global_ = false;
  bool connected_before_ = false;
  std::unique_ptr<Failure> refusal_;  // why we broke it off ourselves
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  CurlEasy easy_;  // last: its end may still call back
};

// host:port of a URL, for messages; never user names, passwords, or passkeys.
std::string host_of_url(std::string_view url);

}  // namespace btfast::net
