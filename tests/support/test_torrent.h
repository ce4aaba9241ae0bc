// TestTorrent: a torrent of pattern bytes (tests/support/pattern.h): each byte follows from
// its offset, so that one in the wrong place shows.
//
// Immutable once built; copies share the metainfo.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/sha1.h"
#include "engine/metainfo/metainfo.h"
#include "storage/file_map.h"
#include "tests/support/pattern.h"

namespace btfast::test {

struct TestTorrent {
  MetainfoPtr metainfo;
  std::shared_ptr<std::vector<std::byte> const> content;

  PieceGeometry const& geometry() const { return metainfo->geometry; }
  storage::FileMap map() const {
    std::vector<storage::FileSpec> files;
    for (auto const& file : metainfo->files) {
      files.push_back({.path = file.path.front(), .length = file.length});
    }
    return storage::FileMap{std::move(files)};
  }
  std::span<std::byte const> bytes(BlockRange range) const {
    std::uint64_t const offset = geometry().piece_offset(range.piece) + range.begin;
    return std::span{*content}.subspan(offset, range.length);
  }
  BlockRange block(std::uint32_t piece, std::uint32_t index = 0) const {
    return geometry().block(PieceIndex{piece}, BlockIndex{index});
  }
};

class TorrentBuilder {
 public:
  TorrentBuilder& pieces(std::uint32_t count) { return pieces_ = count, *this; }
  TorrentBuilder& piece_size(std::uint32_t bytes) { return piece_size_ = bytes, *this; }
  // The last piece has this much; 0: as the others.
  TorrentBuilder& tail(std::uint32_t bytes) { return tail_ = bytes, *this; }
  // Files of different sizes, whose edges are no edges of pieces.
  TorrentBuilder& files(std::uint32_t count) { return files_ = count, *this; }

  TestTorrent build() const {
    std::uint64_t const total =
        std::uint64_t{pieces_ - 1} * piece_size_ + (tail_ != 0 ? tail_ : piece_size_);
    auto const content = std::make_shared<std::vector<std::byte>>(pattern(0, total));
    auto metainfo = std::make_shared<Metainfo>();
    metainfo->name = "simulated";
    metainfo->multi_file = files_ > 1;
    metainfo->geometry = *PieceGeometry::make(total, piece_size_);
    std::uint64_t left = total;
    for (std::uint32_t f = 0; f < files_; ++f) {
      std::uint64_t const length = f + 1 == files_ ? left : left / 3 + 1;
      metainfo->files.push_back({.path = {"file" + std::to_string(f)}, .length = length});
      left -= length;
    }
    for (std::uint32_t p = 0; p < pieces_; ++p) {
      std::uint64_t const offset = std::uint64_t{p} * piece_size_;
      auto const size = metainfo->geometry.piece_size(PieceIndex{p});
      metainfo->piece_hashes.push_back(sha1(std::span{*content}.subspan(offset, size)));
    }
    metainfo->info_hash = metainfo->piece_hashes.front();  // unlike any other of these
    return {std::move(metainfo), content};
  }

 private:
  std::uint32_t pieces_ = 16;
  std::uint32_t piece_size_ = 64 * kKiB;
  std::uint32_t tail_ = 0;
  std::uint32_t files_ = 1;
};

}  // namespace btfast::test
