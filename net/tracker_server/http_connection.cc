#include "net/tracker_server/http_connection.h"

#include <array>
#include <utility>

#include "net/tracker_server/http_request.h"

namespace btfast::net {

HttpConnection::HttpConnection(EventLoop& loop, Accepted accepted, Answer answer, Done done)
    : loop_(loop),
      accepted_(accepted),
      answer_(std::move(answer)),
      done_(std::move(done)),
      timeout_(loop.timers(), [this] { finish(); }) {}

HttpConnection::~HttpConnection() {
  watch_.reset();
  loop_.reactor().close(accepted_.fd);
}

Status HttpConnection::start() {
  auto watch = loop_.watch(accepted_.fd, *this, Interest::kRead, Trigger::kLevel);
  if (!watch) return watch.error();
  watch_ = *std::move(watch);
  timeout_.arm(kTimeout);
  return kOk;
}

void HttpConnection::on_event(ReactorEvent const&) {
  if (finished_) return;
  if (response_.empty()) {
    read_request();
  } else {
    write_response();
  }
}

void HttpConnection::read_request() {
  std::array<char, kHttpRequestBytes> piece;
  iovec const into{piece.data(), piece.size() - request_.size()};
  auto const read = loop_.reactor().read(accepted_.fd, {&into, 1});
  if (read.kind == IoResult::Kind::kWouldBlock) return;
  if (read.kind != IoResult::Kind::kBytes) return finish();
  request_.insert(request_.end(), piece.data(), piece.data() + read.bytes);
  response_ = answer_(*this, {request_.data(), request_.size()});
  if (response_.empty()) return;
  timeout_.arm(kTimeout);
  write_response();
}

void HttpConnection::write_response() {
  while (sent_ < response_.size()) {
    iovec const from{response_.data() + sent_, response_.size() - sent_};
    auto const wrote = loop_.reactor().write(accepted_.fd, {&from, 1});
    if (wrote.kind == IoResult::Kind::kWouldBlock) {
      if (!watch_.change(Interest::kWrite)) finish();
      return;
    }
    if (wrote.kind != IoResult::Kind::kBytes) break;
    sent_ += wrote.bytes;
  }
  finish();
}

void HttpConnection::finish() {
  if (finished_) return;
  finished_ = true;
  timeout_.disarm();
  watch_.reset();
  done_(*this);
}

}  // namespace btfast::net
