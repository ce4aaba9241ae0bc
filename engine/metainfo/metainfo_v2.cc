#include "engine/metainfo/metainfo_v2.h"

#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/byte_io.h"
#include "engine/base/limits.h"
#include "engine/base/sha256.h"
#include "engine/metainfo/metainfo_fields.h"

namespace btfast {
namespace {

using bencode::Node;

struct TreeFile {
  std::vector<std::string_view> path;
  Node leaf;
};

// Every file of a "file tree" in its order, which version 1 must repeat.  Depth is that of
// bencode's own limit, walked with a stack.
class FileTreeWalk {
 public:
  explicit FileTreeWalk(Node tree) { levels_.push_back(tree.first()); }

  // Empty at the end; a failure on a malformed tree.
  Result<std::optional<TreeFile>> next() {
    while (!levels_.empty()) {
      if (!levels_.back()) {
        leave();
        continue;
      }
      Node const key = *levels_.back();
      Node const value = *key.next();
      levels_.back() = value.next();
      if (!value.is_dict()) return bad_key(value, "file tree", "holds what is not a dictionary");
      auto const leaf = value.find("");
      if (!leaf) {
        path_.push_back(key.string());
        levels_.push_back(value.first());
        continue;
      }
      if (!leaf->is_dict() || value.size() != 1) {
        return bad_key(value, "file tree", "has a file that is also a directory");
      }
      auto path = path_;
      path.push_back(key.string());
      return std::optional{TreeFile{std::move(path), *leaf}};
    }
    return std::optional<TreeFile>{};
  }

 private:
  void leave() {
    levels_.pop_back();
    if (!path_.empty()) path_.pop_back();
  }
  std::vector<std::optional<Node>> levels_;  // the next key of each open directory
  std::vector<std::string_view> path_;
};

bool same_path(TreeFile const& tree_file, MetainfoFile const& file) {
  return std::equal(tree_file.path.begin(), tree_file.path.end(), file.path.begin(),
                    file.path.end());
}

Sha256Digest parent(Sha256Digest const& left, Sha256Digest const& right) {
  std::array<std::byte, 64> both;
  std::memcpy(both.data(), left.data(), 32);
  std::memcpy(both.data() + 32, right.data(), 32);
  return sha256(both);
}

// The root of a tree whose nodes at piece height are `layer`; the missing ones are roots of
// subtrees of zero leaves.
Sha256Digest merkle_root(std::string_view layer, std::uint64_t piece_length) {
  Sha256Digest pad{};
  for (std::uint64_t n = limits::kBlockSize; n < piece_length; n *= 2) pad = parent(pad, pad);
  std::vector<Sha256Digest> nodes(layer.size() / 32);
  std::memcpy(nodes.data(), layer.data(), layer.size());
  for (; nodes.size() > 1; pad = parent(pad, pad)) {
    if (nodes.size() % 2 != 0) nodes.push_back(pad);
    for (std::size_t i = 0; i < nodes.size() / 2; ++i) {
      nodes[i] = parent(nodes[2 * i], nodes[2 * i + 1]);
    }
    nodes.resize(nodes.size() / 2);
  }
  return nodes.front();
}

using Layers = std::unordered_map<std::string_view, std::string_view>;

// An empty root would index nothing, so absent layers are as good as none.
Result<Layers> read_layers(Node root) {
  Layers layers;
  auto const dict = root.find("piece layers");
  if (!dict) return layers;
  if (!dict->is_dict()) return bad_key(*dict, "piece layers", "is not a dictionary");
  for (auto key = dict->first(); key; key = key->next()->next()) {
    Node const value = *key->next();
    if (!value.is_string()) return bad_key(value, "piece layers", "holds what is not a string");
    layers.emplace(key->string(), value.string());
  }
  return layers;
}

Outcome check_layer(Node leaf, std::uint64_t length, std::uint64_t piece_length,
                    Layers const& layers) {
  if (length == 0) return kOk;
  auto const root = required_string(leaf, "pieces root");
  if (!root) return root.error();
  if (root->size() != 32) return bad_key(leaf, "pieces root", "is not 32 bytes");
  if (*root == std::string(32, '\0')) return bad_key(leaf, "pieces root", "is zero");
  if (length <= piece_length) return kOk;
  auto const layer = layers.find(*root);
  if (layer == layers.end()) return bad_key(leaf, "piece layers", "lacks this file");
  std::uint64_t const pieces = (length - 1) / piece_length + 1;
  if (layer->second.size() != pieces * 32) {
    return bad_key(leaf, "piece layers", "has the wrong size for this file");
  }
  Sha256Digest const digest = merkle_root(layer->second, piece_length);
  if (as_text(digest) != *root) return bad_key(leaf, "piece layers", "does not hash to its root");
  return kOk;
}

Outcome check_file(TreeFile const& tree_file, MetainfoFile const& file, std::string_view name,
                   FileList const& list) {
  bool const same = list.multi_file ? same_path(tree_file, file)
                                    : tree_file.path.size() == 1 && tree_file.path.front() == name;
  if (!same) return bad_key(tree_file.leaf, "file tree", "and version 1 name different files");
  if (file.symlink) return kOk;
  auto const length = required_integer(tree_file.leaf, "length");
  if (!length) return length.error();
  if (*length < 0 || static_cast<std::uint64_t>(*length) != file.length) {
    return bad_key(tree_file.leaf, "length", "differs from that of version 1");
  }
  return kOk;
}

}  // namespace

Result<MetaVersion> meta_version(Node info, std::vector<std::string>& warnings) {
  auto const version = info.find("meta version");
  if (!version) return MetaVersion::kV1;
  if (!version->is_integer() || version->integer() < 1) {
    warnings.emplace_back("\"meta version\" is not a version and was ignored");
    return MetaVersion::kV1;
  }
  if (version->integer() == 1) return MetaVersion::kV1;
  if (version->integer() != 2) {
    return bad_key(*version, "meta version", "is unknown", Errc::kUnsupported);
  }
  if (!info.find("pieces")) {
    return bad_key(*version, "meta version", "is 2 only (BitTorrent v2), which is not supported",
                   Errc::kUnsupported);
  }
  return MetaVersion::kHybrid;
}

Outcome check_hybrid(Node root, Node info, FileList const& list) {
  auto const tree = info.find("file tree");
  if (!tree || !tree->is_dict()) return bad_key(tree ? *tree : info, "file tree", "is missing");
  auto const piece_length = required_integer(info, "piece length");
  if (!piece_length) return piece_length.error();
  if (*piece_length < limits::kBlockSize ||
      !std::has_single_bit(static_cast<std::uint64_t>(*piece_length))) {
    return bad_key(info, "piece length", "is not a power of two of at least 16 KiB (version 2)");
  }
  auto const layers = read_layers(root);
  if (!layers) return layers.error();
  std::string_view const name = info.find_string("name").value_or("");
  FileTreeWalk walk{*tree};
  for (auto const& file : list.files) {
    if (file.pad) continue;
    auto const tree_file = walk.next();
    if (!tree_file) return tree_file.error();
    if (!*tree_file) return bad_key(*tree, "file tree", "has fewer files than version 1");
    if (auto const ok = check_file(**tree_file, file, name, list); !ok) return ok;
    auto const layer = check_layer((*tree_file)->leaf, file.length,
                                   static_cast<std::uint64_t>(*piece_length), *layers);
    if (!layer) return layer;
  }
  auto const rest = walk.next();
  if (!rest) return rest.error();
  if (*rest) return bad_key((*rest)->leaf, "file tree", "has more files than version 1");
  return kOk;
}

}  // namespace btfast
