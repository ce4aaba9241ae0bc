#include "engine/metainfo/metainfo.h"

#include <array>
#include <cstring>
#include <utility>

#include "engine/base/bencode.h"
#include "engine/base/counted.h"
#include "engine/base/sha1.h"
#include "engine/base/sha256.h"
#include "engine/base/unicode.h"
#include "engine/metainfo/foreign_file.h"
#include "engine/metainfo/metainfo_fields.h"
#include "engine/metainfo/metainfo_files.h"
#include "engine/metainfo/metainfo_urls.h"
#include "engine/metainfo/metainfo_v2.h"

namespace btfast {
namespace {

using bencode::Node;

// Keys that say which bytes these are, whose, and who may have them.
constexpr std::array<std::string_view, 1> kDecisive{"info"};
constexpr std::array<std::string_view, 10> kDecisiveOfInfo{
    "attr", "file tree",  "files",        "length", "meta version",
    "name", "name.utf-8", "piece length", "pieces", "private"};

Result<PieceGeometry> read_geometry(Node info, std::uint64_t total_size) {
  auto const length = required_integer(info, "piece length");
  if (!length) return length.error();
  Node const where = *info.find("piece length");
  if (*length <= 0) return bad_key(where, "piece length", "is not positive");
  if (*length > std::int64_t{limits::kPieceLength}) {
    return bad_key(where, "piece length", "is above 512 MiB");
  }
  auto const geometry = PieceGeometry::make(total_size, static_cast<std::uint64_t>(*length));
  if (geometry) return *geometry;
  return bad_key(where, "piece length",
                 "makes more than " + std::to_string(limits::kPieces) + " pieces", Errc::kTooLarge);
}

Result<std::vector<Sha1Digest>> read_pieces(Node info, std::uint32_t piece_count) {
  auto const pieces = required_string(info, "pieces");
  if (!pieces) return pieces.error();
  Node const where = *info.find("pieces");
  std::size_t const digest_size = sizeof(Sha1Digest);
  if (pieces->size() % digest_size != 0) {
    return bad_key(where, "pieces",
                   "has " + counted_bytes(pieces->size()) + ", not a multiple of 20");
  }
  if (pieces->size() / digest_size != piece_count) {
    return bad_key(where, "pieces",
                   "has " + counted(pieces->size() / digest_size, "hash", "hashes") + " where " +
                       counted(piece_count, "piece needs one", "pieces need one each"));
  }
  std::vector<Sha1Digest> hashes(piece_count);
  std::memcpy(hashes.data(), pieces->data(), pieces->size());
  return hashes;
}

Outcome read_name(Node info, Metainfo& out) {
  auto const utf8 = info.find("name.utf-8");
  bool const usable = utf8 && utf8->is_string() && !utf8->string().empty();
  bool const better = usable && (is_utf8(utf8->string()) || !info.find("name"));
  auto const name =
      better ? Result<std::string_view>{utf8->string()} : required_string(info, "name");
  if (!name) return name.error();
  if (utf8 && !better) {
    out.warnings.emplace_back(usable ? "\"name.utf-8\" is not UTF-8 and was ignored"
                                     : "\"name.utf-8\" is not a name and was ignored");
  }
  out.name = *name;
  return kOk;
}

// Leaks nothing by mistake: whatever stands there but 0 means private (BEP 27).
bool read_private(Node info, std::vector<std::string>& warnings) {
  auto const value = info.find("private");
  if (!value) return false;
  if (value->is_integer()) return value->integer() != 0;
  warnings.emplace_back("\"private\" is not an integer and was taken as 1");
  return true;
}

void read_info_keys(Node info, Metainfo& out) {
  for (auto key = info.first(); key; key = key->next()->next()) {
    if (out.info_keys.size() == limits::kInfoKeys) {
      out.warnings.push_back("the info dictionary has " + std::to_string(info.size()) + " keys");
      return;
    }
    out.info_keys.emplace_back(key->string());
  }
}

Outcome read_info(Node root, Node info, Metainfo& out) {
  auto const once = check_repeated_keys(info, "the info dictionary", kDecisiveOfInfo, out.warnings);
  if (!once) return once;
  auto const version = meta_version(info, out.warnings);
  if (!version) return version.error();
  if (auto const ok = read_name(info, out); !ok) return ok;
  auto files = read_files(info, out.warnings);
  if (!files) return files.error();
  auto const geometry = read_geometry(info, files->total_size);
  if (!geometry) return geometry.error();
  auto hashes = read_pieces(info, geometry->piece_count());
  if (!hashes) return hashes.error();
  if (*version == MetaVersion::kHybrid) {
    if (auto const ok = check_hybrid(root, info, *files); !ok) return ok;
    out.info_hash_v2 = sha256(info.raw());
  } else if (info.find("file tree")) {
    out.warnings.emplace_back("\"file tree\" without \"meta version\" was ignored");
  }
  out.multi_file = files->multi_file;
  out.files = std::move(files->files);
  out.geometry = *geometry;
  out.piece_hashes = *std::move(hashes);
  out.is_private = read_private(info, out.warnings);
  out.source = optional_text(info, "source", out.warnings);
  read_info_keys(info, out);
  return kOk;
}

void read_outer(Node root, Metainfo& out) {
  out.tracker_tiers = read_tracker_tiers(root, out.warnings);
  out.web_seeds = read_web_seeds(root, out.warnings);
  out.comment = optional_text(root, "comment", out.warnings);
  out.created_by = optional_text(root, "created by", out.warnings);
  out.creation_date = root.find_integer("creation date");
  if (!out.creation_date && root.find("creation date")) {
    out.warnings.emplace_back("\"creation date\" is not an integer and was ignored");
  }
}

}  // namespace

Result<Metainfo> parse_metainfo(std::span<std::byte const> file) {
  auto const tree = bencode::parse(file, {.allow_trailing = true});
  if (!tree) return Failure{Errc::kBadBencode, no_torrent_text(file, tree.error())};
  Node const root = tree->root();
  if (!root.is_dict()) return Failure{Errc::kBadMetainfo, "byte 0: not a dictionary"};
  Metainfo out;
  auto const once = check_repeated_keys(root, "the torrent", kDecisive, out.warnings);
  if (!once) return once.error();
  auto const info = root.find("info");
  if (!info) return bad_key(root, "info", "is missing");
  if (!info->is_dict()) return bad_key(*info, "info", "is not a dictionary");
  if (auto const& odd = tree->tolerated()) {
    out.warnings.push_back(bencode::parse_error_text(*odd) + ", taken all the same");
  }
  if (std::size_t const extra = file.size() - tree->consumed(); extra > 0) {
    out.warnings.push_back(counted(extra, "byte after the end was", "bytes after the end were") +
                           " ignored");
  }
  if (auto const ok = read_info(root, *info, out); !ok) return ok.error();
  read_outer(root, out);
  auto const raw = info->raw();
  out.info_hash = sha1(raw);
  out.info_bytes.assign(raw.begin(), raw.end());
  return out;
}

}  // namespace btfast
