#include "net/http_client.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "engine/base/byte_io.h"
#include "tests/support/fake_http_server.h"
#include "tests/support/loop_fixture.h"

namespace btfast::net {
namespace {

using std::chrono::milliseconds;
using test::FakeHttpAnswer;
using test::FakeHttpServer;
using test::http_hang;
using test::http_ok;
using test::http_redirect;
using test::http_status;

class HttpClientTest : public test::LoopFixture {
 protected:
  using Reply = Result<HttpResponse>;

  Reply get(HttpRequest request, HttpSettings settings = {}) {
    HttpClient client{loop_, std::move(settings)};
    Answer<Reply> answer;
    client.get(std::move(request), answer.sink());
    EXPECT_FALSE(answer.here()) << "answered inside get()";
    if (!run_until([&] { return answer.here(); })) return Failure{Errc::kInternal, "test hung"};
    return *answer;
  }
  static std::string body_of(Reply const& reply) {
    return reply ? std::string{as_text(reply->body)} : failure_text(reply.error());
  }
};

TEST_F(HttpClientTest, GetsABody) {
  FakeHttpServer server{[](auto const&) { return http_ok("hello"); }};

  auto const reply = get({.url = server.url("/x?y=1")});

  EXPECT_EQ(body_of(reply), "hello");
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->server, server.endpoint());
  auto const head = server.requests().at(0);
  EXPECT_TRUE(head.starts_with("GET /x?y=1 HTTP/1.1\r\n")) << head;
  EXPECT_NE(head.find("User-Agent: btfast/" BTFAST_VERSION "\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("Accept-Encoding: gzip\r\n"), std::string::npos) << head;
}

TEST_F(HttpClientTest, KeepsAnErrorStatusAndItsBody) {
  FakeHttpServer server{[](auto const&) {
    auto answer = http_status("500 Oops", "Content-Length: 3\r\n");
    answer.bytes += "why";
    return answer;
  }};

  auto const reply = get({.url = server.url("/")});

  EXPECT_EQ(body_of(reply), "why");
  EXPECT_EQ(reply->status, 500);
}

TEST_F(HttpClientTest, AClosedPortIsARefusalThatNamesTheHost) {
  std::string url;
  {
    FakeHttpServer const gone{[](auto const&) { return http_hang(); }};
    url = gone.url("/");
  }

  auto const reply = get({.url = url});

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kConnectRefused);
  EXPECT_NE(reply.error().detail.find("127.0.0.1"), std::string::npos) << reply.error().detail;
}

TEST_F(HttpClientTest, ASilentServerTimesOut) {
  FakeHttpServer server{[](auto const&) { return http_hang(); }};

  auto const reply = get({.url = server.url("/"), .timeout = milliseconds{150}});

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kTimeout);
}

TEST_F(HttpClientTest, ADribbleOfBytesTimesOut) {
  FakeHttpServer server{[](auto const&) {
    auto answer = http_status("200 OK", "Content-Length: 100\r\n");
    answer.bytes += "d";
    answer.then = FakeHttpAnswer::Then::kHang;
    return answer;
  }};

  auto const reply = get({.url = server.url("/"), .timeout = milliseconds{150}});

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kBadReply);
}

TEST_F(HttpClientTest, CutsAnEndlessBody) {
  FakeHttpServer server{[](auto const&) {
    auto answer = http_status("200 OK");
    answer.then = FakeHttpAnswer::Then::kRepeat;
    answer.repeated = std::string(4096, 'x');
    return answer;
  }};

  auto const reply = get({.url = server.url("/")});

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kTooLarge);
}

TEST_F(HttpClientTest, RefusesADeclaredLengthAboveTheCap) {
  FakeHttpServer server{[](auto const&) {
    auto answer = http_status("200 OK", "Content-Length: 1073741824\r\n");
    answer.then = FakeHttpAnswer::Then::kHang;
    return answer;
  }};

  auto const reply = get({.url = server.url("/")});

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kTooLarge);
}

TEST_F(HttpClientTest, CutsEndlessHeadersAndEndlessInterimAnswers) {
  for (std::string const& repeated :
       {std::string{"X-Junk: "} + std::string(4096, 'j') + "\r\n",
        std::string{"HTTP/1.1 100 Continue\r\nX-Pad: pppppppppppppppp\r\n\r\n"}}) {
    FakeHttpServer server{[&](auto const&) {
      FakeHttpAnswer answer{.bytes = {}, .then = FakeHttpAnswer::Then::kRepeat};
      if (repeated.starts_with("X-")) answer.bytes = "HTTP/1.1 200 OK\r\n";
      answer.repeated = repeated;
      return answer;
    }};

    auto const reply = get({.url = server.url("/")});

    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::kTooLarge) << failure_text(reply.error());
  }
}

TEST_F(HttpClientTest, FollowsFiveRedirectsAndNoMore) {
  FakeHttpServer server{[](std::string const& target) {
    auto const n = std::stoi(target.substr(1));
    return n == 0 ? http_ok("here") : http_redirect("/" + std::to_string(n - 1));
  }};

  EXPECT_EQ(body_of(get({.url = server.url("/5")})), "here");
  auto const sixth = get({.url = server.url("/6")});

  ASSERT_FALSE(sixth);
  EXPECT_EQ(sixth.error().code, Errc::kBadReply);
}

