#include "engine/base/bencode.h"

#include <algorithm>
#include <charconv>

#include "engine/base/byte_io.h"
#include "engine/base/check.h"
#include "engine/base/types.h"

namespace btfast::bencode {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Integer {
  std::int64_t value = 0;
  bool fits = true;
};

// REQUIRES: a minus or none, and digits.
Integer integer_of(std::string_view text) noexcept {
  Integer out;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), out.value);
  out.fits = read.ec == std::errc{};
  if (!out.fits) out.value = text.front() == '-' ? INT64_MIN : INT64_MAX;
  return out;
}

}  // namespace

// One pass over the bytes with an explicit stack, so that depth costs no call stack.
class Parser {
 public:
  Parser(std::span<std::byte const> bytes, Limits limits) : text_(as_text(bytes)), limits_(limits) {
    tree_.bytes_ = bytes;
  }

  Expected<Tree, ParseError> run() {
    if (text_.size() > UINT32_MAX) return ParseError{0, "more than 4 GiB"};
    // A value takes two bytes at least; pages of the guess that are not used cost nothing.
    if (text_.size() > kMiB) tree_.tokens_.reserve(std::min(limits_.tokens, text_.size() / 2));
    do {
      if (!step()) return error_;
    } while (!open_.empty());
    if (at_ != text_.size() && !limits_.allow_trailing) {
      return ParseError{at_, "bytes after the end of the value"};
    }
    tree_.consumed_ = at_;
    return std::move(tree_);
  }

 private:
  struct Open {
    std::uint32_t token;
    bool dict;
    bool wants_key;
  };

  bool fail(std::size_t offset, char const* reason) {
    error_ = {offset, reason};
    return false;
  }

  // True where it may be so all the same.
  bool tolerate(std::size_t offset, char const* reason) {
    if (limits_.strict) return fail(offset, reason);
    if (!tree_.tolerated_) tree_.tolerated_ = ParseError{offset, reason};
    return true;
  }

  // Takes one value, or the end of the innermost container.
  bool step() {
    if (at_ == text_.size()) return fail(at_, "data ends within a value");
    char const c = text_[at_];
    if (c == 'e' && !open_.empty()) return close();
    if (tree_.tokens_.size() == limits_.tokens) return fail(at_, "too many values");
    bool const key = !open_.empty() && open_.back().wants_key;
    if (key && !is_digit(c)) return fail(at_, "dictionary key is not a string");
    count_in_container();
    if (is_digit(c)) return string();
    if (c == 'i') return integer();
    if (c == 'l' || c == 'd') return open(c == 'd');
    return fail(at_, "not the start of a value");
  }

  void count_in_container() {
    if (open_.empty()) return;
    Open& top = open_.back();
    if (!top.wants_key) ++tree_.tokens_[top.token].detail;
    top.wants_key = top.dict && !top.wants_key;
  }

  bool open(bool dict) {
    if (open_.size() == limits_.depth) return fail(at_, "nested too deeply");
    open_.push_back({static_cast<std::uint32_t>(tree_.tokens_.size()), dict, dict});
    add(at_, 1);
    ++at_;
    return true;
  }

  bool close() {
    Open const top = open_.back();
    if (top.dict && !top.wants_key) return fail(at_, "dictionary key without a value");
    ++at_;
    auto& token = tree_.tokens_[top.token];
    token.length = static_cast<std::uint32_t>(at_) - token.offset;
    token.skip = static_cast<std::uint32_t>(tree_.tokens_.size()) - top.token;
    open_.pop_back();
    return true;
  }

  bool integer() {
    std::size_t const start = at_;
    std::size_t end = start + 1;
    if (end < text_.size() && text_[end] == '-') ++end;
    std::size_t const digits = end;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == text_.size()) return fail(end, "data ends within an integer");
    if (text_[end] != 'e') return fail(end, "not a digit in an integer");
    if (end == digits) return fail(start, "integer without digits");
    if (char const* const irregular = irregularity(start, digits, end)) {
      if (!tolerate(start, irregular)) return false;
    }
    at_ = end + 1;
    add(start, at_ - start);
    return true;
  }

  // What is odd about the integer whose digits stand in [digits, end); nullptr for nothing.
  char const* irregularity(std::size_t start, std::size_t digits, std::size_t end) const {
    if (text_[digits] == '0' && end - digits > 1) return "leading zero in integer";
    if (text_[digits] == '0' && digits - start > 1) return "negative zero";
    bool const fits = integer_of(text_.substr(start + 1, end - start - 1)).fits;
    return fits ? nullptr : "integer does not fit 64 bits";
  }

  bool string() {
    std::size_t const start = at_;
    std::size_t at = start;
    std::uint64_t size = 0;
    // Stops growing once it exceeds the input, so it cannot overflow.
    for (; at < text_.size() && is_digit(text_[at]); ++at) {
      size = size * 10 + static_cast<std::uint64_t>(text_[at] - '0');
      if (size > text_.size()) return fail(start, "string runs past the end of the data");
    }
    if (at == text_.size()) return fail(at, "data ends within a string length");
    if (text_[at] != ':') return fail(at, "no ':' after a string length");
    if (text_[start] == '0' && at - start > 1) {
      if (!tolerate(start, "leading zero in string length")) return false;
    }
    ++at;
    if (size > text_.size() - at) return fail(start, "string runs past the end of the data");
    at_ = at + static_cast<std::size_t>(size);
    add(start, at_ - start).detail = static_cast<std::uint32_t>(size);
    return true;
  }

  Tree::Token& add(std::size_t offset, std::size_t length) {
    Tree::Token token;
    token.offset = static_cast<std::uint32_t>(offset);
    token.length = static_cast<std::uint32_t>(length);
    return tree_.tokens_.emplace_back(token);
  }

  std::string_view const text_;
  Limits const limits_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  Tree tree_;
  ParseError error_;
};

