#include "engine/content/torrent_verify.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/thread.h"
#include "engine/metainfo/file_selection.h"
#include "engine/metainfo/torrent_layout.h"
#include "engine/worker_pool.h"
#include "storage/partial_storage.h"

namespace btfast {
namespace {

struct Fault {
  PieceIndex piece;
  PieceFault fault;
};

std::vector<Fault> faults_in_order(CheckReport const& check) {
  std::vector<Fault> out;
  for (auto const piece : check.bad) out.push_back({piece, PieceFault::kBad});
  for (auto const piece : check.missing) out.push_back({piece, PieceFault::kMissing});
  for (auto const piece : check.unreadable) out.push_back({piece, PieceFault::kUnreadable});
  std::ranges::sort(out, {}, &Fault::piece);
  return out;
}

// Notes the piece at every file it touches, and those files in `run`.
void trace(PieceIndex piece, PieceGeometry const& geometry, storage::FileMap const& map,
           FaultyPieces& run, std::vector<VerifiedFile>& files) {
  storage::SliceWalk walk{map, geometry.piece_offset(piece), geometry.piece_size(piece)};
  while (auto const slice = walk.next()) {
    if (!files[slice->file.value].asked_for()) continue;
    ++files[slice->file.value].faulty_pieces;
    if (run.files.empty() || run.files.back() < slice->file) run.files.push_back(slice->file);
  }
}

std::vector<FaultyPieces> runs_of(std::vector<Fault> const& faults, PieceGeometry const& geometry,
                                  storage::FileMap const& map, std::vector<VerifiedFile>& files) {
  std::vector<FaultyPieces> out;
  for (auto const& [piece, fault] : faults) {
    bool const continues =
        !out.empty() && out.back().fault == fault && out.back().last.value + 1 == piece.value;
    if (!continues) out.push_back({fault, piece, piece, {}});
    out.back().last = piece;
    trace(piece, geometry, map, out.back(), files);
  }
  return out;
}

}  // namespace

bool VerifyReport::good() const noexcept {
  return check.good.count() == pieces && std::ranges::all_of(files, &VerifiedFile::good);
}

Result<VerifyReport> verify_torrent(Metainfo const& metainfo, VerifyRequest const& request) {
  auto layout = torrent_layout(metainfo, request.target_name);
  if (!layout) return layout.error();
  FileSelection selection;
  if (request.select) {
    auto selected = parse_selection(*request.select, metainfo, *layout);
    if (!selected) return Failure{selected.error().code, "selection " + selected.error().detail};
    selection = *std::move(selected);
  }
  WantedPieces const wanted = wanted_pieces(selection, metainfo);
  // Files are selected by the names that are printed, and found by those they have.
  storage::FileMap map{request.layout.empty() ? *std::move(layout) : request.layout};
  auto const files_wanted = selection.wanted_files(map.files().size());
  auto const opened = storage::PartialStorage::open_existing(
      request.output_dir, std::move(map),
      {.info_hash = metainfo.info_hash, .piece_length = metainfo.geometry.piece_length()},
      files_wanted);
  if (!opened) return opened.error();
  storage::FileStorage& storage = (*opened)->files();

  VerifyReport report;
  report.pieces = wanted.pieces.count();
  report.bytes = wanted.bytes;
  {
    auto const told = [&, piece_length = metainfo.geometry.piece_length()](std::uint32_t checked) {
      std::uint64_t const done = std::uint64_t{checked} * piece_length;
      request.progress(std::min(done, report.bytes), report.bytes);
    };
    auto const checker = std::make_shared<PieceChecker>(
        **opened, metainfo.geometry, metainfo.piece_hashes,
        request.progress ? PieceChecker::Progress{told} : PieceChecker::Progress{});
    if (request.select) checker->restrict_to(wanted.pieces);
    if (request.progress) request.progress(0, report.bytes);
    std::stop_callback const stopped{request.stop, [&] { checker->cancel(); }};
    int const jobs = std::max(1, request.jobs);
    if (auto const room = check_room_for_threads(jobs); !room) return room.error();
    WorkerPool workers{jobs, "bt-check"};
    report.check = checker->run(workers);
  }
  for (std::uint32_t f = 0; f < storage.map().files().size(); ++f) {
    auto const& file = storage.map().file(FileIndex{f});
    auto const found = file.pad ? std::nullopt : storage.found_size(FileIndex{f});
    report.files.push_back(
        {file.path, file.length, found, 0, file.pad, selection.wants(FileIndex{f})});
  }
  report.faults =
      runs_of(faults_in_order(report.check), metainfo.geometry, storage.map(), report.files);
  return report;
}

}  // namespace btfast
