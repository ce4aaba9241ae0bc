#include "engine/torrent/checkpointer.h"

#include <utility>

#include "engine/base/log.h"

namespace btfast {
namespace {

// What is not claimed for so long is claimed, however near the end is: before that, a step
// would cost more than what it could save.
constexpr std::chrono::seconds kUnclaimedMax{2};

}  // namespace

struct Checkpointer::Report {
  std::optional<std::uint32_t> claimed;  // pieces now in the file
  std::optional<Failure> sync_failure;
  std::optional<Failure> save_failure;
};

Checkpointer::Checkpointer(net::EventLoop& control, Executor& readers, Shared shared,
                           OnLost on_lost)
    : control_(control),
      readers_(readers),
      shared_(std::move(shared)),
      on_lost_(std::move(on_lost)),
      alive_(std::make_shared<Checkpointer*>(this)),
      complete_(std::make_shared<std::atomic<bool>>(false)),
      timer_(control.timers(), [this] { on_tick(); }) {}

Checkpointer::~Checkpointer() = default;

void Checkpointer::start(bool saved, std::optional<Failure> unsaved) {
  if (unsaved) unsaved_ = std::move(unsaved);
  running_ = true;
  tick_count_ = shared_.pieces->have_count();
  tick_at_ = claimed_at_ = control_.now();
  saved_count_ = saved ? std::optional{tick_count_} : std::nullopt;
  complete_->store(false, std::memory_order_relaxed);
  timer_.arm(kFirst);
}

void Checkpointer::complete(OnSealed sealed) {
  running_ = false;
  timer_.disarm();
  // relaxed: a hint to spare work; the seal comes after the job under way in any case.
  complete_->store(true, std::memory_order_relaxed);
  want_seal_ = true;
  sealed_ = std::move(sealed);
  next();
}

void Checkpointer::finish(std::function<void()> done, std::optional<Errc> told) {
  told_ = told;
  timer_.disarm();
  want_step_ = std::exchange(running_, false);
  done_ = std::move(done);
  next();
}

void Checkpointer::on_tick() {
  std::uint32_t const have = shared_.pieces->have_count();
  bool const skip = saved_count_ == have || ends_in_time(have);
  tick_count_ = have;
  tick_at_ = control_.now();
  if (skip) return timer_.arm(kPause);
  want_step_ = true;
  next();
}

// At the rate since the last tick.
bool Checkpointer::ends_in_time(std::uint32_t have) {
  TimePoint const now = control_.now();
  std::uint32_t const missing = shared_.pieces->piece_count() - have;
  Duration const left = kUnclaimedMax - (now - claimed_at_);
  return missing * (now - tick_at_) <= (have - tick_count_) * left;
}

// One job at a time, a seal after whatever was begun before it.
void Checkpointer::next() {
  if (busy_) return;
  if (std::exchange(want_seal_, false)) {
    // start() may have come since: then nothing is whole, and the seal is void.
    if (!running_) {
      want_step_ = false;
      return submit_seal();
    }
  }
  if (std::exchange(want_step_, false)) return submit_step();
  if (!done_) return;
  if (unsaved_ && unsaved_->code != told_) tell_unsaved();
  control_.defer(std::exchange(done_, {}));
}

void Checkpointer::submit_step() {
  busy_ = true;
  step_at_ = control_.now();
  // After finish() nobody writes any more.
  auto const files = done_ ? ResumeStore::Files::kAtRest : ResumeStore::Files::kUnderWay;
  readers_.submit([shared = shared_, complete = complete_, files, alive = std::weak_ptr(alive_),
                   &control = control_] {
    auto const report = std::make_shared<Report>(step(shared, *complete, files));
    control.post([alive, report] {
      if (auto const here = alive.lock()) (*here)->on_report(*report);
    });
  });
}

void Checkpointer::submit_seal() {
  busy_ = true;
  readers_.submit([shared = shared_, sealed = std::exchange(sealed_, {}),
                   alive = std::weak_ptr(alive_), &control = control_]() mutable {
    auto const outcome = std::make_shared<Outcome>(seal(shared));
    control.post([alive, outcome, sealed = std::move(sealed)] {
      auto const here = alive.lock();
      if (!here) return;
      if (sealed) sealed(*outcome);
      (*here)->on_report({});
    });
  });
}

// The file says that the download is unfinished, and goes only when that is not so even after
// a crash.  A disk may also take what it has no room for, and say so only when it is synced.
Outcome Checkpointer::seal(Shared const& shared) {
  if (auto const synced = shared.storage->sync(); !synced) return synced;
  auto const moved = shared.storage->disturbances(storage::Watch::kNames);
  if (!moved.empty()) return moved.front().why;
  Bitfield const have = shared.pieces->snapshot();
  if (auto lost = shared.store->find_loss(*shared.storage, have)) return *std::move(lost);
  if (auto const noted = shared.store->conclude(have); !noted) {
    log_event(LogLevel::kWarn, "resume_not_saved", {{"reason", failure_text(noted.error())}});
  }
  return kOk;
}

Checkpointer::Report Checkpointer::step(Shared const& shared, std::atomic<bool> const& complete,
                                        ResumeStore::Files files) {
  Bitfield const verified = shared.pieces->snapshot();
  if (complete.load(std::memory_order_relaxed)) return {};
  if (auto const synced = shared.storage->sync(); !synced) return {.sync_failure = synced.error()};
  if (complete.load(std::memory_order_relaxed)) return {};
  if (auto const saved = shared.store->save(verified, files); !saved) {
    return {.save_failure = saved.error()};
  }
  return {.claimed = verified.count()};
}

void Checkpointer::on_report(Report const& report) {
  busy_ = false;
  if (report.claimed) {
    saved_count_ = report.claimed;
    claimed_at_ = step_at_;
    unsaved_.reset();
    unsaved_told_ = false;
  }
  if (report.save_failure) on_unsaved(*report.save_failure);
  if (report.sync_failure) {
    running_ = want_step_ = false;
    log_event(LogLevel::kError, "sync_failed", {{"reason", failure_text(*report.sync_failure)}});
    on_lost_(*report.sync_failure);
  }
  if (running_) timer_.arm(kPause);
  next();
}

// A disk that is full by now refuses the data a moment later, which is all that is to be said.
void Checkpointer::on_unsaved(Failure const& why) {
  if (unsaved_told_) return;
  bool const again = unsaved_.has_value();
  unsaved_ = why;
  if (again && !done_) tell_unsaved();
}

void Checkpointer::tell_unsaved() {
  log_event(LogLevel::kWarn, "resume_not_saved", {{"reason", failure_text(*unsaved_)}});
  unsaved_.reset();
  unsaved_told_ = true;
}

}  // namespace btfast
