#include "engine/torrent/hollow_pieces.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/sha1.h"

namespace btfast {
namespace {

constexpr std::uint64_t kReadBytes = 256 * 1024;

// A cut leaves zeros up to the end of its page, and a hole only behind that.
constexpr std::uint64_t kPageBytes = 4096;

// In order, each once; with those that lie no further than `before` in front of a hole.
std::vector<std::uint32_t> hollow_pieces_of(storage::FileStorage& files, FileIndex file,
                                            PieceGeometry const& geometry, std::uint64_t before) {
  std::vector<std::uint32_t> pieces;
  if (files.map().file(file).pad || !files.is_ours(file)) return pieces;
  std::uint64_t const piece_length = geometry.piece_length();
  std::uint64_t const file_begin = files.map().file_offset(file);
  files.each_hole(file, [&](std::uint64_t begin, std::uint64_t end) {
    begin -= std::min(begin - file_begin, before);
    for (auto p = begin / piece_length; p * piece_length < end; ++p) {
      auto const piece = static_cast<std::uint32_t>(p);
      if (pieces.empty() || pieces.back() != piece) pieces.push_back(piece);
    }
  });
  return pieces;
}

// A cut within the last page: what was written after it fills the rest of the file with zeros.
std::optional<std::uint32_t> piece_at_zero_end(storage::FileStorage& files, FileIndex file,
                                               PieceGeometry const& geometry) {
  std::uint64_t const length = files.map().file(file).length;
  if (files.map().file(file).pad || !files.is_ours(file) || length == 0) return std::nullopt;
  std::uint64_t const last = files.map().file_offset(file) + length - 1;
  std::array<std::byte, 1> byte{};
  if (files.read(last, byte) && byte[0] != std::byte{0}) return std::nullopt;
  return static_cast<std::uint32_t>(last / geometry.piece_length());
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

Sha1Digest digest_of_zeros(std::uint64_t size) {
  std::vector<std::byte> const zeros(static_cast<std::size_t>(std::min(kReadBytes, size)));
  Sha1 hash;
  for (std::uint64_t at = 0; at < size; at += kReadBytes) {
    hash.update(std::span{zeros}.first(static_cast<std::size_t>(std::min(kReadBytes, size - at))));
  }
  return hash.finish();
}

// Tells which pieces are to be zeros from end to end.  All are of one size, but the last.
class ZeroDigests {
 public:
  bool match(Sha1Digest const& digest, std::uint32_t size) {
    if (std::exchange(size_, size) != size) of_zeros_ = digest_of_zeros(size);
    return digest == of_zeros_;
  }

 private:
  std::uint32_t size_ = 0;
  Sha1Digest of_zeros_{};
};

}  // namespace

Bitfield hollow_pieces(storage::FileStorage& files, PieceGeometry const& geometry) {
  Bitfield pieces{geometry.piece_count()};
  for (std::uint32_t f = 0; f < files.map().files().size(); ++f) {
    for (auto const p : hollow_pieces_of(files, FileIndex{f}, geometry, 0)) pieces.set(p);
  }
  return pieces;
}

Bitfield zero_pieces(storage::Storage& storage, PieceGeometry const& geometry,
                     std::span<Sha1Digest const> digests, Bitfield const& have) {
  Bitfield pieces{geometry.piece_count()};
  ZeroDigests zeros;
  for (std::uint32_t p = 0; p < geometry.piece_count(); ++p) {
    PieceIndex const piece{p};
    std::uint32_t const size = geometry.piece_size(piece);
    if (have.test(p) || !zeros.match(digests[p], size)) continue;
    if (storage.is_hole(geometry.piece_offset(piece), size)) pieces.set(p);
  }
  return pieces;
}

std::optional<Failure> find_hollow_loss(storage::FileStorage& files, storage::Storage& storage,
                                        PieceGeometry const& geometry,
                                        std::span<Sha1Digest const> digests, Bitfield const& have) {
  std::vector<std::byte> buffer(kReadBytes);
  Bitfield checked{geometry.piece_count()};
  ZeroDigests zeros;
  for (std::uint32_t f = 0; f < files.map().files().size(); ++f) {
    // Whoever did not ask for it may do with it what he likes.
    if (files.left_out(FileIndex{f})) continue;
    auto suspects = hollow_pieces_of(files, FileIndex{f}, geometry, kPageBytes - 1);
    if (auto const last = piece_at_zero_end(files, FileIndex{f}, geometry)) {
      suspects.push_back(*last);
    }
    for (auto const p : suspects) {
      if (!have.test(p) || checked.test(p)) continue;
      checked.set(p);
      PieceIndex const piece{p};
      // A hole that is to be one needs no reading: a torrent may be terabytes of them.
      bool const is_empty =
          zeros.match(digests[p], geometry.piece_size(piece)) &&
          storage.is_hole(geometry.piece_offset(piece), geometry.piece_size(piece));
      if (is_empty || is_right(storage, geometry, piece, digests[p], buffer)) continue;
      return Failure{Errc::kNotFound, files.path_of(FileIndex{f}) +
                                          ": lost bytes while in use, others cut it and it "
                                          "was written to again"};
    }
  }
  return std::nullopt;
}

}  // namespace btfast