TEST_F(HttpClientTest, NeverFollowsToAnotherScheme) {
  for (char const* const location : {"file:///etc/passwd", "udp://127.0.0.1:1/", "ftp://127.0.0.1/",
                                     "gopher://127.0.0.1:1/_x", "dict://127.0.0.1:1/"}) {
    FakeHttpServer server{[&](auto const&) { return http_redirect(location); }};

    auto const reply = get({.url = server.url("/")});

    ASSERT_FALSE(reply) << location;
    EXPECT_EQ(reply.error().code, Errc::kBadReply) << failure_text(reply.error());
  }
}

// Whoever answered was reached, wherever the answer leads: what nobody can read, a port where
// nobody listens, a name that nobody has, a server that says nothing.
TEST_F(HttpClientTest, ARedirectThatLeadsNowhereIsStillAnAnswer) {
  FakeHttpServer silent{[](auto const&) { return http_hang(); }};
  for (std::string const& location :
       {std::string{"http://[::1/"}, std::string{"gopher://\x1b[31m/"},
        std::string{"http://a b:c/"}, std::string{"http://127.0.0.1:1/"},
        std::string{"http://nobody.invalid/"}, silent.url("/")}) {
    FakeHttpServer server{[&](auto const&) { return http_redirect(location); }};

    auto const reply = get({.url = server.url("/"), .timeout = milliseconds{1000}});

    ASSERT_FALSE(reply) << location;
    EXPECT_EQ(reply.error().code, Errc::kBadReply) << location << failure_text(reply.error());
    EXPECT_FALSE(reply.error().detail.empty()) << location;
  }
}

// Whoever led there did answer: a failure is not told as his.
TEST_F(HttpClientTest, AFailureBehindARedirectNamesBothHosts) {
  FakeHttpServer hanging{[](auto const&) { return http_hang(); }, "127.0.0.2"};
  std::string location;
  FakeHttpServer first{[&](auto const&) { return http_redirect(location); }};
  std::string const asked = first.endpoint().to_string();

  location = "http://user:secret@127.0.0.2:1/announce?passkey=secret";
  auto const refused = get({.url = first.url("/")});
  location = hanging.url("/");
  auto const silent = get({.url = first.url("/"), .timeout = milliseconds{300}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, asked + " led to 127.0.0.2:1");
  EXPECT_EQ(refused.error().sys_errno, ECONNREFUSED);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().detail,
            asked + " led to " + hanging.endpoint().to_string() + ": no whole answer");
}

// 127.0.0.1 plays the global server, 127.0.0.2 the machine on our own network.
TEST_F(HttpClientTest, RefusesARedirectFromAGlobalServerToALocalOne) {
  FakeHttpServer local{[](auto const&) { return http_ok("secret"); }, "127.0.0.2"};
  FakeHttpServer global{[&](auto const&) { return http_redirect(local.url("/")); }};
  HttpSettings const settings{
      .is_global = [](Endpoint const& server) { return server.address_string() == "127.0.0.1"; }};

  auto const reply = get({.url = global.url("/")}, settings);

  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::kBadReply);
  EXPECT_EQ(local.request_count(), 0u);
  EXPECT_EQ(body_of(get({.url = local.url("/")}, settings)), "secret");
}

TEST_F(HttpClientTest, AnObjectionStopsARequestBeforeItIsSent) {
  FakeHttpServer server{[](auto const&) { return http_ok("x"); }};
  std::string seen;

  auto const reply =
      get({.url = server.url("/path"), .objection = [&](Endpoint const& to, std::string_view url) {
             seen = to.to_string() + " " + std::string{url};
             return std::string{"not this one"};
           }});

  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().detail.find("not this one"), std::string::npos);
  EXPECT_EQ(seen, server.endpoint().to_string() + " " + server.url("/path"));
  EXPECT_EQ(server.request_count(), 0u);
}

// The address of the tracker is what is judged, and ours is what it is to see.
TEST_F(HttpClientTest, AProxyOfTheEnvironmentIsNotUsed) {
  FakeHttpServer proxy{[](auto const&) { return http_ok("from the proxy"); }};
  FakeHttpServer server{[](auto const&) { return http_ok("from the server"); }};
  char const* const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
  for (auto const* const name : names) ::setenv(name, proxy.url("").c_str(), 1);

  auto const reply = get({.url = server.url("/")});

  for (auto const* const name : names) ::unsetenv(name);
  ASSERT_TRUE(reply) << failure_text(reply.error());
  EXPECT_EQ(as_text(reply->body), "from the server");
  EXPECT_EQ(proxy.request_count(), 0u);
}

TEST_F(HttpClientTest, CredentialsStayWithTheirHost) {
  FakeHttpServer other{[](auto const&) { return http_ok("x"); }};
  FakeHttpServer first{[&](auto const&) { return http_redirect(other.url("/")); }};
  auto url = first.url("/");
  url.insert(url.find("127"), "user:pw@");

  EXPECT_EQ(body_of(get({.url = url})), "x");

  EXPECT_NE(first.requests().at(0).find("Authorization:"), std::string::npos);
  EXPECT_EQ(other.requests().at(0).find("Authorization:"), std::string::npos);
}

