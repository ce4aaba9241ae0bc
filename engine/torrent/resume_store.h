// ResumeStore: one torrent's control file, NAME.btfast beside the download: read and judged
// against the files at the start, written while the download is unfinished, removed at its
// end.  What it says is a claim: it counts for the files that are as it describes them.
//
// Threads:   plan() once, after the storage's prepare(); then save() and remove().  Any
//            thread, one call at a time; all of them block.
// Ownership: the storage must outlive it.
#pragma once

#include <optional>
#include <string>

#include "engine/base/bitfield.h"
#include "engine/base/expected.h"
#include "engine/base/piece_geometry.h"
#include "engine/base/types.h"
#include "engine/torrent/resume_file.h"
#include "storage/file_storage.h"

namespace btfast {

// What a start knows before it hashes anything.  No piece is in both.
struct ResumePlan {
  Bitfield trusted;  // claimed, and every file it lies in is as the claim says
  Bitfield unsure;   // to be hashed
};

class ResumeStore {
 public:
  struct Subject {
    InfoHash info_hash{};
    PieceGeometry geometry;
    bool ignore_claim = false;  // --no-resume: hash everything
  };

  ResumeStore(storage::FileStorage& files, Subject subject);

  ResumePlan plan();
  // REQUIRES: a Storage::sync() that began after every piece of `verified` was written.
  Outcome save(Bitfield const& verified);
  void remove();

  std::string path() const;

 private:
  // Empty: there is none, or none to believe; the person is told why.
  std::optional<ResumeClaim> load();
  Result<ResumeClaim> read();
  ResumePlan judge(ResumeClaim const& claim) const;
  Bitfield everything_if_any_data() const;
  void mark_pieces_of(FileIndex file, Bitfield& pieces) const;
  std::size_t size_max() const;
  std::string name() const;  // beside what prepare() found or made

  storage::FileStorage& files_;
  Subject const subject_;
  bool foreign_ = false;  // a file of the name is there and not ours: never touched
};

}  // namespace btfast
