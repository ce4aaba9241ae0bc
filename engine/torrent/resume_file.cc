#include "engine/torrent/resume_file.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/bencode.h"
#include "engine/base/byte_io.h"
#include "storage/own_names.h"
#include "storage/path_safety.h"

namespace btfast {
namespace {

constexpr std::string_view kFamily = "btfast resume ";
constexpr std::string_view kHeader = "btfast resume 3\n";
// The beginning of the body since the third version; before it the hash stood behind the files.
constexpr std::string_view kAbout = "d5:about20:";
constexpr std::string_view kFormerAbout = "9:info hash20:";
constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kBodyDepth = 3;  // the dict, its list, a file

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

Failure refused(std::string why) { return Failure{Errc::kBadBencode, std::move(why)}; }

void append_checksum(std::vector<std::byte>& out) {
  std::uint64_t const checksum = XXH3_64bits(out.data(), out.size());
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(checksum >> shift & 0xff));
  }
}

bool is_sealed(std::span<std::byte const> bytes) {
  auto const sealed = bytes.first(bytes.size() - kChecksumSize);
  std::uint64_t const checksum = XXH3_64bits(sealed.data(), sealed.size());
  return checksum == ByteReader{bytes.last(kChecksumSize)}.u64();
}

// Without header and checksum, both of which were right.
Result<std::span<std::byte const>> open_seal(std::span<std::byte const> bytes) {
  if (bytes.size() < kHeader.size() + kChecksumSize) return refused("cut short");
  if (!std::ranges::equal(bytes.first(kHeader.size()), bytes_of(kHeader))) {
    return Failure{Errc::kUnsupported, "not a control file of this version"};
  }
  if (!is_sealed(bytes)) return refused("damaged");
  return bytes.first(bytes.size() - kChecksumSize).subspan(kHeader.size());
}

std::string_view text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// Of any version, to its last byte.
bool has_header(std::span<std::byte const> bytes) {
  std::string_view const text = text_of(bytes).substr(0, kHeader.size());
  if (text.size() < kHeader.size() || !text.starts_with(kFamily)) return false;
  char const version = text[kFamily.size()];
  return version >= '1' && version <= '9' && text.back() == '\n';
}

// A whole one's dict.  All versions begin with a header of one length.
std::optional<bencode::Tree> parse_of_any_version(std::span<std::byte const> bytes) {
  if (bytes.size() < kHeader.size() + kChecksumSize || !has_header(bytes)) return {};
  if (!is_sealed(bytes)) return {};
  auto const body = bytes.first(bytes.size() - kChecksumSize).subspan(kHeader.size());
  auto tree = bencode::parse(body, {.depth = kBodyDepth});
  if (!tree || !tree->root().is_dict()) return {};
  return *std::move(tree);
}

// Versions before the third called it so.
std::optional<std::string_view> info_hash_in(bencode::Node const& root) {
  auto const hash = root.find_string("about");
  return hash ? hash : root.find_string("info hash");
}

bool is_of_another_torrent(std::span<std::byte const> bytes, InfoHash const& info_hash) {
  auto const tree = parse_of_any_version(bytes);
  auto const hash = tree ? info_hash_in(tree->root()) : std::nullopt;
  return hash && !std::ranges::equal(bytes_of(*hash), info_hash);
}

std::optional<ResumeFile> read_file(bencode::Node const& node) {
  if (!node.is_list() || node.size() != 5) return std::nullopt;
  auto const path = node.first();
  auto const size = path->next();
  auto const mtime = size->next();
  auto const inode = mtime->next();
  auto const birth = inode->next();
  for (auto const& number : {size, mtime, inode, birth}) {
    if (!number->is_integer()) return std::nullopt;
  }
  if (!path->is_string()) return std::nullopt;
  if (size->integer() < 0) return std::nullopt;
  return ResumeFile{std::string{path->string()},
                    {static_cast<std::uint64_t>(size->integer()), mtime->integer()},
                    {static_cast<std::uint64_t>(inode->integer()), birth->integer()}};
}

// By its size or its inode; an empty file has the second only.
bool says_that_it_is_there(bencode::Node const& file) {
  auto const size = file.first()->next();
  if (size && size->is_integer() && size->integer() > 0) return true;
  auto const mtime = size ? size->next() : std::nullopt;
  auto const inode = mtime ? mtime->next() : std::nullopt;
  return inode && inode->is_integer() && inode->integer() != 0;
}

}  // namespace

std::vector<std::byte> seal_resume(std::span<std::byte const> body) {
  auto const header = bytes_of(kHeader);
  std::vector<std::byte> out;
  out.reserve(header.size() + body.size() + kChecksumSize);
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), body.begin(), body.end());
  append_checksum(out);
  return out;
}

