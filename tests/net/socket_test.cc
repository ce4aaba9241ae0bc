#include "net/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "net/reactor_factory.h"

namespace btfast::net {
namespace {

TEST(SocketErrno, HasTheErrcThatAnEngineDecidesBy) {
  EXPECT_EQ(errc_from_socket_errno(ECONNREFUSED), Errc::kConnectRefused);
  EXPECT_EQ(errc_from_socket_errno(ETIMEDOUT), Errc::kTimeout);
  EXPECT_EQ(errc_from_socket_errno(EADDRINUSE), Errc::kBusy);
  EXPECT_EQ(errc_from_socket_errno(EACCES), Errc::kPermission);
  EXPECT_EQ(errc_from_socket_errno(EAGAIN), Errc::kWouldBlock);
  EXPECT_EQ(errc_from_socket_errno(EHOSTUNREACH), Errc::kNetwork);
  for (int const shortage : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_EQ(errc_from_socket_errno(shortage), Errc::kNoResource) << shortage;
  }
}

TEST(PosixSockets, BothFamiliesListenOnOnePort) {
  auto const reactor = *make_reactor();
  auto const v4 = reactor->listen(Endpoint::any(Family::kIpv4, 0), 1);
  ASSERT_TRUE(v4);
  std::uint16_t const port = reactor->local_endpoint(*v4).port();

  auto const v6 = reactor->listen(Endpoint::any(Family::kIpv6, port), 1);

  if (v6) {
    EXPECT_EQ(reactor->local_endpoint(*v6), Endpoint::any(Family::kIpv6, port));
    reactor->close(*v6);
  } else {
    EXPECT_NE(v6.error().sys_errno, EADDRINUSE);
  }
  reactor->close(*v4);
}

TEST(PosixSockets, AListenerCanComeBackAtOnceAfterServing) {
  auto const reactor = *make_reactor();
  auto const first = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);
  ASSERT_TRUE(first);
  Endpoint const local = reactor->local_endpoint(*first);
  auto const client = reactor->connect(local, {});
  auto const server = reactor->accept(*first);
  ASSERT_TRUE(client && server);
  reactor->close(server->fd);  // the side that closes first waits in TIME_WAIT
  reactor->close(*client);
  reactor->close(*first);

  auto const second = reactor->listen(local, 1);

  ASSERT_TRUE(second) << error_text(second.error());
  reactor->close(*second);
}

TEST(PosixSockets, LeavesBufferSizesToTheKernel) {
  auto const reactor = *make_reactor();
  auto const ours = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);
  ASSERT_TRUE(ours);
  int const plain = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (int const option : {SO_RCVBUF, SO_SNDBUF}) {
    int size = 0;
    int plain_size = 0;
    socklen_t length = sizeof size;
    ASSERT_EQ(::getsockopt(*ours, SOL_SOCKET, option, &size, &length), 0);
    ASSERT_EQ(::getsockopt(plain, SOL_SOCKET, option, &plain_size, &length), 0);

    EXPECT_EQ(size, plain_size);
  }
  reactor->close(plain);
  reactor->close(*ours);
}

#ifdef TCP_INFO
TEST(PosixSockets, TellTheRoundTripOfAConnectedPath) {
  auto const reactor = *make_reactor();
  auto const listener = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);
  ASSERT_TRUE(listener);
  auto const client = reactor->connect(reactor->local_endpoint(*listener), {});
  ASSERT_TRUE(client);

  EXPECT_GT(reactor->path_rtt(*client), Duration{});
  EXPECT_LT(reactor->path_rtt(*client), std::chrono::seconds{60});
  EXPECT_EQ(reactor->path_rtt(*listener), Duration::max()) << "it is connected to nobody";
  reactor->close(*client);
  reactor->close(*listener);
}
#endif

TEST(PosixSockets, TakesMorePartsThanTheKernelDoesAtOnce) {
  auto const reactor = *make_reactor();
  auto const listener = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);
  ASSERT_TRUE(listener);
  auto const client = reactor->connect(reactor->local_endpoint(*listener), {});
  ASSERT_TRUE(client);
  char byte = 'x';
  std::vector<iovec> const parts(5000, iovec{&byte, 1});

  IoResult const result = reactor->write(*client, parts);

  EXPECT_EQ(result.kind, IoResult::Kind::kBytes);
  EXPECT_GT(result.bytes, 0u);
  EXPECT_LE(result.bytes, parts.size());
  reactor->close(*client);
  reactor->close(*listener);
}

#ifdef SO_BINDTODEVICE
TEST(PosixSockets, AreBoundToTheDeviceThatIsUsed) {
  if (auto const may = try_device("lo"); !may) GTEST_SKIP() << error_text(may.error());
  auto const reactor = *make_reactor();

  reactor->use_device("lo");
  auto const listener = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);
  ASSERT_TRUE(listener);
  auto const caller = reactor->connect(reactor->local_endpoint(*listener), {});
  ASSERT_TRUE(caller);

  for (int const fd : {*listener, *caller}) {
    std::array<char, IFNAMSIZ> name{};
    socklen_t length = name.size();
    EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &length), 0);
    EXPECT_STREQ(name.data(), "lo");
    reactor->close(fd);
  }
}

TEST(PosixSockets, ADeviceThatIsNotThereIsAnErrorAndNoOtherIsUsed) {
  auto const reactor = *make_reactor();
  reactor->use_device("no-such-device");

  auto const listener = reactor->listen(Endpoint::ipv4({127, 0, 0, 1}, 0), 1);

  EXPECT_FALSE(try_device("no-such-device"));
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), (Error{Errc::kNetwork, ENODEV}));
}
#endif

// In a child process, for the limit is the whole process's.
TEST(PosixSockets, LeaveAReserveOfDescriptorsToFiles) {
  pid_t const child = ::fork();
  if (child == 0) {
    rlimit const few{128, 128};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(1);
    auto const reactor = *make_reactor();
    auto const local = Endpoint::ipv4({127, 0, 0, 1}, 0);
    auto made = reactor->listen(local, 1);
    for (int i = 0; made && i < 200; ++i) made = reactor->listen(local, 1);
    if (made || made.error() != Error{Errc::kNoResource, EMFILE}) ::_exit(2);
    int files = 0;
    while (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) ++files;
    ::_exit(files == 32 ? 0 : 3);  // a quarter of so low a limit
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace btfast::net
