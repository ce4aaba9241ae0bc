// Bencode (BEP 3): every error with its byte offset, no recursion, no allocation from a
// declared length.  Lives in base because trackers and extension messages (net/) and torrents
// (engine/) both speak it.
//
// What has one meaning only is taken from strangers, as other clients take it: leading zeros,
// a negative zero, an integer beyond 64 bits (the nearest that fits).  Tree::tolerated() says
// where.  What we wrote ourselves is read strictly: anything else in it is damage.
//
// Threads: plain values.
// Ownership: a tree's strings point into the bytes it was parsed from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/expected.h"
#include "engine/base/limits.h"

namespace btfast::bencode {

struct Limits {
  std::size_t depth = limits::kMetainfoDepth;
  std::size_t tokens = limits::kMetainfoTokens;
  bool allow_trailing = false;  // bytes after the root value are not an error
  bool strict = false;          // refuses what tolerated() would name
};

enum class Type : std::uint8_t { kInteger, kString, kList, kDict };

struct ParseError {
  std::size_t offset = 0;
  char const* reason = "";
};
std::string parse_error_text(ParseError const& error);  // "byte 17: leading zero in integer"

// A parsed tree as one flat array of tokens.  A Node is a cursor into it: cheap to copy,
// valid while the Tree and the parsed bytes live.
class Tree;

class Node {
 public:
  Type type() const noexcept;
  bool is_integer() const noexcept { return type() == Type::kInteger; }
  bool is_string() const noexcept { return type() == Type::kString; }
  bool is_list() const noexcept { return type() == Type::kList; }
  bool is_dict() const noexcept { return type() == Type::kDict; }

  // REQUIRES: the type asked for.
  std::int64_t integer() const noexcept;  // beyond 64 bits: the nearest that fits
  std::string_view string() const noexcept;

  // The bytes this value was parsed from (the info hash is of these).
  std::span<std::byte const> raw() const noexcept;
  std::size_t offset() const noexcept;  // of its first byte

  // Lists: elements.  Dicts: find() is a scan (dicts of torrents are short); keys in
  // file order, which a strict writer sorted but a stranger need not have.
  std::size_t size() const noexcept;  // elements, or key-value pairs
  std::optional<Node> find(std::string_view key) const noexcept;
  // The value under `key` only where it has the wanted type.
  std::optional<std::int64_t> find_integer(std::string_view key) const noexcept;
  std::optional<std::string_view> find_string(std::string_view key) const noexcept;
  std::optional<Node> find_list(std::string_view key) const noexcept;
  std::optional<Node> find_dict(std::string_view key) const noexcept;
  // The keys that stand in this dict before as well, in file order (O(n log n)).
  std::vector<Node> repeated_keys() const;

  // for (auto cursor = node.first(); cursor; cursor = cursor->next()): elements of a list;
  // of a dict key, value, key, value, …
  std::optional<Node> first() const noexcept;
  std::optional<Node> next() const noexcept;

 private:
  friend class Tree;
  Node(Tree const* tree, std::uint32_t index, std::uint32_t end) noexcept
      : tree_(tree), index_(index), end_(end) {}
  Tree const* tree_;
  std::uint32_t index_;  // this token
  std::uint32_t end_;    // first token past the enclosing container
};

class Parser;

class Tree {
 public:
  Node root() const noexcept;
  // Bytes of the root value; less than the input only with allow_trailing.
  std::size_t consumed() const noexcept { return consumed_; }
  // The first form that a strict parse refuses.
  std::optional<ParseError> const& tolerated() const noexcept { return tolerated_; }

 private:
  friend class Node;
  friend Expected<Tree, ParseError> parse(std::span<std::byte const> bytes, Limits limits);
  // 16 bytes, so that the densest torrent costs less than ten times its size: type, integers
  // and where a string's content begins are read again from the bytes, checked once.
  struct Token {
    std::uint32_t offset = 0;  // of the first byte
    std::uint32_t length = 0;  // raw bytes, all of the value
    std::uint32_t skip = 1;    // tokens of this value, itself included
    std::uint32_t detail = 0;  // strings: content bytes; containers: elements or pairs
  };
  friend class Parser;
  std::span<std::byte const> bytes_;
  std::vector<Token> tokens_;
  std::size_t consumed_ = 0;
  std::optional<ParseError> tolerated_;
};

Expected<Tree, ParseError> parse(std::span<std::byte const> bytes, Limits limits = {});

// Writes values as they are given.  Dict keys must be given sorted, each once (checked in
// debug builds); raw() splices an already encoded value.
class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out) {}
  Writer& integer(std::int64_t value);
  Writer& string(std::string_view value);
  Writer& string(std::span<std::byte const> value);
  Writer& begin_list();
  Writer& begin_dict();
  Writer& key(std::string_view key);
  Writer& raw(std::span<std::byte const> value);
  Writer& end();

 private:
  // Where the last key of an open container stands in out_.
  struct Open {
    std::size_t key_begin = 0;
    std::size_t key_size = 0;
    bool has_key = false;
  };
  Writer& byte(char c);
  std::vector<std::byte>& out_;
  std::vector<Open> open_;
};

}  // namespace btfast::bencode
