// The floor: the least work that downloads a torrent, and what btfast is measured against.
//
//   perf_floor [--lanes] [--pipeline-kib N] INFO_HASH PIECE_LENGTH SIZE DIGESTS OUT HOST:PORT...
//
// One thread reads, scattering blocks straight into piece buffers; a second hashes each whole piece
// with OpenSSL (fetched once) and writes it with one pwrite.  Whole pieces are requested, ahead by
// a fixed number of bytes.  There is nothing else: no timers, no choking, no picking, no resume,
// and any peer that is not perf_seeder ends the program.  --lanes hashes up to four pieces
// interleaved, with the engine's Sha1Lanes.  DIGESTS holds the 20-byte SHA-1 of every piece.
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/sha1.h"
#include "perf/peer_tools.h"

namespace btfast::perf {
namespace {

constexpr std::size_t kDigestSize = 20;
constexpr std::size_t kReadBlocks = 64;
constexpr std::size_t kSpareBuffers = 8;
constexpr std::size_t kSliceSize = 64 * 1024;
// What perf_seeder says first to a peer with the fast extension: handshake, have all, unchoke.
constexpr std::size_t kGreetingSize = kHandshakeSize + 10;

struct Options {
  bool lanes = false;
  std::uint64_t pipeline_bytes = 0;
  std::string info_hash;
  std::uint32_t piece_length = 0;
  std::uint64_t size = 0;
  std::string digests;
  int out = -1;
  std::vector<std::string> peers;

  std::uint32_t piece_count() const {
    return static_cast<std::uint32_t>((size + piece_length - 1) / piece_length);
  }
  std::uint32_t piece_size(std::uint32_t piece) const {
    std::uint64_t const left = size - std::uint64_t{piece} * piece_length;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length, left));
  }
};

using Buffer = std::unique_ptr<char[]>;

struct Piece {
  std::uint32_t index = 0;
  std::uint32_t size = 0;
  std::uint32_t missing = 0;
  Buffer bytes;
};

// The second thread: hashes, compares, writes, and gives the buffer back.
class Checker {
 public:
  Checker(Options const& options, std::size_t buffers) : options_(options) {
    for (std::size_t i = 0; i < buffers; ++i) free_.emplace_back(new char[options.piece_length]);
    thread_ = std::thread{[this] { run(); }};
  }

  // Waits while all buffers are with the checker.
  Buffer take_buffer() {
    std::unique_lock lock{mutex_};
    freed_.wait(lock, [this] { return !free_.empty(); });
    Buffer buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  void push(Piece piece) {
    {
      std::lock_guard const lock{mutex_};
      ready_.push_back(std::move(piece));
    }
    pushed_.notify_one();
  }

  void join() { thread_.join(); }

 private:
  void run() {
    std::vector<Piece> batch;
    for (std::uint32_t done = 0; done < options_.piece_count();) {
      take(batch);
      if (options_.lanes) hash_lanes(batch);
      if (!options_.lanes) hash_one(batch[0]);
      for (Piece const& piece : batch) write(piece);
      done += static_cast<std::uint32_t>(batch.size());
      give_back(batch);
    }
  }

  void take(std::vector<Piece>& batch) {
    std::size_t const wanted = options_.lanes ? Sha1Lanes::kMax : 1;
    std::unique_lock lock{mutex_};
    pushed_.wait(lock, [this] { return !ready_.empty(); });
    while (!ready_.empty() && batch.size() < wanted) {
      batch.push_back(std::move(ready_.front()));
      ready_.pop_front();
    }
  }

  void give_back(std::vector<Piece>& batch) {
    {
      std::lock_guard const lock{mutex_};
      for (Piece& piece : batch) free_.push_back(std::move(piece.bytes));
    }
    freed_.notify_one();
    batch.clear();
  }

  void hash_one(Piece const& piece) {
    unsigned char digest[kDigestSize];
    bool const ok = EVP_DigestInit_ex2(context_, sha1_, nullptr) == 1 &&
                    EVP_DigestUpdate(context_, piece.bytes.get(), piece.size) == 1 &&
                    EVP_DigestFinal_ex(context_, digest, nullptr) == 1;
    if (!ok) refuse("OpenSSL refused");
    compare(piece, digest);
  }

  void hash_lanes(std::vector<Piece> const& batch) {
    std::array<Sha1, Sha1Lanes::kMax> hashes;
    std::array<Sha1Lanes::Lane, Sha1Lanes::kMax> lanes;
    for (std::uint32_t at = 0;; at += kSliceSize) {
      std::size_t busy = 0;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (at >= batch[i].size) continue;
        auto const* begin = reinterpret_cast<std::byte const*>(batch[i].bytes.get()) + at;
        lanes[busy++] = {&hashes[i],
                         {begin, std::min<std::size_t>(kSliceSize, batch[i].size - at)}};
      }
      if (busy == 0) break;
      Sha1Lanes::update(std::span{lanes}.first(busy));
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      auto const digest = hashes[i].finish();
      compare(batch[i], &digest);
    }
  }

