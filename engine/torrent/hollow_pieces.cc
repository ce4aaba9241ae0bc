#include "engine/torrent/hollow_pieces.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/sha1.h"

namespace btfast {
namespace {

constexpr std::uint64_t kReadBytes = 256 * 1024;

// In order, each once.
std::vector<std::uint32_t> hollow_pieces_of(storage::FileStorage& files, FileIndex file,
                                            PieceGeometry const& geometry) {
  std::vector<std::uint32_t> pieces;
  if (files.map().file(file).pad || !files.is_ours(file)) return pieces;
  std::uint64_t const piece_length = geometry.piece_length();
  files.each_hole(file, [&](std::uint64_t begin, std::uint64_t end) {
    for (auto p = begin / piece_length; p * piece_length < end; ++p) {
      auto const piece = static_cast<std::uint32_t>(p);
      if (pieces.empty() || pieces.back() != piece) pieces.push_back(piece);
    }
  });
  return pieces;
}

// What cannot be read is not.
bool is_right(storage::Storage& storage, PieceGeometry const& geometry, PieceIndex piece,
              Sha1Digest const& digest, std::vector<std::byte>& buffer) {
  std::uint64_t const begin = geometry.piece_offset(piece);
  std::uint64_t const end = begin + geometry.piece_size(piece);
  Sha1 hash;
  for (std::uint64_t at = begin; at < end; at += kReadBytes) {
    auto const bytes =
        std::span{buffer}.first(static_cast<std::size_t>(std::min(kReadBytes, end - at)));
    if (!storage.read(at, bytes)) return false;
    hash.update(bytes);
  }
  return hash.finish() == digest;
}

}  // namespace

Bitfield hollow_pieces(storage::FileStorage& files, PieceGeometry const& geometry) {
  Bitfield pieces{geometry.piece_count()};
  for (std::uint32_t f = 0; f < files.map().files().size(); ++f) {
    for (auto const p : hollow_pieces_of(files, FileIndex{f}, geometry)) pieces.set(p);
  }
  return pieces;
}

std::optional<Failure> find_hollow_loss(storage::FileStorage& files, storage::Storage& storage,
                                        PieceGeometry const& geometry,
                                        std::span<Sha1Digest const> digests, Bitfield const& have) {
  std::vector<std::byte> buffer(kReadBytes);
  Bitfield checked{geometry.piece_count()};
  for (std::uint32_t f = 0; f < files.map().files().size(); ++f) {
    for (auto const p : hollow_pieces_of(files, FileIndex{f}, geometry)) {
      if (!have.test(p) || checked.test(p)) continue;
      checked.set(p);
      if (is_right(storage, geometry, PieceIndex{p}, digests[p], buffer)) continue;
      return Failure{Errc::kNotFound, files.path_of(FileIndex{f}) +
                                          ": lost bytes while in use, others cut it and it "
                                          "was written to again"};
    }
  }
  return std::nullopt;
}

}  // namespace btfast
