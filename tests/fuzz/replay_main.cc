// Runs a fuzz target once over each file named, or found in a folder named, and over the
// empty input.  Reports how many; a crash or a sanitizer is what fails.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);  // NOLINT

namespace {

bool replay(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return false;
  std::string const bytes{std::istreambuf_iterator<char>{file}, {}};
  // A copy of exactly the input's size, so that the address sanitizer sees one byte too far.
  std::vector<std::uint8_t> const input{bytes.begin(), bytes.end()};
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  std::vector<std::filesystem::path> inputs;
  for (int i = 1; i < argc; ++i) {
    std::error_code failure;
    if (!std::filesystem::is_directory(argv[i], failure)) {
      inputs.emplace_back(argv[i]);
      continue;
    }
    for (auto const& entry : std::filesystem::directory_iterator{argv[i]}) {
      inputs.push_back(entry.path());
    }
  }
  std::uint8_t const nothing = 0;
  LLVMFuzzerTestOneInput(&nothing, 0);
  for (auto const& input : inputs) {
    if (!replay(input)) {
      std::fprintf(stderr, "cannot read %s\n", input.c_str());
      return 1;
    }
    ++replayed;
  }
  std::printf("%zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;
}
