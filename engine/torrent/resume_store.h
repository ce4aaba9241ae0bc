// ResumeStore: one torrent's control file, NAME.btfast beside the download: read and judged
// against the files at the start, written while the download is unfinished, removed at its
// end.  What it says is a claim: it counts for the files that are as it describes them.
//
// Threads:   plan() once, after the storage's look(); then the others.  Any thread, one call
//            at a time; all of them block.
// Ownership: the storage must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "engine/torrent/output_guard.h"
#include "engine/torrent/resume_file.h"
#include "storage/file_storage.h"
#include "storage/replace_file.h"

namespace btfast {

// What a start knows before it hashes anything.  No piece is in both.
struct ResumePlan {
  Bitfield trusted;            // claimed, and every file it lies in is as the claim says
  Bitfield unsure;             // to be hashed
  std::vector<Vouch> vouched;  // by FileIndex; empty: there is no claim
  TornPieces::Kill kill;       // what the run that left the claim may have been at
};

class ResumeStore {
 public:
  struct Subject {
    InfoHash info_hash{};
    PieceGeometry geometry;
    bool ignore_claim = false;       // --no-resume: hash everything
    bool overwrite = false;          // …whatever stands there
    std::string remedy = {};         // what the person may do where that is somebody else's
    std::uint32_t half_written = 1;  // pieces that a kill may leave so
    // Null: what was written is not looked at again.
    std::shared_ptr<std::vector<Sha1Digest> const> digests = {};
  };
  // kUnderWay: files may change before the next save.  kAtRest: nobody writes any more.
  enum class Files : std::uint8_t { kUnderWay, kAtRest };

  ResumeStore(storage::FileStorage& files, Subject subject);

  ResumePlan plan();
  // After plan() and before the storage's prepare(): may it be written, when the pieces of
  // `good` are right (engine/torrent/output_guard.h)?  Not where somebody's own file stands in
  // the control file's place either.
  Outcome admit(ResumePlan const& plan, Bitfield const& good);
  // After admit() and before the storage's prepare(): says what is about to be made, where
  // nothing says anything yet.  Whoever is stopped or killed while files are made leaves zeros,
  // and not every file system tells those from somebody's.
  Outcome announce(Bitfield const& good);
  // Before anything is written: says whose the files are from now on.  False: that is not on
  // the disk yet, and claims no piece.
  Result<bool> begin(Bitfield const& verified);
  // REQUIRES: a Storage::sync() that began after every piece of `verified` was written.
  Outcome save(Bitfield const& verified, Files files = Files::kUnderWay);
  // Of what is claimed to be right, what others took away meanwhile (hollow_pieces.h).
  std::optional<Failure> find_loss(storage::Storage& storage, Bitfield const& have) const;
  // All that is wanted is right and on the disk: the control file goes, but not while it speaks
  // for files that another selection left half.
  Outcome conclude(Bitfield const& verified);
  void remove();

  std::string path() const;

 private:
  // Empty: there is none, or none to believe; the person is told why.
  std::optional<ResumeClaim> load();
  Result<ResumeClaim> read();
  Result<ResumeClaim> decode(std::span<std::byte const> bytes) const;
  Failure not_a_control_file(std::string const& name) const;
  ResumePlan judge(ResumeClaim const& claim) const;
  std::vector<Vouch> vouched_by(ResumeClaim const& claim) const;
  Vouch vouches(ResumeClaim const& claim, ResumeFile const& then, FileIndex file) const;
  void set_aside(std::vector<Vouch> const& vouched);
  ResumeFile said_of_others(FileIndex file) const;
  bool foreign_replacement() const;
  bool anything_to_fetch(Bitfield const& good) const;
  bool anything_half(Bitfield const& verified) const;
  Outcome write(ResumeClaim const& claim, storage::Durable durable);
  Result<ResumeClaim> claim_of(Bitfield const& verified);
  ResumeClaim blank_claim(Bitfield const& verified) const;
  std::optional<ResumeClaim> claim_before_making(Bitfield const& good) const;
  void mark_pieces_of(FileIndex file, Bitfield& pieces) const;
  std::size_t size_max() const;
  std::string new_name() const;
  std::string name() const;  // beside what prepare() found or made

  storage::FileStorage& files_;
  Subject const subject_;
  bool foreign_ = false;               // a file of the name is there and not ours: never touched
  std::optional<Failure> in_the_way_;  // …nor a control file at all
  bool found_ = false;                 // one of ours is there
  std::uint32_t half_before_ = 0;      // pieces that runs before this one may have left half
  // What is there, by its order without pads, until it is known what becomes of the files.
  std::vector<ResumeFile> said_;
  // What it says of files that a kill may have left torn and that are left alone: it is said again,
  // for they are wanted some day.  By FileIndex.
  std::unordered_map<std::uint32_t, ResumeFile> set_aside_;
};

}  // namespace btfast
