#include "net/tracker/http_tracker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "net/tracker/page_words.h"

namespace btfast::net {
namespace {

// A name may resolve to this machine, and a redirect may lead here: the rule for loopback
// trackers holds for where we really are.
std::string objection_to(Endpoint const& server, std::string_view url) {
  if (!server.is_loopback()) return {};
  return std::string{objection_to_local_path(path_of_url(url))};
}

// With what can be told of the page that came in place of a reply.
Failure no_reply(std::string what, std::span<std::byte const> page) {
  if (auto const words = page_words(page); !words.empty()) what += ": " + words;
  return Failure{Errc::kBadReply, std::move(what)};
}

// Of a reply that is cut or wrong somewhere, the place says more than its first bytes.
bool begins_as_reply(std::span<std::byte const> body) {
  auto const text = as_text(body.first(std::min<std::size_t>(body.size(), 2)));
  return text.starts_with('d') && text.find_first_not_of("0123456789", 1) == text.npos;
}

// The tracker's own words where it said something else.
Failure no_reply(Failure failure, std::span<std::byte const> body) {
  if (failure.code != Errc::kBadReply || begins_as_reply(body)) return failure;
  if (is_web_page(body)) return no_reply("a web page, not a tracker's reply", body);
  return page_words(body).empty() ? failure : no_reply("not a tracker's reply", body);
}

}  // namespace

HttpTracker::HttpTracker(TrackerUrl url, HttpClient& http, std::chrono::seconds interval_min)
    : url_(std::move(url)), http_(http), interval_min_(interval_min) {
  BTF_CHECK(url_.scheme != TrackerScheme::kUdp);
}

HttpTracker::~HttpTracker() { cancel(); }

void HttpTracker::announce(AnnounceRequest const& request, Callback done) {
  BTF_CHECK(!pending_);
  HttpRequest get{.url = announce_url(url_, request, tracker_id_),
                  .timeout = request.timeout,
                  .objection = objection_to};
  pending_ =
      http_.get(std::move(get), [this, callback = std::move(done)](Result<HttpResponse> response) {
        on_response(std::move(response), callback);
      });
}

void HttpTracker::cancel() noexcept {
  if (pending_) http_.cancel(*std::exchange(pending_, std::nullopt));
}

void HttpTracker::on_response(Result<HttpResponse> response, Callback const& done) {
  pending_.reset();
  done(response ? read(*response) : Result<AnnounceReply>{response.error()});
}

// A refusal may come with any status; peers only with 200.
Result<AnnounceReply> HttpTracker::read(HttpResponse const& response) {
  ReplyRules const rules{.interval_min = interval_min_,
                         .local_tracker = !is_global_address(response.server)};
  auto parsed = parse_http_reply(response.body, rules);
  bool const refused = !parsed && parsed.error().code == Errc::kRefused;
  if (response.status != 200 && !refused) {
    std::span<std::byte const> page;
    if (!parsed) page = response.body;
    return no_reply("HTTP status " + std::to_string(response.status), page);
  }
  if (!parsed) return no_reply(std::move(parsed).error(), response.body);
  if (!parsed->tracker_id.empty()) tracker_id_ = parsed->tracker_id;
  return std::move(parsed->reply);
}

}  // namespace btfast::net