// The server speaks no TLS: nothing may be asked of it in the clear.
TEST_F(HttpClientTest, HttpsNeverFallsBackToHttp) {
  FakeHttpServer server{[](auto const&) { return http_ok("x"); }};
  auto url = server.url("/");
  url.replace(0, 4, "https");

  auto const reply = get({.url = url, .timeout = milliseconds{500}});

  EXPECT_FALSE(reply);
  EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(HttpClientTest, AsksFromTheBoundAddress) {
  FakeHttpServer server{[](auto const&) { return http_ok("x"); }};

  EXPECT_EQ(body_of(get({.url = server.url("/")}, {.bind = *Endpoint::parse("127.0.0.3:0")})), "x");
  auto const impossible = get({.url = server.url("/")}, {.bind = *Endpoint::parse("192.0.2.1:0")});

  EXPECT_FALSE(impossible);
  EXPECT_EQ(server.request_count(), 1u);
}

TEST_F(HttpClientTest, ADeviceThatIsNotThereIsAFailureAndNoOtherIsUsed) {
  FakeHttpServer server{[](auto const&) { return http_ok("x"); }};

  auto const reply = get({.url = server.url("/")}, {.interface = "no-such-device"});

  EXPECT_FALSE(reply);
  EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(HttpClientTest, ACancelledRequestNeverAnswers) {
  FakeHttpServer server{
      [](std::string const& target) { return target == "/hang" ? http_hang() : http_ok("x"); }};
  HttpClient client{loop_, {}};
  Answer<Reply> cancelled;
  Answer<Reply> other;
  auto const id = client.get({.url = server.url("/hang")}, cancelled.sink());
  auto const waiting = client.get({.url = server.url("/")}, cancelled.sink());
  client.cancel(waiting);
  ASSERT_TRUE(run_until([&] { return server.request_count() == 1; }));

  client.cancel(id);
  client.get({.url = server.url("/")}, other.sink());
  ASSERT_TRUE(run_until([&] { return other.here(); }));

  EXPECT_FALSE(cancelled.here());
  EXPECT_EQ(client.running(), 0u);
}

TEST_F(HttpClientTest, DestroyingTheClientForgetsItsRequests) {
  FakeHttpServer server{[](auto const&) { return http_hang(); }};
  Answer<Reply> answer;
  {
    HttpClient client{loop_, {}};
    client.get({.url = server.url("/")}, answer.sink());
    ASSERT_TRUE(run_until([&] { return server.request_count() == 1; }));
  }

  loop_.run_turn(Duration::zero());

  EXPECT_FALSE(answer.here());
}

TEST_F(HttpClientTest, AsksNoMoreAtOnceThanTheLimitAndAllInTheEnd) {
  constexpr std::size_t kLimit = 20;
  FakeHttpServer server{
      [](std::string const& target) { return target == "/hang" ? http_hang() : http_ok("x"); }};
  HttpClient client{loop_, {.at_once = kLimit}};
  std::vector<HttpClient::RequestId> hanging;
  for (std::size_t i = 0; i < kLimit; ++i) {
    hanging.push_back(client.get({.url = server.url("/hang")}, [](auto const&) {}));
  }
  std::size_t answers = 0;
  for (std::size_t i = 0; i < 2 * kLimit; ++i) {
    client.get({.url = server.url("/")}, [&](Reply const& reply) { answers += reply ? 1 : 0; });
  }

  ASSERT_TRUE(run_until([&] { return server.request_count() == kLimit; }));
  EXPECT_EQ(client.running(), kLimit);
  EXPECT_EQ(client.waiting(), 2 * kLimit);
  for (auto const id : hanging) client.cancel(id);

  EXPECT_TRUE(run_until([&] { return answers == 2 * kLimit; }));
  EXPECT_LE(server.most_connections(), 2 * kLimit);
}

TEST_F(HttpClientTest, ACallbackMayStartAndCancelRequests) {
  FakeHttpServer server{
      [](std::string const& target) { return target == "/hang" ? http_hang() : http_ok("x"); }};
  HttpClient client{loop_, {}};
  Answer<Reply> cancelled;
  Answer<Reply> second;
  auto const hanging = client.get({.url = server.url("/hang")}, cancelled.sink());

  client.get({.url = server.url("/")}, [&](Reply const&) {
    client.cancel(hanging);
    client.get({.url = server.url("/")}, second.sink());
  });
  ASSERT_TRUE(run_until([&] { return second.here(); }));

  EXPECT_EQ(body_of(*second), "x");
  EXPECT_FALSE(cancelled.here());
}

TEST_F(HttpClientTest, ABadUrlIsAFailureNotACrash) {
  for (char const* const url : {"", "http://", "::::", "http://[::1", "http://127.0.0.1:99999/"}) {
    EXPECT_FALSE(get({.url = url, .timeout = milliseconds{500}})) << url;
  }
}

}  // namespace
}  // namespace btfast::net
