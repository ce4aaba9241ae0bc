#include "engine/content/torrent_builder.h"

#include <bit>
#include <string_view>
#include <utility>

#include "engine/base/bencode.h"
#include "engine/base/limits.h"
#include "engine/base/sha1.h"
#include "engine/content/file_scan.h"
#include "engine/content/piece_hasher.h"
#include "engine/content/read_back.h"
#include "engine/metainfo/metainfo_urls.h"
#include "storage/file_storage.h"

namespace btfast {
namespace {

using bencode::Writer;

constexpr std::size_t kUsualBytes = 10'000'000;  // of a torrent file: many programs' limit

Outcome check_text(std::string_view what, std::string const& text) {
  if (text.size() <= limits::kCommentBytes) return kOk;
  return Failure{Errc::kBadArgument, std::string{what} + ": longer than " +
                                         std::to_string(limits::kCommentBytes) + " bytes"};
}

// As its reader will keep them.
Result<BuildOptions> checked(BuildOptions options) {
  auto tiers = usable_tiers(options.tracker_tiers);
  if (!tiers) return std::move(tiers).error();
  options.tracker_tiers = *std::move(tiers);
  auto seeds = usable_web_seeds(options.web_seeds);
  if (!seeds) return std::move(seeds).error();
  options.web_seeds = *std::move(seeds);
  if (auto const ok = check_text("comment", options.comment); !ok) return ok.error();
  if (auto const ok = check_text("source", options.source); !ok) return ok.error();
  std::uint64_t const length = options.piece_length;
  bool const good = length == 0 || (length >= limits::kBlockSize &&
                                    length <= limits::kPieceLength && std::has_single_bit(length));
  if (good) return options;
  return Failure{Errc::kBadArgument, "piece size " + std::to_string(length) +
                                         " is not a power of two from 16 KiB to 512 MiB"};
}

// Why a torrent of nothing cannot be made.
Failure nothing_in(FileScan const& scan, std::string const& path) {
  std::string text = path;
  if (!scan.multi_file) {
    text += ": is empty";
  } else if (!scan.files.empty()) {
    text += ": holds empty files only";
  } else {
    text += ": holds no files";
  }
  if (scan.excluded > 0) text += " but those left out by --exclude";
  return {Errc::kBadArgument, text + ", and a torrent needs a byte at least"};
}

Result<PieceGeometry> geometry_of(FileScan const& scan, std::string const& path,
                                  std::uint64_t piece_length) {
  std::uint64_t total = 0;
  for (auto const& file : scan.files) {
    if (__builtin_add_overflow(total, file.length, &total)) total = UINT64_MAX;
  }
  if (total == 0) return nothing_in(scan, path);
  if (piece_length == 0) piece_length = choose_piece_length(total);
  auto const geometry = PieceGeometry::make(total, piece_length);
  if (geometry) return *geometry;
  return Failure{Errc::kBadArgument, path + ": more than " + std::to_string(limits::kPieces) +
                                         " pieces; choose a larger piece size"};
}

void write_path(Writer& writer, std::string_view path) {
  writer.begin_list();
  while (!path.empty()) {
    auto const end = path.find('/');
    writer.string(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
  }
  writer.end();
}

void write_files(Writer& writer, FileScan const& scan) {
  if (!scan.multi_file) {
    writer.key("length").integer(static_cast<std::int64_t>(scan.files.front().length));
    return;
  }
  writer.key("files").begin_list();
  for (auto const& file : scan.files) {
    writer.begin_dict().key("length").integer(static_cast<std::int64_t>(file.length));
    writer.key("path");
    write_path(writer, file.path);
    writer.end();
  }
  writer.end();
}

std::vector<std::byte> encode_info(BuildOptions const& options, FileScan const& scan,
                                   PieceGeometry const& geometry,
                                   std::vector<Sha1Digest> const& digests) {
  std::vector<std::byte> info;
  Writer writer{info};
  writer.begin_dict();
  write_files(writer, scan);
  writer.key("name").string(scan.name);
  writer.key("piece length").integer(geometry.piece_length());
  writer.key("pieces").string(std::as_bytes(std::span{digests}));
  if (options.is_private) writer.key("private").integer(1);
  if (!options.source.empty()) writer.key("source").string(options.source);
  writer.end();
  return info;
}

void write_text(Writer& writer, std::string_view key, std::string const& text) {
  if (!text.empty()) writer.key(key).string(text);
}

void write_strings(Writer& writer, std::vector<std::string> const& strings) {
  writer.begin_list();
  for (auto const& text : strings) writer.string(text);
  writer.end();
}

void write_trackers(Writer& writer, std::vector<std::vector<std::string>> const& tiers) {
  std::size_t count = 0;
  std::string_view first;
  for (auto const& tier : tiers) {
    count += tier.size();
    if (first.empty() && !tier.empty()) first = tier.front();
  }
  if (count > 0) writer.key("announce").string(first);
  if (count < 2) return;
  writer.key("announce-list").begin_list();
  for (auto const& tier : tiers) {
    if (!tier.empty()) write_strings(writer, tier);
  }
  writer.end();
}

std::vector<std::byte> encode_torrent(BuildOptions const& options,
                                      std::vector<std::byte> const& info) {
  std::vector<std::byte> bytes;
  Writer writer{bytes};
  writer.begin_dict();
  write_trackers(writer, options.tracker_tiers);
  write_text(writer, "comment", options.comment);
  write_text(writer, "created by", options.created_by);
  if (options.creation_date) writer.key("creation date").integer(*options.creation_date);
  writer.key("info").raw(info);
  if (!options.web_seeds.empty()) {
    writer.key("url-list");
    write_strings(writer, options.web_seeds);
  }
  writer.end();
  return bytes;
}

// A file that changed meanwhile is why a read failed, and else why the digests are of nothing
// that ever was.
Result<std::vector<Sha1Digest>> hash_files(FileScan const& scan, PieceGeometry const& geometry,
                                           BuildOptions const& options) {
  auto const storage =
      storage::FileStorage::open_existing(scan.directory, storage::FileMap{scan.on_disk});
  HashWatch const watch{.hashed = options.hashed, .stop = options.stop};
  auto digests = storage ? hash_pieces(**storage, geometry, options.jobs, watch)
                         : Result<std::vector<Sha1Digest>>{storage.error()};
  if (!digests && digests.error().code == Errc::kCancelled) return digests;
  if (auto const same = still_as_found(scan); !same) return same.error();
  return digests;
}

}  // namespace

std::uint32_t choose_piece_length(std::uint64_t total_size) noexcept {
  constexpr std::uint64_t kPiecesWanted = 2'000;
  constexpr std::uint64_t kLongest = 16 * kMiB;
  std::uint64_t length = limits::kBlockSize;
  while (length < kLongest && total_size / length >= kPiecesWanted) length *= 2;
  while (length < limits::kPieceLength && total_size / length >= limits::kPieces) length *= 2;
  return static_cast<std::uint32_t>(length);
}

Result<BuiltTorrent> build_torrent(BuildOptions const& given) {
  auto const checked_options = checked(given);
  if (!checked_options) return checked_options.error();
  BuildOptions const& options = *checked_options;
  auto scan = scan_files(options.path, options.scan);
  if (!scan) return scan.error();
  auto const geometry = geometry_of(*scan, options.path, options.piece_length);
  if (!geometry) return geometry.error();
  if (options.sized) options.sized(geometry->total_size());
  auto const digests = hash_files(*scan, *geometry, options);
  if (!digests) return digests.error();

  BuiltTorrent built;
  auto const info = encode_info(options, *scan, *geometry, *digests);
  built.bytes = encode_torrent(options, info);
  MadeFrom const from{*scan, options.tracker_tiers, options.web_seeds};
  if (auto const same = read_back(built.bytes, from); !same) return same.error();
  built.info_hash = sha1(info);
  built.name = scan->name;
  built.geometry = *geometry;
  built.file_count = scan->files.size();
  built.excluded = scan->excluded;
  built.warnings = std::move(scan->warnings);
  if (options.is_private && options.tracker_tiers.empty()) {
    built.warnings.emplace_back(
        "private and without a tracker: nobody can find anybody who has it (BEP 27)");
  }
  if (built.bytes.size() > kUsualBytes) {
    built.warnings.push_back(
        "the torrent is larger than " + std::to_string(kUsualBytes) +
        " bytes: many programs refuse it; a larger piece size makes it smaller");
  }
  return built;
}

}  // namespace btfast