  void compare(Piece const& piece, void const* digest) const {
    char const* const want = options_.digests.data() + kDigestSize * piece.index;
    if (std::memcmp(want, digest, kDigestSize) != 0) refuse("a piece has the wrong digest");
  }

  void write(Piece const& piece) const {
    auto const at = static_cast<off_t>(std::uint64_t{piece.index} * options_.piece_length);
    if (pwrite(options_.out, piece.bytes.get(), piece.size, at) != ssize_t{piece.size}) {
      die("pwrite");
    }
  }

  Options const& options_;
  EVP_MD* const sha1_ = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  EVP_MD_CTX* const context_ = EVP_MD_CTX_new();
  std::mutex mutex_;
  std::condition_variable pushed_;
  std::condition_variable freed_;
  std::deque<Piece> ready_;
  std::vector<Buffer> free_;
  std::thread thread_;
};

// One connection.  Blocks come in the order they were asked for; `at_` is how much of the first
// expected one, header included, has come.
class Peer {
 public:
  Peer(Options const& options, Checker& checker, std::uint32_t& next_piece, int fd)
      : options_(options), checker_(checker), next_piece_(next_piece), fd_(fd) {}

  // Asks for whole pieces until enough bytes are on their way.
  void request() {
    std::string out;
    while (outstanding_ < options_.pipeline_bytes && next_piece_ < options_.piece_count()) {
      std::uint32_t const index = next_piece_++;
      std::uint32_t const size = options_.piece_size(index);
      pieces_.push_back({index, size, size, checker_.take_buffer()});
      for (std::uint32_t begin = 0; begin < size; begin += kBlockSize) {
        std::uint32_t const length = std::min(kBlockSize, size - begin);
        append_request(out, index, begin, length);
        blocks_.push_back({index, begin, length, pieces_.back().bytes.get() + begin, {}});
      }
      outstanding_ += size;
    }
    // A socket's empty send buffer takes the requests of any pipeline measured here.
    if (!out.empty() && send(fd_, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
      die("send");
    }
  }

  void on_readable() {
    std::array<iovec, 2 * kReadBlocks> vectors;
    int const count = prepare(vectors);
    ssize_t const got = readv(fd_, vectors.data(), count);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) die("readv");
    accept(static_cast<std::size_t>(got));
    request();
  }

 private:
  struct Block {
    std::uint32_t piece;
    std::uint32_t begin;
    std::uint32_t length;
    char* to;
    std::array<char, kBlockHeaderSize> header;
  };

  int prepare(std::span<iovec, 2 * kReadBlocks> vectors) {
    std::size_t count = 0;
    std::size_t skip = at_;
    for (std::size_t i = 0; i < std::min(kReadBlocks, blocks_.size()); ++i, skip = 0) {
      Block& block = blocks_[i];
      if (skip < kBlockHeaderSize) {
        vectors[count++] = {block.header.data() + skip, kBlockHeaderSize - skip};
        skip = kBlockHeaderSize;
      }
      std::size_t const come = skip - kBlockHeaderSize;
      vectors[count++] = {block.to + come, block.length - come};
    }
    return static_cast<int>(count);
  }

  void accept(std::size_t bytes) {
    at_ += bytes;
    while (!blocks_.empty() && at_ >= kBlockHeaderSize + blocks_.front().length) {
      Block const& block = blocks_.front();
      char const* const header = block.header.data();
      if (load_u32(header) != 9 + block.length || header[4] != char{kPiece} ||
          load_u32(header + 5) != block.piece || load_u32(header + 9) != block.begin) {
        refuse("not the block that was next");
      }
      at_ -= kBlockHeaderSize + block.length;
      outstanding_ -= block.length;
      pieces_.front().missing -= block.length;
      blocks_.pop_front();
      if (pieces_.front().missing == 0) {
        checker_.push(std::move(pieces_.front()));
        pieces_.pop_front();
      }
    }
  }

