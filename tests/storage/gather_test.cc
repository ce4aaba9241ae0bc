#include "storage/gather.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace btfast::storage {
namespace {

std::vector<iovec> buffers(std::vector<std::string>& texts) {
  std::vector<iovec> out;
  for (auto& text : texts) out.push_back({text.data(), text.size()});
  return out;
}

std::string text_of(std::span<iovec const> entries) {
  std::string out;
  for (auto const& entry : entries) {
    out.append(static_cast<char const*>(entry.iov_base), entry.iov_len);
  }
  return out;
}

TEST(Gather, GivesTheSameBytesWhateverTheStep) {
  std::vector<std::string> texts{"abc", "", "d", "efgh"};
  auto const list = buffers(texts);

  for (std::uint64_t step = 1; step <= 9; ++step) {
    Gather gather{list};
    std::string seen;
    std::array<iovec, 2> out;
    while (std::size_t const entries = gather.peek(out, step)) {
      auto const taken = text_of(std::span{out}.first(entries));
      EXPECT_LE(taken.size(), step);
      seen += taken;
      gather.advance(taken.size());
    }
    EXPECT_EQ(seen, "abcdefgh") << "step " << step;
  }
}

TEST(Gather, PeekDoesNotMoveOn) {
  std::vector<std::string> texts{"abc", "def"};
  auto const list = buffers(texts);
  Gather gather{list};
  gather.advance(2);
  std::array<iovec, 4> out;

  EXPECT_EQ(text_of(std::span{out}.first(gather.peek(out, 3))), "cde");
  EXPECT_EQ(text_of(std::span{out}.first(gather.peek(out, 3))), "cde");
}

TEST(Gather, SizeIsTheSum) {
  std::vector<std::string> texts{"abc", "", "defg"};

  EXPECT_EQ(Gather::size(buffers(texts)), 7u);
}

}  // namespace
}  // namespace btfast::storage
