#include "engine/metainfo/metainfo_files.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/limits.h"
#include "engine/metainfo/metainfo_fields.h"

namespace btfast {
namespace {

using bencode::Node;

// The keys of a file's dictionary that mean something, found in one pass: a torrent may
// have a million files.
struct FileKeys {
  std::optional<Node> length;
  std::optional<Node> path;
  std::optional<Node> path_utf8;
  std::optional<Node> attr;

  std::optional<Node>* slot(std::string_view key) {
    if (key == "length") return &length;
    if (key == "path") return &path;
    if (key == "path.utf-8") return &path_utf8;
    if (key == "attr") return &attr;
    return nullptr;
  }
};

Result<FileKeys> find_keys(Node dict) {
  FileKeys keys;
  for (auto key = dict.first(); key;) {
    auto const value = key->next();
    if (auto* const slot = keys.slot(key->string())) {
      if (*slot) return bad_key(*key, key->string(), "stands twice in a file");
      *slot = value;
    }
    key = value->next();
  }
  return keys;
}

Outcome read_attributes(std::optional<Node> attr, MetainfoFile& file) {
  if (!attr) return kOk;
  if (!attr->is_string()) return bad_key(*attr, "attr", "is not a string");
  std::string_view const flags = attr->string();
  file.pad = flags.find('p') != std::string_view::npos;
  file.executable = flags.find('x') != std::string_view::npos;
  file.hidden = flags.find('h') != std::string_view::npos;
  file.symlink = flags.find('l') != std::string_view::npos;
  return kOk;
}

Outcome read_length(Node dict, std::optional<Node> length, MetainfoFile& file) {
  if (file.symlink) return kOk;  // takes no room in the torrent (BEP 47)
  if (!length) return bad_key(dict, "length", "is missing");
  if (!length->is_integer()) return bad_key(*length, "length", "is not an integer");
  if (length->integer() < 0) return bad_key(*length, "length", "is negative");
  file.length = static_cast<std::uint64_t>(length->integer());
  return kOk;
}

Outcome read_path(Node dict, FileKeys const& keys, MetainfoFile& file) {
  auto const path = keys.path_utf8 && keys.path_utf8->is_list() ? keys.path_utf8 : keys.path;
  if (!path) return bad_key(dict, "path", "is missing");
  if (!path->is_list()) return bad_key(*path, "path", "is not a list");
  if (path->size() == 0) return bad_key(*path, "path", "is empty");
  if (path->size() > limits::kPathDepth) return bad_key(*path, "path", "is too deep");
  file.path.reserve(path->size());
  for (auto element = path->first(); element; element = element->next()) {
    if (!element->is_string()) return bad_key(*element, "path", "holds what is not a string");
    file.path.emplace_back(element->string());
  }
  return kOk;
}

Outcome add(FileList& list, Node where, MetainfoFile file) {
  std::uint64_t total = 0;
  if (__builtin_add_overflow(list.total_size, file.length, &total) || total > limits::kTotalBytes) {
    return bad_key(where, "length", "makes the torrent too large");
  }
  list.total_size = total;
  list.files.push_back(std::move(file));
  return kOk;
}

Outcome read_one(FileList& list, Node dict) {
  if (!dict.is_dict()) return bad_key(dict, "files", "holds what is not a dictionary");
  auto const keys = find_keys(dict);
  if (!keys) return keys.error();
  MetainfoFile file;
  if (auto const ok = read_attributes(keys->attr, file); !ok) return ok;
  if (auto const ok = read_length(dict, keys->length, file); !ok) return ok;
  if (auto const ok = read_path(dict, *keys, file); !ok) return ok;
  return add(list, dict, std::move(file));
}

Outcome read_many(FileList& list, Node files) {
  if (!files.is_list()) return bad_key(files, "files", "is not a list");
  if (files.size() == 0) return bad_key(files, "files", "is empty");
  if (files.size() > limits::kFiles) {
    return bad_key(files, "files", "holds more than " + std::to_string(limits::kFiles) + " files",
                   Errc::kTooLarge);
  }
  list.files.reserve(files.size());
  for (auto dict = files.first(); dict; dict = dict->next()) {
    if (auto const ok = read_one(list, *dict); !ok) return ok;
  }
  return kOk;
}

Outcome read_single(FileList& list, Node info, Node length) {
  MetainfoFile file;
  if (auto const ok = read_attributes(info.find("attr"), file); !ok) return ok;
  if (auto const ok = read_length(info, length, file); !ok) return ok;
  return add(list, length, std::move(file));
}

// Pad files are nobody's bytes: a torrent of nothing else has no content.
bool has_content(FileList const& list) {
  for (auto const& file : list.files) {
    if (!file.pad && file.length > 0) return true;
  }
  return false;
}

}  // namespace

Result<FileList> read_files(Node info) {
  auto const length = info.find("length");
  auto const files = info.find("files");
  if (length && files) return bad_key(*files, "files", "stands beside \"length\"");
  if (!length && !files) return bad_key(info, "length", "and \"files\" are both missing");
  FileList list;
  list.multi_file = files.has_value();
  auto const read = files ? read_many(list, *files) : read_single(list, info, *length);
  if (!read) return read.error();
  if (!has_content(list)) {
    return bad_key(files ? *files : *length, files ? "files" : "length", "adds up to 0 bytes");
  }
  return list;
}

}  // namespace btfast
