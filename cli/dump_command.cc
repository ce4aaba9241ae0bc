#include "cli/dump_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "cli/command_output.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "cli/torrent_words.h"
#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"
#include "engine/base/counted.h"
#include "engine/base/limits.h"
#include "engine/base/sha1.h"
#include "engine/base/unicode.h"
#include "engine/metainfo/foreign_file.h"
#include "engine/metainfo/input_file.h"

namespace btfast::cli {
namespace {

using bencode::Node;

// Names and remarks, not digests: whole characters, none of them a control but blanks.
bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const c = take_code_point(bytes);
    if (!c) return false;
    if (is_control(*c) && *c != '\n' && *c != '\r' && *c != '\t') return false;
  }
  return true;
}

// Depth is bounded by the parser, so recursion is too.
class Printer {
 public:
  Printer(std::ostream& out, bool full) : out_(out), full_(full) {}

  void print(Node node) {
    switch (node.type()) {
      case bencode::Type::kInteger:
        print_integer(as_text(node.raw()));
        return;
      case bencode::Type::kString:
        print_string(node.string());
        return;
      case bencode::Type::kList:
        print_list(node);
        return;
      case bencode::Type::kDict:
        print_dict(node);
        return;
    }
  }

 private:
  // As it stands there: "i007e" is 007.
  void print_integer(std::string_view raw) { out_ << raw.substr(1, raw.size() - 2); }

  void print_string(std::string_view bytes) {
    constexpr std::size_t kTextShown = 1'000;
    constexpr std::size_t kBytesShown = 40;
    bool const text = is_text(bytes);
    std::size_t const shown = std::min(bytes.size(), full_  ? bytes.size()
                                                     : text ? kTextShown
                                                            : kBytesShown);
    std::string_view const part = bytes.substr(0, shown);
    if (text) {
      out_ << '"' << quoted(part) << '"';
      if (shown < bytes.size()) out_ << " … " << counted_bytes(bytes.size());
    } else {
      out_ << fmt::format("<{}> {}{}", counted_bytes(bytes.size()), to_hex(as_bytes(part)),
                          shown < bytes.size() ? "…" : "");
    }
  }

  static std::string quoted(std::string_view text) {
    std::string out;
    for (char const c : escaped(text)) {
      if (c == '"') out += '\\';
      out += c;
    }
    return out;
  }

  void print_list(Node list) {
    if (list.size() == 0) return void(out_ << "[]");
    out_ << "[\n";
    ++depth_;
    for (auto at = list.first(); at; at = at->next()) {
      indent();
      print(*at);
      out_ << "\n";
    }
    --depth_;
    indent();
    out_ << "]";
  }

  void print_dict(Node dict) {
    if (dict.size() == 0) return void(out_ << "{}");
    out_ << "{\n";
    ++depth_;
    for (auto key = dict.first(); key; key = key->next()->next()) {
      indent();
      print_string(key->string());
      out_ << ": ";
      print(*key->next());
      out_ << "\n";
    }
    --depth_;
    indent();
    out_ << "}";
  }

  void indent() { out_ << std::string(depth_ * 2, ' '); }

  std::ostream& out_;
  bool const full_;
  std::size_t depth_ = 0;
};

// Text as it is, other bytes as hex.  Escapes keep a terminal safe.
std::string json_text(std::string_view bytes) {
  return is_text(bytes) ? std::string{bytes} : to_hex(as_bytes(bytes));
}

// A map, not a list of keys in order: finding a key again in those would take its time.
nlohmann::json json_of(Node node) {
  switch (node.type()) {
    case bencode::Type::kInteger:
      return node.integer();
    case bencode::Type::kString:
      return json_text(node.string());
    case bencode::Type::kList: {
      auto list = nlohmann::json::array();
      for (auto at = node.first(); at; at = at->next()) list.push_back(json_of(*at));
      return list;
    }
    case bencode::Type::kDict:
      break;
  }
  auto dict = nlohmann::json::object();
  for (auto key = node.first(); key; key = key->next()->next()) {
    dict[json_text(key->string())] = json_of(*key->next());
  }
  return dict;
}

}  // namespace

ExitStatus run_dump(DumpOptions const& options, std::ostream& out, std::ostream& err) {
  CommandOutput const output{options.out, out, err};
  auto const form = form_of(options.file);
  if (form != TorrentForm::kFile && form != TorrentForm::kStandardInput) {
    return output.fail(unsupported(options.file));
  }
  auto const bytes = read_input_file(options.file, options.bytes_max);
  if (!bytes) return output.fail(bytes.error());
  auto const tree = bencode::parse(*bytes, {.allow_trailing = true});
  if (!tree) {
    return output.fail({Errc::kBadBencode, input_file_name(options.file) + ": " +
                                               no_torrent_text(*bytes, tree.error())});
  }
  if (options.out.json) {
    out << json_block(json_of(tree->root())) << "\n";
  } else {
    Printer{out, options.full}.print(tree->root());
    out << "\n";
  }
  if (std::size_t const extra = bytes->size() - tree->consumed(); extra > 0) {
    output.warn(counted(extra, "byte after the end was", "bytes after the end were") + " ignored");
  }
  return output.finish(ExitStatus::kDone);
}

}  // namespace btfast::cli
