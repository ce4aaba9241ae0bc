// Bencode: whatever parses is written back byte for byte, or canonically where it was not.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"
#include "engine/base/check.h"

namespace {

using btfast::bencode::Node;
using btfast::bencode::Type;
using btfast::bencode::Writer;

// Keys may be unsorted in the input, which Writer::key() refuses: string() writes the same.
void write(Writer& writer, Node node) {
  switch (node.type()) {
    case Type::kInteger:
      writer.integer(node.integer());
      return;
    case Type::kString:
      writer.string(node.string());
      return;
    case Type::kList:
    case Type::kDict:
      break;
  }
  node.is_list() ? writer.begin_list() : writer.begin_dict();
  std::size_t count = 0;
  for (auto at = node.first(); at; at = at->next()) {
    write(writer, *at);
    ++count;
  }
  BTF_CHECK(count == node.size() * (node.is_dict() ? 2 : 1));
  writer.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = std::as_bytes(std::span{data, size});
  auto const tree = btfast::bencode::parse(input, {.allow_trailing = true});
  if (!tree) {
    BTF_CHECK(tree.error().offset <= size);
    return 0;
  }
  std::vector<std::byte> out;
  Writer writer{out};
  write(writer, tree->root());
  if (tree->tolerated()) {
    auto const again = btfast::bencode::parse(out, {.strict = true});
    BTF_CHECK(again && again->consumed() == out.size());
  } else {
    BTF_CHECK(out.size() == tree->consumed());
    BTF_CHECK(btfast::as_text(out) == btfast::as_text(input.first(out.size())));
  }
  for (auto const& key : tree->root().repeated_keys()) BTF_CHECK(key.is_string());
  return 0;
}
