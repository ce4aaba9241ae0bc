#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "engine/base/check.h"
#include "net/http_transfer.h"

namespace btfast::net {
namespace {

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { BTF_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

Interest interest_of(int what) noexcept {
  switch (what) {
    case CURL_POLL_IN:
      return Interest::kRead;
    case CURL_POLL_OUT:
      return Interest::kWrite;
    case CURL_POLL_INOUT:
      return Interest::kReadWrite;
    default:
      return Interest::kNone;
  }
}

int curl_events(ReactorEvent const& event) noexcept {
  int flags = 0;
  if (event.readable) flags |= CURL_CSELECT_IN;
  if (event.writable) flags |= CURL_CSELECT_OUT;
  if (event.hangup) flags |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
  return flags;
}

// libcurl leaves this one to its users; OpenSSL's own programs honour it.
HttpSettings with_environment(HttpSettings settings) {
  char const* const ca_file = std::getenv("SSL_CERT_FILE");
  if (settings.ca_file.empty() && ca_file != nullptr) settings.ca_file = ca_file;
  return settings;
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(EventLoop& loop, HttpSettings settings);
  ~Impl();

  RequestId get(HttpRequest request, Callback done);
  void cancel(RequestId id) noexcept;
  std::size_t running() const noexcept { return running_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  using TransferPtr = std::unique_ptr<HttpTransfer>;

  // One of libcurl's descriptors in our event loop.
  class Socket final : public EventHandler {
   public:
    Socket(Impl& client, int fd) : client_(client), fd_(fd) {}
    void on_event(ReactorEvent const& event) override {
      client_.turn(fd_, curl_events(event));  // may destroy this
    }
    Watch watch;

   private:
    Impl& client_;
    int const fd_;
  };

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int on_timeout(CURLM*, long delay_ms, void* self);
  int change_watch(int fd, int what);

  void turn(int fd, int events);
  void launch_waiting();
  void launch(TransferPtr transfer);
  void collect_finished();
  TransferPtr detach(CURL* easy);

  EventLoop& loop_;
  HttpSettings const settings_;
  CURLM* const multi_;
  Timer timer_;
  Timer launch_timer_;  // failures at launch and freed places are handled from the loop
  RequestId next_id_ = 1;
  std::deque<TransferPtr> waiting_;
  std::unordered_map<CURL*, TransferPtr> running_;
  std::unordered_map<int, std::unique_ptr<Socket>> sockets_;
  std::deque<std::pair<TransferPtr, Failure>> failed_;
};

HttpClient::Impl::Impl(EventLoop& loop, HttpSettings settings)
    : loop_(loop),
      settings_(with_environment(std::move(settings))),
      multi_((init_curl_once(), curl_multi_init())),
      timer_(loop.timers(), [this] { turn(CURL_SOCKET_TIMEOUT, 0); }),
      launch_timer_(loop.timers(), [this] { launch_waiting(); }) {
  BTF_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.at_once));
}

HttpClient::Impl::~Impl() {
  while (!running_.empty()) detach(running_.begin()->first);
  curl_multi_cleanup(multi_);
}

HttpClient::RequestId HttpClient::Impl::get(HttpRequest request, Callback done) {
  RequestId const id = next_id_++;
  waiting_.push_back(std::make_unique<HttpTransfer>(id, std::move(request), std::move(done)));
  launch_timer_.arm(Duration::zero());
  return id;
}

void HttpClient::Impl::cancel(RequestId id) noexcept {
  std::erase_if(waiting_, [id](TransferPtr const& t) { return t && t->id() == id; });
  std::erase_if(failed_, [id](auto const& entry) { return entry.first->id() == id; });
  auto const found = std::find_if(running_.begin(), running_.end(),
                                  [id](auto const& entry) { return entry.second->id() == id; });
  if (found == running_.end()) return;
  detach(found->first);
  launch_timer_.arm(Duration::zero());
}

int HttpClient::Impl::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  return static_cast<Impl*>(self)->change_watch(fd, what);
}

int HttpClient::Impl::change_watch(int fd, int what) {
  if (what == CURL_POLL_REMOVE) {
    sockets_.erase(fd);
    return 0;
  }
  auto& socket = sockets_[fd];
  if (socket) return socket->watch.change(interest_of(what)) ? 0 : -1;
  socket = std::make_unique<Socket>(*this, fd);
  auto watch = loop_.watch(fd, *socket, interest_of(what), Trigger::kLevel);
  if (!watch) {
    sockets_.erase(fd);
    return -1;
  }
  socket->watch = *std::move(watch);
  return 0;
}

int HttpClient::Impl::on_timeout(CURLM*, long delay_ms, void* self) {
  auto& timer = static_cast<Impl*>(self)->timer_;
  if (delay_ms < 0) {
    timer.disarm();
  } else {
    timer.arm(std::chrono::milliseconds{delay_ms});
  }
  return 0;
}

void HttpClient::Impl::turn(int fd, int events) {
  int still_running = 0;
  curl_multi_socket_action(multi_, fd, events, &still_running);
  collect_finished();
}

// The callbacks come last: they may start and cancel requests.
void HttpClient::Impl::collect_finished() {
  int left = 0;
  while (CURLMsg const* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode const code = message->data.result;
    auto const transfer = detach(message->easy_handle);
    launch_timer_.arm(Duration::zero());
    transfer->take_callback()(transfer->finish(code));
  }
}

HttpClient::Impl::TransferPtr HttpClient::Impl::detach(CURL* easy) {
  auto const found = running_.find(easy);
  BTF_CHECK(found != running_.end());
  auto transfer = std::move(found->second);
  running_.erase(found);
  curl_multi_remove_handle(multi_, easy);
  return transfer;
}

void HttpClient::Impl::launch_waiting() {
  while (!waiting_.empty() && running_.size() < settings_.at_once) {
    auto transfer = std::move(waiting_.front());
    waiting_.pop_front();
    launch(std::move(transfer));
  }
  while (!failed_.empty()) {
    auto const [transfer, failure] = std::move(failed_.front());
    failed_.pop_front();
    transfer->take_callback()(failure);
  }
}

void HttpClient::Impl::launch(TransferPtr transfer) {
  if (!transfer->prepare(settings_)) {
    failed_.emplace_back(std::move(transfer), Failure{Errc::kNoResource, "out of memory"});
    return;
  }
  CURL* const easy = transfer->easy();
  auto& running = running_[easy] = std::move(transfer);
  if (curl_multi_add_handle(multi_, easy) == CURLM_OK) return;
  failed_.emplace_back(std::move(running), Failure{Errc::kInternal, "HTTP request not started"});
  running_.erase(easy);
}

HttpClient::HttpClient(EventLoop& loop, HttpSettings settings)
    : impl_(std::make_unique<Impl>(loop, std::move(settings))) {}
HttpClient::~HttpClient() = default;

HttpClient::RequestId HttpClient::get(HttpRequest request, Callback done) {
  return impl_->get(std::move(request), std::move(done));
}
void HttpClient::cancel(RequestId id) noexcept { impl_->cancel(id); }
std::size_t HttpClient::running() const noexcept { return impl_->running(); }
std::size_t HttpClient::waiting() const noexcept { return impl_->waiting(); }

}  // namespace btfast::net