  Options const& options_;
  Checker& checker_;
  std::uint32_t& next_piece_;
  int fd_;
  std::deque<Piece> pieces_;
  std::deque<Block> blocks_;
  std::size_t at_ = 0;
  std::uint64_t outstanding_ = 0;

 public:
  bool finished() const { return blocks_.empty(); }
  int fd() const { return fd_; }
};

int join_swarm(Options const& options, std::string const& peer, unsigned number) {
  int const fd = connect_to(peer);
  std::string const hello =
      handshake(options.info_hash, "PF0001", number) + message(kHaveNone) + message(kInterested);
  if (send(fd, hello.data(), hello.size(), 0) != static_cast<ssize_t>(hello.size())) die("send");
  std::array<char, kGreetingSize> greeting;
  if (recv(fd, greeting.data(), greeting.size(), MSG_WAITALL) != ssize_t{kGreetingSize} ||
      greeting[kHandshakeSize + 4] != char{kHaveAll} ||
      greeting[kGreetingSize - 1] != char{kUnchoke}) {
    refuse("the peer is not perf_seeder");
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) die("fcntl");
  return fd;
}

void download(Options const& options) {
  std::uint64_t const per_peer =
      (options.pipeline_bytes + options.piece_length - 1) / options.piece_length + 1;
  std::size_t const buffers =
      std::min<std::size_t>(options.piece_count(), options.peers.size() * per_peer + kSpareBuffers);
  Checker checker{options, buffers};
  std::uint32_t next_piece = 0;
  std::vector<std::unique_ptr<Peer>> peers;
  int const epoll = epoll_create1(0);
  for (std::size_t i = 0; i < options.peers.size(); ++i) {
    int const fd = join_swarm(options, options.peers[i], static_cast<unsigned>(i));
    peers.push_back(std::make_unique<Peer>(options, checker, next_piece, fd));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = peers.back().get();
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    peers.back()->request();
  }
  std::size_t working = peers.size();
  for (auto const& peer : peers) working -= peer->finished() ? 1 : 0;
  std::array<epoll_event, 256> events;
  while (working > 0) {
    int const count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto& peer = *static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (peer.finished()) refuse("bytes that nobody asked for");
      peer.on_readable();
      working -= peer.finished() ? 1 : 0;
    }
  }
  checker.join();
}

Options parse(int argc, char** argv) {
  Options options;
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; ++at) {
    std::string const option = argv[at];
    if (option == "--lanes") {
      options.lanes = true;
    } else if (option == "--pipeline-kib" && at + 1 < argc) {
      options.pipeline_bytes = std::strtoull(argv[++at], nullptr, 10) * 1024;
    } else {
      refuse(("unknown option " + option).c_str());
    }
  }
  if (argc - at < 6)
    refuse(
        "usage: perf_floor [--lanes] INFO_HASH PIECE_LENGTH SIZE DIGESTS OUT "
        "HOST:PORT...");
  options.info_hash = from_hex(argv[at]);
  options.piece_length = static_cast<std::uint32_t>(std::strtoul(argv[at + 1], nullptr, 10));
  options.size = std::strtoull(argv[at + 2], nullptr, 10);
  std::ifstream digests{argv[at + 3], std::ios::binary};
  options.digests.assign(std::istreambuf_iterator<char>{digests}, {});
  if (options.piece_length == 0 ||
      options.digests.size() != kDigestSize * std::size_t{options.piece_count()}) {
    refuse("the digests do not fit size and piece length");
  }
  options.out = open(argv[at + 4], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (options.out < 0 || ftruncate(options.out, static_cast<off_t>(options.size)) != 0) {
    die(argv[at + 4]);
  }
  options.peers.assign(argv + at + 5, argv + argc);
  if (options.pipeline_bytes == 0) {
    // A mebibyte for a few peers; for many, no more in all than stays in a large cache.
    options.pipeline_bytes =
        std::clamp<std::uint64_t>((16u << 20) / options.peers.size(), 128u << 10, 1u << 20);
  }
  return options;
}

}  // namespace
}  // namespace btfast::perf

int main(int argc, char** argv) {
  double const started = btfast::perf::now_s();
  auto const options = btfast::perf::parse(argc, argv);
  btfast::perf::download(options);
  std::printf("{\"bytes\":%llu,\"wall_s\":%.3f,%s}\n",
              static_cast<unsigned long long>(options.size), btfast::perf::now_s() - started,
              btfast::perf::resource_json().c_str());
  return 0;
}
