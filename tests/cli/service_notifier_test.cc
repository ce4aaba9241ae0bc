#include "cli/service_notifier.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "net/fd.h"
#include "tests/support/temp_dir.h"

namespace btfast::cli {
namespace {

// The manager's end.
class Manager {
 public:
  explicit Manager(std::string const& address) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address.data(), address.size());
    if (address[0] == '@') to.sun_path[0] = '\0';
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    bound_ = ::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&to), length) == 0;
  }
  bool bound() const { return bound_; }
  // What came, or "" when nothing did.
  std::string heard() const {
    std::array<char, 4096> text;
    ssize_t const n = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : "";
  }

 private:
  net::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  bool bound_ = false;
};

TEST(ServiceNotifier, SaysReadyStatusAndStoppingToASocketInTheFileSystem) {
  test::TempDir const dir;
  std::string const address = (dir.path() / "notify").string();
  Manager const manager{address};
  ASSERT_TRUE(manager.bound());
  ServiceNotifier const notifier{address};

  notifier.ready("listening on port 6881");
  notifier.status("12 %");
  notifier.stopping("done");

  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=listening on port 6881");
  EXPECT_EQ(manager.heard(), "STATUS=12 %");
  EXPECT_EQ(manager.heard(), "STOPPING=1\nSTATUS=done");
}

#ifdef __linux__
TEST(ServiceNotifier, KnowsTheAbstractNamespace) {
  std::string const address = "@btfast-notify-test-" + std::to_string(::getpid());
  Manager const manager{address};
  ASSERT_TRUE(manager.bound());

  ServiceNotifier{address}.ready("x");

  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=x");
}
#endif

TEST(ServiceNotifier, AStrangersTextCannotAddALine) {
  test::TempDir const dir;
  std::string const address = (dir.path() / "notify").string();
  Manager const manager{address};

  ServiceNotifier{address}.status("a name\nMAINPID=1");

  std::string const said = manager.heard();
  EXPECT_EQ(said.rfind("STATUS=a name", 0), 0u) << said;
  EXPECT_EQ(said.find('\n'), std::string::npos) << said;
}

TEST(ServiceNotifier, NobodyListeningIsNoFailure) {
  for (std::string const address : {"", "@", "relative", "/nowhere/at/all"}) {
    ServiceNotifier{address}.ready("x");
  }
  ServiceNotifier{"/" + std::string(300, 'x')}.ready("longer than any address");
}

TEST(ServiceNotifier, TakesTheVariableSoThatChildrenDoNotHaveIt) {
  test::TempDir const dir;
  std::string const address = (dir.path() / "notify").string();
  Manager const manager{address};
  ASSERT_EQ(::setenv("NOTIFY_SOCKET", address.c_str(), 1), 0);

  auto const notifier = ServiceNotifier::from_environment();

  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  notifier.status("x");
  EXPECT_EQ(manager.heard(), "STATUS=x");
}

}  // namespace
}  // namespace btfast::cli
