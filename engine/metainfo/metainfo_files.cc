#include "engine/metainfo/metainfo_files.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/unicode.h"
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

// What was passed over in how many files: a million of them make one warning.
struct PassedOver {
  std::size_t paths_utf8 = 0;
  std::size_t bytes_utf8 = 0;  // a path.utf-8 whose bytes are not UTF-8
  std::size_t attributes = 0;
  std::size_t nameless_pads = 0;

  void warn(std::vector<std::string>& warnings) const {
    say(paths_utf8, "\"path.utf-8\" is not a path", warnings);
    say(bytes_utf8, "\"path.utf-8\" is not UTF-8", warnings);
    say(attributes, "\"attr\" is not a string", warnings);
    if (nameless_pads == 0) return;
    bool const one = nameless_pads == 1;
    warnings.push_back("\"path\" is no path in " +
                       (one ? "a pad file" : std::to_string(nameless_pads) + " pad files") +
                       ", which " + (one ? "needs" : "need") + " none");
  }

 private:
  static void say(std::size_t files, std::string text, std::vector<std::string>& warnings) {
    if (files == 0) return;
    text += files == 1 ? " in a file" : " in " + std::to_string(files) + " files";
    warnings.push_back(std::move(text) + " and was ignored");
  }
};

void read_attributes(std::optional<Node> attr, MetainfoFile& file, PassedOver& passed_over) {
  if (!attr) return;
  if (!attr->is_string()) {
    ++passed_over.attributes;
    return;
  }
  std::string_view const flags = attr->string();
  file.pad = flags.find('p') != std::string_view::npos;
  file.executable = flags.find('x') != std::string_view::npos;
  file.hidden = flags.find('h') != std::string_view::npos;
  file.symlink = flags.find('l') != std::string_view::npos;
}

Outcome read_length(Node dict, std::optional<Node> length, MetainfoFile& file) {
  if (file.symlink) return kOk;  // takes no room in the torrent (BEP 47)
  if (!length) return bad_key(dict, "length", "is missing");
  if (!length->is_integer()) return bad_key(*length, "length", "is not an integer");
  if (length->integer() < 0) return bad_key(*length, "length", "is negative");
  file.length = static_cast<std::uint64_t>(length->integer());
  return kOk;
}

bool is_path(Node node) {
  if (!node.is_list() || node.size() == 0) return false;
  for (auto element = node.first(); element; element = element->next()) {
    if (!element->is_string()) return false;
  }
  return true;
}

bool is_utf8_path(Node path) {
  for (auto element = path.first(); element; element = element->next()) {
    if (!is_utf8(element->string())) return false;
  }
  return true;
}

// Whether "path.utf-8" is the better one.
bool prefers_utf8(FileKeys const& keys, PassedOver& passed_over) {
  if (!keys.path_utf8) return false;
  bool const usable = is_path(*keys.path_utf8);
  bool const better = usable && (!keys.path || is_utf8_path(*keys.path_utf8));
  if (!better) ++(usable ? passed_over.bytes_utf8 : passed_over.paths_utf8);
  return better;
}

Outcome read_path(Node dict, FileKeys const& keys, MetainfoFile& file, PassedOver& passed_over) {
  if (file.pad) {  // nobody asks for its name
    bool const named = (keys.path && is_path(*keys.path)) || keys.path_utf8;
    if (!named) ++passed_over.nameless_pads;
    return kOk;
  }
  bool const utf8 = prefers_utf8(keys, passed_over);
  auto const path = utf8 ? keys.path_utf8 : keys.path;
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

Outcome read_one(FileList& list, Node dict, PassedOver& passed_over) {
  if (!dict.is_dict()) return bad_key(dict, "files", "holds what is not a dictionary");
  auto const keys = find_keys(dict);
  if (!keys) return keys.error();
  MetainfoFile file;
  read_attributes(keys->attr, file, passed_over);
  if (auto const ok = read_length(dict, keys->length, file); !ok) return ok;
  if (auto const ok = read_path(dict, *keys, file, passed_over); !ok) return ok;
  return add(list, dict, std::move(file));
}

Outcome read_many(FileList& list, Node files, PassedOver& passed_over) {
  if (!files.is_list()) return bad_key(files, "files", "is not a list");
  if (files.size() == 0) return bad_key(files, "files", "is empty");
  if (files.size() > limits::kFiles) {
    return bad_key(files, "files", "holds more than " + std::to_string(limits::kFiles) + " files",
                   Errc::kTooLarge);
  }
  list.files.reserve(files.size());
  for (auto dict = files.first(); dict; dict = dict->next()) {
    if (auto const ok = read_one(list, *dict, passed_over); !ok) return ok;
  }
  return kOk;
}

Outcome read_single(FileList& list, Node info, Node length, PassedOver& passed_over) {
  MetainfoFile file;
  read_attributes(info.find("attr"), file, passed_over);
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

// Where `length` stands too, others go by the list: so the files, and the bytes, are the same.
std::optional<Node> find_list_of_files(Node info, std::optional<Node> length,
                                       std::vector<std::string>& warnings) {
  auto const files = info.find("files");
  if (!files || !length) return files;
  bool const is_list = files->is_list() && files->size() > 0;
  warnings.emplace_back(is_list ? "\"length\" beside \"files\" was ignored"
                                : "\"files\" beside \"length\" lists nothing and was ignored");
  return is_list ? files : std::nullopt;
}

}  // namespace

Result<FileList> read_files(Node info, std::vector<std::string>& warnings) {
  auto const length = info.find("length");
  auto const files = find_list_of_files(info, length, warnings);
  if (!length && !files) return bad_key(info, "length", "and \"files\" are both missing");
  FileList list;
  PassedOver passed_over;
  list.multi_file = files.has_value();
  auto const read =
      files ? read_many(list, *files, passed_over) : read_single(list, info, *length, passed_over);
  if (!read) return read.error();
  passed_over.warn(warnings);
  if (!has_content(list)) {
    return bad_key(files ? *files : *length, files ? "files" : "length", "adds up to 0 bytes");
  }
  return list;
}

}  // namespace btfast