Expected<Tree, ParseError> parse(std::span<std::byte const> bytes, Limits limits) {
  return Parser{bytes, limits}.run();
}

std::string parse_error_text(ParseError const& error) {
  return "byte " + std::to_string(error.offset) + ": " + error.reason;
}

Node Tree::root() const noexcept {
  BTF_DCHECK(!tokens_.empty());
  return Node{this, 0, static_cast<std::uint32_t>(tokens_.size())};
}

Type Node::type() const noexcept {
  switch (std::to_integer<char>(tree_->bytes_[tree_->tokens_[index_].offset])) {
    case 'i':
      return Type::kInteger;
    case 'l':
      return Type::kList;
    case 'd':
      return Type::kDict;
    default:
      return Type::kString;
  }
}

std::int64_t Node::integer() const noexcept {
  BTF_DCHECK(is_integer());
  std::string_view const text = as_text(raw());
  return integer_of(text.substr(1, text.size() - 2)).value;
}

std::string_view Node::string() const noexcept {
  BTF_DCHECK(is_string());
  auto const& token = tree_->tokens_[index_];
  return as_text(tree_->bytes_.subspan(token.offset + token.length - token.detail, token.detail));
}

std::span<std::byte const> Node::raw() const noexcept {
  auto const& token = tree_->tokens_[index_];
  return tree_->bytes_.subspan(token.offset, token.length);
}

std::size_t Node::offset() const noexcept { return tree_->tokens_[index_].offset; }

std::size_t Node::size() const noexcept {
  BTF_DCHECK(is_list() || is_dict());
  return tree_->tokens_[index_].detail;
}

std::optional<Node> Node::first() const noexcept {
  std::uint32_t const skip = tree_->tokens_[index_].skip;
  if (skip == 1) return std::nullopt;
  return Node{tree_, index_ + 1, index_ + skip};
}

std::optional<Node> Node::next() const noexcept {
  std::uint32_t const index = index_ + tree_->tokens_[index_].skip;
  if (index >= end_) return std::nullopt;
  return Node{tree_, index, end_};
}

std::optional<Node> Node::find(std::string_view key) const noexcept {
  if (!is_dict()) return std::nullopt;
  for (auto at = first(); at;) {
    auto const value = at->next();
    if (at->string() == key) return value;
    at = value->next();
  }
  return std::nullopt;
}

std::optional<std::int64_t> Node::find_integer(std::string_view key) const noexcept {
  auto const value = find(key);
  if (!value || !value->is_integer()) return std::nullopt;
  return value->integer();
}

std::optional<std::string_view> Node::find_string(std::string_view key) const noexcept {
  auto const value = find(key);
  if (!value || !value->is_string()) return std::nullopt;
  return value->string();
}

std::optional<Node> Node::find_list(std::string_view key) const noexcept {
  auto const value = find(key);
  return value && value->is_list() ? value : std::nullopt;
}

std::optional<Node> Node::find_dict(std::string_view key) const noexcept {
  auto const value = find(key);
  return value && value->is_dict() ? value : std::nullopt;
}

std::vector<Node> Node::repeated_keys() const {
  std::vector<Node> keys;
  if (!is_dict()) return keys;
  keys.reserve(size());
  for (auto key = first(); key; key = key->next()->next()) keys.push_back(*key);
  auto const earlier = [](Node a, Node b) { return a.offset() < b.offset(); };
  std::sort(keys.begin(), keys.end(), [&](Node a, Node b) {
    return a.string() == b.string() ? earlier(a, b) : a.string() < b.string();
  });
  std::size_t repeated = 0;
  for (std::size_t i = 1; i < keys.size(); ++i) {
    // Those kept lie before i - 1, so what is compared still stands.
    if (keys[i].string() == keys[i - 1].string()) keys[repeated++] = keys[i];
  }
  keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(repeated), keys.end());
  std::sort(keys.begin(), keys.end(), earlier);
  return keys;
}

Writer& Writer::byte(char c) {
  out_.push_back(static_cast<std::byte>(c));
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  std::string const text = "i" + std::to_string(value) + "e";
  return raw(as_bytes(text));
}

Writer& Writer::string(std::string_view value) {
  return raw(as_bytes(std::to_string(value.size()) + ":")).raw(as_bytes(value));
}

Writer& Writer::string(std::span<std::byte const> value) { return string(as_text(value)); }

Writer& Writer::begin_list() {
  open_.push_back({});
  return byte('l');
}

Writer& Writer::begin_dict() {
  open_.push_back({});
  return byte('d');
}

Writer& Writer::key(std::string_view key) {
  BTF_CHECK(!open_.empty());
  Open& top = open_.back();
  BTF_DCHECK(!top.has_key || as_text(std::span{out_}.subspan(top.key_begin, top.key_size)) < key);
  string(key);
  top = {out_.size() - key.size(), key.size(), true};
  return *this;
}

Writer& Writer::raw(std::span<std::byte const> value) {
  out_.insert(out_.end(), value.begin(), value.end());
  return *this;
}

Writer& Writer::end() {
  BTF_CHECK(!open_.empty());
  open_.pop_back();
  return byte('e');
}

}  // namespace btfast::bencode
