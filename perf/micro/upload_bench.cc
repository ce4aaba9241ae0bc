// Two ways to serve blocks that are in the page cache: sendfile behind a header that waits
// for it (MSG_MORE), a block at a time; or runs read into one hot buffer and written with
// their headers at once.  To a thread that drops all, over loopback; CPU time is the
// sender's.  BTFAST_BENCH_DIR says where the file lies [/dev/shm].
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"

namespace btfast {
namespace {

constexpr std::size_t kBlock = 16 * 1024;
constexpr std::size_t kHeader = 13;
constexpr std::size_t kFileBytes = 256u << 20;
constexpr std::size_t kTurnBytes = 1u << 20;

// A file full of bytes, without a name.
int content() {
  char const* const folder = std::getenv("BTFAST_BENCH_DIR");
  int const fd = ::open(folder != nullptr ? folder : "/dev/shm", O_TMPFILE | O_RDWR, 0600);
  std::vector<char> const bytes(kTurnBytes, 'x');
  for (std::size_t at = 0; at < kFileBytes; at += kTurnBytes) {
    BTF_CHECK(::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) > 0);
  }
  return fd;
}

// Connected to a thread that reads and forgets.
class Sink {
 public:
  Sink() {
    int const listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    socklen_t size = sizeof where;
    BTF_CHECK(::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0);
    BTF_CHECK(::getsockname(listener, address, &size) == 0);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    BTF_CHECK(::connect(fd_, address, size) == 0);
    int const on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int const far = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    reader_ = std::thread{[far] {
      std::vector<char> dropped(256 * 1024);
      while (::recv(far, dropped.data(), dropped.size(), 0) > 0) {
      }
      ::close(far);
    }};
  }
  ~Sink() {
    ::close(fd_);
    reader_.join();
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::thread reader_;
};

void count(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kTurnBytes));
}

void sendfile_a_block(benchmark::State& state) {
  int const file = content();
  Sink const sink;
  std::array<char, kHeader> const header{};
  off_t at = 0;
  for (auto _ : state) {
    for (std::size_t sent = 0; sent < kTurnBytes; sent += kBlock) {
      BTF_CHECK(::send(sink.fd(), header.data(), header.size(), MSG_MORE) == kHeader);
      for (std::size_t left = kBlock; left > 0;) {
        ssize_t const moved = ::sendfile(sink.fd(), file, &at, left);
        BTF_CHECK(moved > 0);
        left -= static_cast<std::size_t>(moved);
      }
    }
    at %= static_cast<off_t>(kFileBytes);
  }
  count(state);
  ::close(file);
}
BENCHMARK(sendfile_a_block);

// range(0) bytes are read and written at once.
void gathered_run(benchmark::State& state) {
  auto const run = static_cast<std::size_t>(state.range(0));
  int const file = content();
  Sink const sink;
  std::array<char, kHeader> header{};
  std::vector<char> buffer(run);
  std::vector<iovec> vectors;
  for (std::size_t at = 0; at < run; at += kBlock) {
    vectors.push_back({header.data(), header.size()});
    vectors.push_back({buffer.data() + at, kBlock});
  }
  std::size_t at = 0;
  for (auto _ : state) {
    for (std::size_t sent = 0; sent < kTurnBytes; sent += run) {
      BTF_CHECK(::pread(file, buffer.data(), run, static_cast<off_t>(at)) > 0);
      at = (at + run) % kFileBytes;
      // The socket blocks: it takes all.
      BTF_CHECK(::writev(sink.fd(), vectors.data(), static_cast<int>(vectors.size())) > 0);
    }
  }
  count(state);
  ::close(file);
}
BENCHMARK(gathered_run)->RangeMultiplier(4)->Range(kBlock, kTurnBytes);

}  // namespace
}  // namespace btfast
