#include "engine/torrent/output_guard.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/counted.h"
#include "engine/torrent/file_pieces.h"
#include "engine/torrent/right_run.h"

namespace btfast {
namespace {

bool is_right(storage::FileStorage const& files, FileIndex file, OutputEvidence const& evidence) {
  return files.found_size(file) == files.map().file(file).length &&
         covers(evidence.good, pieces_of(files.map(), file, evidence.geometry));
}

// All of its own pieces are right, one at least; of those that it shares with others no matter.
bool is_right_inside(storage::FileStorage const& files, FileIndex file,
                     OutputEvidence const& evidence) {
  std::uint64_t const begin = files.map().file_offset(file);
  std::uint64_t const end = begin + files.map().file(file).length;
  std::uint64_t const piece_length = evidence.geometry.piece_length();
  auto const first = static_cast<std::uint32_t>((begin + piece_length - 1) / piece_length);
  bool const last_of_all = end == files.map().total_size();
  auto const past = static_cast<std::uint32_t>(last_of_all ? evidence.geometry.piece_count()
                                                           : end / piece_length);
  return files.found_size(file) == end - begin && first < past &&
         covers(evidence.good, {first, past});
}

// A file that other names lead to is not written, and where its bytes are right there is no need
// to: what comes of a piece that it shares with a missing file is compared with what it has.
bool serves_as_it_is(storage::FileStorage const& files, FileIndex file,
                     OutputEvidence const& evidence) {
  auto const& found = files.found(file);
  return found && (found->links > 1 || found->met_again) && !found->linked &&
         !found->to_be_filled() && !files.left_out(file) && is_right_inside(files, file, evidence);
}

Failure not_ours(std::string text, OutputEvidence const& evidence) {
  if (!evidence.remedy.empty()) text.append("; ").append(evidence.remedy);
  return {Errc::kUnsafePath, std::move(text)};
}

// Some of it is right, and everything else blank: there is nothing to lose.  What is blank from end
// to end has nothing of the torrent's, and may be somebody's image of an empty disk.
bool has_nothing_else(storage::FileStorage& files, FileIndex file, OutputEvidence const& evidence) {
  TornPieces::Kill const none{Bitfield{evidence.good.size()}, 0};
  TornPieces rest{files, evidence.geometry, evidence.good, none};
  return files.found_size(file) == files.map().file(file).length && rest.explain(file) &&
         !rest.is_blank(file);
}

bool is_ours(storage::FileStorage& files, FileIndex file, OutputEvidence const& evidence,
             TornPieces& torn) {
  Vouch const vouch = evidence.vouched.empty() ? Vouch::kNo : evidence.vouched[file.value];
  if (vouch == Vouch::kYes) return true;
  if (holds_right_run(files, file, evidence.geometry, evidence.good)) return true;
  if (vouch == Vouch::kIfBlank && torn.is_blank(file)) return true;
  bool const whole = files.found_size(file) == files.map().file(file).length;
  if (vouch == Vouch::kIfTorn && whole && torn.explain(file)) return true;
  return has_nothing_else(files, file, evidence);
}

// It is as we left it, and what is not right in it we were about to write.  What a kill may have
// left is no such thing: somebody may have written since, and nobody asks for this file now.
bool is_unfinished(FileIndex file, OutputEvidence const& evidence) {
  return !evidence.vouched.empty() && evidence.vouched[file.value] == Vouch::kYes;
}

// A file that is not wanted shares a piece with another, and has something else there than zeros:
// perhaps what somebody wrote into it since.
bool is_endangered(storage::FileStorage& files, FileIndex file, OutputEvidence const& evidence,
                   TornPieces& torn) {
  bool const whole = files.found_size(file) == files.map().file(file).length;
  if (!whole || files.map().file(file).length == 0) return false;
  if (is_unfinished(file, evidence)) return false;
  std::uint64_t const begin = files.map().file_offset(file);
  std::uint64_t const end = begin + files.map().file(file).length;
  auto const pieces = pieces_of(files.map(), file, evidence.geometry);
  for (std::uint32_t const p : {pieces.begin, pieces.end - 1}) {
    std::uint64_t const piece_begin = evidence.geometry.piece_offset(PieceIndex{p});
    std::uint64_t const piece_end = piece_begin + evidence.geometry.piece_size(PieceIndex{p});
    bool const shared = piece_begin < begin || piece_end > end;
    if (!shared || evidence.good.test(p)) continue;
    if (!torn.is_blank(std::max(begin, piece_begin), std::min(end, piece_end))) return true;
  }
  return false;
}

// Why the file, which is not right, may not be written.
std::optional<Failure> objection(storage::FileStorage& files, FileIndex file,
                                 OutputEvidence const& evidence, TornPieces& torn) {
  auto const& found = files.found(file);
  std::uint64_t const length = files.map().file(file).length;
  if (!found) {
    if (!files.behind_link(file)) return std::nullopt;
    return Failure{Errc::kUnsafePath, files.path_of(file) +
                                          ": is not there, and the way to it is a link; nothing "
                                          "is written through links"};
  }
  if (found->linked) {
    return Failure{Errc::kUnsafePath, files.path_of(file) +
                                          ": is reached through a link and not all of it is "
                                          "right; nothing is written through links"};
  }
  if (auto shared = files.shared(file)) return shared;
  // Nobody insists on what is not wanted.
  if (evidence.overwrite && !files.left_out(file)) return std::nullopt;
  std::uint64_t const size = found->stamp.size;
  if (size == 0 || found->blank) return std::nullopt;
  if (size <= length && is_ours(files, file, evidence, torn)) return std::nullopt;
  std::string const why =
      size > length
          ? "is " + counted_bytes(size) + " long, the torrent's file is " + std::to_string(length)
          : "is there already, and too little of it is right to be the torrent's";
  return not_ours(files.path_of(file) + ": " + why, evidence);
}

// Without the pieces that are right by what was read in its place: they say nothing of what stands
// there.
Bitfield right_by_itself(storage::FileStorage const& files, FileIndex file,
                         OutputEvidence const& evidence) {
  Bitfield good = evidence.good;
  auto const pieces = pieces_of(files.map(), file, evidence.geometry);
  if (files.found(file)->head_to_fill) good.reset(pieces.begin);
  if (files.found(file)->tail_to_fill) good.reset(pieces.end - 1);
  return good;
}

// It gets what it lacks before anything is fetched, so it has to be ours already.
std::optional<Failure> objection_to_filling(storage::FileStorage& files, FileIndex file,
                                            OutputEvidence const& evidence) {
  Bitfield const good = right_by_itself(files, file, evidence);
  OutputEvidence const by_itself{.geometry = evidence.geometry,
                                 .good = good,
                                 .vouched = evidence.vouched,
                                 .kill = evidence.kill,
                                 .overwrite = evidence.overwrite,
                                 .remedy = evidence.remedy};
  TornPieces torn{files, evidence.geometry, good, evidence.kill};
  return objection(files, file, by_itself, torn);
}

}  // namespace

Outcome guard_output(storage::FileStorage& files, OutputEvidence const& evidence) {
  std::optional<Failure> first;
  std::uint32_t more = 0;
  TornPieces torn{files, evidence.geometry, evidence.good, evidence.kill};
  for (std::uint32_t f = 0; f < files.map().files().size(); ++f) {
    FileIndex const file{f};
    if (files.map().file(file).pad) continue;
    bool const to_be_filled = files.found(file) && files.found(file)->to_be_filled();
    bool const right = !to_be_filled && is_right(files, file, evidence);
    if (right || serves_as_it_is(files, file, evidence)) {
      files.keep(file);
      continue;
    }
    auto why = to_be_filled ? objection_to_filling(files, file, evidence)
                            : objection(files, file, evidence, torn);
    if (files.left_out(file)) {
      if (why || is_endangered(files, file, evidence, torn)) files.disown(file);
    } else if (!why) {
      continue;
    } else if (!first) {
      first = *std::move(why);
    } else {
      ++more;
    }
  }
  if (!first) return kOk;
  if (more > 0) first->detail += " (and " + std::to_string(more) + " more files)";
  return *std::move(first);
}

}  // namespace btfast
