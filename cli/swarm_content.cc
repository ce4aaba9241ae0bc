#include "cli/swarm_content.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <ios>
#include <system_error>
#include <vector>

#include "engine/base/rng.h"
#include "engine/base/types.h"

namespace btfast::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWriteBytes = 4 * kMiB;

}  // namespace

Outcome write_random_file(fs::path const& path, std::uint64_t bytes,
                          std::function<bool(std::uint64_t)> const& go_on) {
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  errno = 0;
  std::ofstream out{path, std::ios::binary};
  int err = errno;
  Rng rng{1};
  std::vector<std::uint64_t> words(kWriteBytes / sizeof(std::uint64_t));
  for (std::uint64_t left = bytes; left > 0 && out;) {
    std::generate(words.begin(), words.end(), [&] { return rng.next(); });
    auto const part = std::min<std::uint64_t>(left, kWriteBytes);
    out.write(reinterpret_cast<char const*>(words.data()), static_cast<std::streamsize>(part));
    err = errno;
    left -= part;
    if (!go_on(part)) return Failure{Errc::kCancelled, "interrupted"};
  }
  if (out) {
    out.close();
    err = errno;
  }
  if (out) return kOk;
  return Failure{errc_from_file_errno(err), err, path.string() + ": cannot be written"};
}

Outcome share_file(fs::path const& from, fs::path const& to) {
  std::error_code error;
  fs::create_directory(to.parent_path(), error);
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  if (!error) return kOk;
  return Failure{errc_from_file_errno(error.value()), error.value(), to.string()};
}

}  // namespace btfast::cli