std::vector<std::byte> encode_resume(ResumeClaim const& claim) {
  std::vector<std::byte> body;
  bencode::Writer out{body};
  out.begin_dict().key("about").string(std::span<std::byte const>{claim.info_hash});
  out.key("files").begin_list();
  for (auto const& file : claim.files) {
    out.begin_list().string(file.path);
    out.integer(static_cast<std::int64_t>(file.stamp.size)).integer(file.stamp.mtime_ns);
    out.integer(static_cast<std::int64_t>(file.identity.inode)).integer(file.identity.birth_ns);
    out.end();
  }
  out.end();
  out.key("names").integer(storage::kPathSafetyVersion);
  out.key("pieces").string(std::span<std::byte const>{claim.verified.to_wire()});
  out.key("rest").integer(claim.at_rest ? 1 : 0);
  out.key("workers").integer(claim.half_written).end();
  return seal_resume(body);
}

Result<ResumeClaim> decode_resume(std::span<std::byte const> bytes, InfoHash const& info_hash,
                                  std::uint32_t pieces) {
  if (is_of_another_torrent(bytes, info_hash)) {
    return Failure{Errc::kRefused, "of another torrent"};
  }
  auto const body = open_seal(bytes);
  if (!body) return body.error();
  auto const tree = bencode::parse(*body, {.depth = kBodyDepth, .strict = true});
  if (!tree) return refused(bencode::parse_error_text(tree.error()));
  auto const root = tree->root();
  if (!root.is_dict() || root.size() != 6) return refused("not what we write");
  auto const files = root.find_list("files");
  auto const hash = root.find_string("about");
  auto const names = root.find_integer("names");
  auto const bits = root.find_string("pieces");
  auto const rest = root.find_integer("rest");
  auto const workers = root.find_integer("workers");
  if (!files || !hash || !names || !bits || !rest || !workers) return refused("not what we write");
  if (*rest != 0 && *rest != 1) return refused("not what we write");
  if (*workers < 0 || *workers > kHalfWrittenMax) return refused("not what we write");
  // Names of an earlier rule are noted one by one; those of a later one may be what we misread.
  if (*names < 1 || *names > storage::kPathSafetyVersion) {
    return Failure{Errc::kUnsupported, "of a version that names files differently"};
  }
  auto verified = Bitfield::from_wire(bytes_of(*bits), pieces);
  if (!verified) return refused("not the torrent's number of pieces");
  ResumeClaim claim{.info_hash = info_hash,
                    .verified = *std::move(verified),
                    .files = {},
                    .at_rest = *rest == 1,
                    .half_written = static_cast<std::uint32_t>(*workers)};
  claim.files.reserve(files->size());
  for (auto node = files->first(); node; node = node->next()) {
    auto file = read_file(*node);
    if (!file) return refused("not what we write");
    claim.files.push_back(*std::move(file));
  }
  return claim;
}

std::string control_file_name(std::string_view top, std::size_t name_max) {
  return storage::beside_name(top, storage::kControlSuffix, name_max);
}

// All versions have names and sizes at the same place.
std::optional<std::vector<NotedName>> decode_noted_names(std::span<std::byte const> bytes,
                                                         InfoHash const& info_hash) {
  auto const tree = parse_of_any_version(bytes);
  if (!tree) return {};
  auto const files = tree->root().find_list("files");
  auto const hash = info_hash_in(tree->root());
  if (!files || !hash || !std::ranges::equal(bytes_of(*hash), info_hash)) return {};
  std::vector<NotedName> names;
  names.reserve(files->size());
  for (auto node = files->first(); node; node = node->next()) {
    auto const path = node->is_list() ? node->first() : std::nullopt;
    if (!path || !path->is_string()) return {};
    names.push_back({std::string{path->string()}, says_that_it_is_there(*node)});
  }
  return names;
}

ControlFile control_file_of(std::span<std::byte const> bytes, InfoHash const& info_hash) {
  bool const blank = std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
  if (blank) return ControlFile::kNobodys;
  if (!has_header(bytes)) return ControlFile::kNone;
  std::string_view const body = text_of(bytes).substr(kHeader.size());
  std::string_view const hash{reinterpret_cast<char const*>(info_hash.data()), info_hash.size()};
  if (body.starts_with(kAbout) && body.size() >= kAbout.size() + hash.size()) {
    bool const same = body.substr(kAbout.size(), hash.size()) == hash;
    return same ? ControlFile::kThisTorrents : ControlFile::kAnotherTorrents;
  }
  if (is_of_another_torrent(bytes, info_hash)) return ControlFile::kAnotherTorrents;
  bool const named = body.find(std::string{kFormerAbout}.append(hash)) != std::string_view::npos;
  return named ? ControlFile::kThisTorrents : ControlFile::kNone;
}

}  // namespace btfast
