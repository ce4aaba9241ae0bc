// Checkpointer: keeps a torrent's control file near the truth while it downloads: what was
// verified is synced, and only then claimed.  A step is a job on the readers: snapshot the
// pieces, sync the data, save.
//
// Threads:   the control thread; the jobs touch only what they share.
// Ownership: jobs share the pieces, the storage and the store, and may outlive this.
// Errors:    that nothing is saved is told once, when a second try has failed too or at the end.
// Bound:     what came in the last two seconds, and while a step was under way, is not
//            claimed yet.
// Ordering:  the snapshot (acquire) comes before the sync begins, so that no piece is
//            claimed whose bytes the sync may have missed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/base/clock.h"
#include "engine/base/executor.h"
#include "engine/base/expected.h"
#include "engine/pieces/piece_map.h"
#include "engine/torrent/resume_store.h"
#include "net/event_loop.h"
#include "storage/storage.h"

namespace btfast {

class Checkpointer {
 public:
  struct Shared {
    std::shared_ptr<PieceMap const> pieces;
    std::shared_ptr<storage::Storage> storage;
    std::shared_ptr<ResumeStore> store;
  };
  using OnLost = std::function<void(Failure)>;
  using OnSealed = std::function<void(Outcome const&)>;

  // `on_lost`: a sync failed, and nobody knows what the disk took; claims end there.
  Checkpointer(net::EventLoop& control, Executor& readers, Shared shared, OnLost on_lost);
  ~Checkpointer();

  // From now on, every second or two; again after complete(), when more is wanted after all.
  // `saved`: the file says what we have already.  `unsaved`: why it does not, and nobody knows.
  void start(bool saved, std::optional<Failure> unsaved = {});
  // All that is wanted is here: once it is synced the control file goes, and
  // `sealed` hears whether everything is where it belongs; if it is not, the file stays.
  void complete(OnSealed sealed);
  // A last step where start() was called and complete() was not; then `done`, on the loop.
  // `told`: what the person hears as the end of it; not saving for that reason says no more.
  void finish(std::function<void()> done, std::optional<Errc> told = {});

  // What a step takes and what comes back.
  static constexpr std::chrono::seconds kFirst{2};
  static constexpr std::chrono::seconds kPause{1};

 private:
  struct Report;
  static Report step(Shared const& shared, std::atomic<bool> const& complete,
                     ResumeStore::Files files);
  static Outcome seal(Shared const& shared);

  void on_tick();
  bool ends_in_time(std::uint32_t have);
  void next();
  void submit_step();
  void submit_seal();
  void on_report(Report const& report);
  void on_unsaved(Failure const& why);
  void tell_unsaved();

  net::EventLoop& control_;
  Executor& readers_;
  Shared const shared_;
  OnLost const on_lost_;
  std::shared_ptr<Checkpointer*> alive_;               // posted reports look here first
  std::shared_ptr<std::atomic<bool>> const complete_;  // tells a job under way to save nothing
  net::Timer timer_;
  std::function<void()> done_;
  std::optional<Errc> told_;                  // of the end
  std::optional<Failure> unsaved_;            // why the last step saved nothing, not told yet
  bool unsaved_told_ = false;                 // since a step saved something
  std::optional<std::uint32_t> saved_count_;  // pieces that the file claims
  std::uint32_t tick_count_ = 0;              // pieces at the last tick
  TimePoint tick_at_{};
  TimePoint step_at_{};     // when the last step began
  TimePoint claimed_at_{};  // what is here since then may be in no file
  bool running_ = false;    // between start() and the end of claims
  bool busy_ = false;       // a job is under way
  bool want_step_ = false;
  bool want_seal_ = false;
  OnSealed sealed_;
};

}  // namespace btfast
