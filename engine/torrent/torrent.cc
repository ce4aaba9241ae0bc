#include "engine/torrent/torrent.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/content/piece_checker.h"

namespace btfast {
namespace {

// How often a stopping torrent looks whether the workers are through.
constexpr std::chrono::milliseconds kDrainPoll{5};
// A dying disk loses many pieces: one line a second is enough.
constexpr std::chrono::seconds kLossesTold{1};

}  // namespace

std::string_view torrent_state_name(TorrentState state) noexcept {
  switch (state) {
    case TorrentState::kNew:
      return "new";
    case TorrentState::kPreparing:
      return "preparing";
    case TorrentState::kChecking:
      return "checking";
    case TorrentState::kDownloading:
      return "downloading";
    case TorrentState::kSealing:
      return "sealing";
    case TorrentState::kComplete:
      return "complete";
    case TorrentState::kUploadOnly:
      return "upload only";
    case TorrentState::kFailed:
      return "failed";
    case TorrentState::kStopping:
      return "stopping";
    case TorrentState::kStopped:
      return "stopped";
  }
  return "unknown";
}

Torrent::Torrent(SessionEnv& env, ConfigPtr config, TorrentSetup setup, OnState on_state)
    : env_(env),
      config_(std::move(config)),
      on_state_(std::move(on_state)),
      peer_id_(setup.peer_id),
      start_check_(setup.start_check),
      keep_serving_(setup.keep_serving),
      first_peers_(std::move(setup.peers)),
      rng_(env.seed),
      outcomes_(env.control),
      reports_(env.control),
      shared_(std::make_shared<SharedTorrent>(config_, std::move(setup.metainfo),
                                              std::move(setup.storage), env.workers, env.readers,
                                              outcomes_, peer_id_)),
      goal_(shared_->metainfo_ptr(), setup.selection),
      shards_(env),
      sources_(std::move(setup.sources)),
      dialer_(env.control, env.nets.size(), config_->max_peers, peer_id_, rng_, dialer_actions()),
      trust_(dialer_, [this](PeerHandle peer, bool on) { set_parole(peer, on); }),
      choking_(env.control, *config_, env.nets.size(), choke_actions()),
      resume_(std::move(setup.resume)),
      watch_(env.control, env.readers, env.workers, shared_,
             {.seeding = [this] { return serving_only(); },
              .gone =
                  [this](Failure why) {
                    if (live() || serving_only()) fail(std::move(why));
                  }}),
      poll_stop_(env.control.timers(), [this] { finish_stop(); }),
      alive_(std::make_shared<Torrent*>(this)) {
  shared_->set_rate_limits(env_.limits);
  if (resume_) {
    checkpoints_ = std::make_unique<Checkpointer>(
        env_.control, env_.readers,
        Checkpointer::Shared{.pieces = {shared_, &shared_->pieces()},
                             .storage = {shared_, &shared_->storage()},
                             .store = resume_},
        [this](Failure failure) {
          // Nobody knows what the disk took: what is here must be looked at.
          watch_.distrust(failure);
          if (state_ == TorrentState::kDownloading) on_unwritable(std::move(failure));
        });
  }
  env_.control.add_drain([alive = std::weak_ptr(alive_)]() -> std::size_t {
    auto const here = alive.lock();
    return here ? (*here)->drain() : 0;
  });
}

Torrent::~Torrent() { BTF_CHECK(state_ == TorrentState::kNew || state_ == TorrentState::kStopped); }

Dialer::Actions Torrent::dialer_actions() {
  return {
      .connect =
          [this](std::uint16_t thread, net::Endpoint const& remote) {
            shards_.post(thread, [remote](SwarmShard& shard) { shard.connect(remote); });
          },
      .close =
          [this](PeerHandle peer, net::CloseReason reason) {
            shards_.post(peer.net_thread,
                         [peer, reason](SwarmShard& shard) { shard.close_peer(peer, reason); });
          },
      .want_peers = [this](PeerNeed need) { want_peers(need); },
  };
}

// To a seed the others come.
void Torrent::want_peers(PeerNeed need) {
  if (goal_.reached() || serving_only()) need = PeerNeed::kMore;
  if (need == PeerNeed::kMore && dialer_.known_count() >= config_->peers_enough) return;
  for (auto& source : sources_) source->want_peers(need);
}

void Torrent::set_parole(PeerHandle peer, bool on) {
  shards_.post(peer.net_thread, [peer, on](SwarmShard& shard) { shard.set_parole(peer, on); });
}

ChokeRounds::Actions Torrent::choke_actions() {
  return {
      .ask = [this] { shards_.post_to_all([](SwarmShard& shard) { shard.report_for_choking(); }); },
      .apply =
          [this](std::vector<PeerHandle> const& unchoked) {
            shards_.post_to_all([unchoked](SwarmShard& shard) { shard.apply_choking(unchoked); });
          },
      .set_slots = [this](std::uint32_t slots) { shared_->set_upload_slots(slots); },
      .seeding = [this] { return goal_.reached() || serving_only(); },
  };
}

void Torrent::enter(TorrentState state) {
  if (state_ == state) return;
  state_ = state;
  log_event(LogLevel::kInfo, "state",
            {{"name", metainfo().name}, {"state", torrent_state_name(state)}});
  on_state_(state);
}

void Torrent::fail(Failure failure) {
  if (failure_ && state_ != TorrentState::kUploadOnly) return;
  shared_->set_downloading(false);
  // A worker's last write may fail while we stop, and stopping goes on.
  bool const ending = state_ == TorrentState::kStopping || state_ == TorrentState::kStopped;
  // The first failure the owner tells, who hears of it now; else nobody would.
  if (failure_ || ending) {
    log_event(LogLevel::kError, "failed", {{"reason", failure_text(failure)}});
  }
  if (!failure_) failure_ = std::move(failure);
  if (!ending) enter(TorrentState::kFailed);
}

// What is here is right, and somebody wants it served.
bool Torrent::useful_to_others() const {
  return keep_serving_ && shared_->pieces().have_count() > 0;
}

void Torrent::on_unwritable(Failure failure) {
  if (failure_) return;
  bool const downloading = state_ == TorrentState::kDownloading;
  if (!downloading || !useful_to_others()) return fail(std::move(failure));
  shared_->set_downloading(false);
  log_event(LogLevel::kError, "unwritable",
            {{"reason", failure_text(failure)}, {"effect", "seeding what is there"}});
  failure_ = std::move(failure);
  stop_wanting();
  enter(TorrentState::kUploadOnly);
}

// To peers we are a partial seed then (BEP 21).
void Torrent::stop_wanting() {
  std::uint32_t const pieces = shared_->geometry().piece_count();
  auto const nothing = std::make_shared<WantedPieces const>(
      WantedPieces{std::vector<Priority>(pieces, Priority::kSkip), Bitfield{pieces}});
  shards_.post_to_all([nothing](SwarmShard& shard) { shard.set_wanted(*nothing); });
}

// -- while it runs ----------------------------------------------------------------------------

std::size_t Torrent::drain() {
  // Outcomes are taken first and looked at last: by then their senders were reported.
  std::vector<PieceOutcome> outcomes;
  outcomes_.drain([&](PieceOutcome outcome) { outcomes.push_back(std::move(outcome)); });
  outcomes_most_.note(outcomes.size());
  std::size_t const reports =
      reports_.drain([this](SwarmReport const& report) { on_report(report); });
  for (auto const& outcome : outcomes) on_outcome(outcome);
  if (reports > 0) finish_stop();
  return outcomes.size() + reports;
}

void Torrent::on_outcome(PieceOutcome const& outcome) {
  switch (outcome.kind) {
    case PieceOutcome::Kind::kHave:
      bytes_fetched_ += shared_->geometry().piece_size(outcome.piece);
      log_event(LogLevel::kDebug, "piece_have", {{"piece", outcome.piece.value}});
      if (!shards_.empty()) trust_.on_good_piece(outcome);
      if (goal_.on_have(outcome.piece)) on_complete();
      return;
    case PieceOutcome::Kind::kBadHash:
      return on_bad_piece(outcome);
    case PieceOutcome::Kind::kWriteFailed:
      return on_unwritable({outcome.error.code, outcome.error.sys_errno, outcome.failure});
    case PieceOutcome::Kind::kLost:
      return on_lost_piece({outcome.error.code, outcome.error.sys_errno, outcome.failure});
  }
}

void Torrent::on_complete() {
  shared_->set_downloading(false);
  if (!checkpoints_) return on_sealed(kOk);
  checkpoints_->complete([this](Outcome const& sealed) { on_sealed(sealed); });
  if (state_ == TorrentState::kDownloading) enter(TorrentState::kSealing);
}

void Torrent::on_sealed(Outcome const& sealed) {
  if (state_ != TorrentState::kDownloading && state_ != TorrentState::kSealing) return;
  if (!goal_.reached()) return;  // more is wanted since
  if (!sealed) return fail(sealed.error());
  // To a tracker `completed` means a seed (BEP 3).  A partial seed is none and still has
  // bytes left, so it goes on as the downloader it is counted as (BEP 21).
  if (goal_.whole()) {
    for (auto& source : sources_) source->completed();
  }
  enter(TorrentState::kComplete);
}

bool Torrent::live() const noexcept {
  return state_ == TorrentState::kDownloading || state_ == TorrentState::kSealing ||
         state_ == TorrentState::kComplete;
}

// Nothing is written any more.
bool Torrent::serving_only() const noexcept {
  return state_ == TorrentState::kComplete || state_ == TorrentState::kUploadOnly;
}

void Torrent::set_selection(FileSelection selection) {
  if (!live()) {
    next_selection_ = std::move(selection);
    return;
  }
  auto files = selection.wanted_files(metainfo().files.size());
  auto const made = std::make_shared<Outcome>(kOk);
  auto told = [alive = std::weak_ptr(alive_), number = ++selections_, made,
               selection = std::move(selection)] {
    auto const here = alive.lock();
    // Of several asked for in a row the last one counts.
    if (here && (*here)->selections_ == number) (*here)->on_selected(selection, *made);
  };
  env_.readers.submit([shared = shared_, &control = env_.control, made, files = std::move(files),
                       told = std::move(told)] {
    *made = shared->storage().select(files);
    control.post(told);
  });
}

void Torrent::on_selected(FileSelection const& selection, Outcome const& made) {
  if (!live()) return;
  if (!made) return fail(made.error());
  goal_.set_selection(selection);
  shared_->set_downloading(!goal_.reached());
  shards_.post_to_all([wanted = goal_.wanted()](SwarmShard& shard) { shard.set_wanted(*wanted); });
  if (!goal_.reached()) {
    bool const again = state_ != TorrentState::kDownloading;
    if (again && checkpoints_) checkpoints_->start(false);
    enter(TorrentState::kDownloading);
  } else if (state_ == TorrentState::kDownloading) {
    on_complete();
  }
}

void Torrent::on_bad_piece(PieceOutcome const& outcome) {
  ++bad_pieces_;
  bytes_bad_ += shared_->geometry().piece_size(outcome.piece);
  log_event(LogLevel::kWarn, "bad_piece",
            {{"piece", outcome.piece.value}, {"senders", outcome.senders.size()}});
  if (!shards_.empty()) trust_.on_bad_piece(outcome);
}

// What is served is one piece less; what is written must be whole.
void Torrent::on_lost_piece(Failure const& why) {
  if (!serving_only()) {
    if (live()) fail(why);
    return;
  }
  TimePoint const now = env_.control.now();
  ++lost_pieces_;
  if (now >= next_loss_told_) {
    next_loss_told_ = now + kLossesTold;
    log_event(LogLevel::kError, "piece_lost",
              {{"reason", failure_text(why)}, {"pieces", lost_pieces_}});
  }
  watch_.on_lost(why);
}

void Torrent::on_report(SwarmReport const& report) {
  if (auto const* opened = std::get_if<PeerOpened>(&report)) {
    dialer_.on_report(*opened);
    trust_.on_opened(*opened);
  } else if (auto const* told = std::get_if<AddressTold>(&report)) {
    dialer_.on_report(*told);
  } else if (auto const* closed = std::get_if<PeerClosed>(&report)) {
    dialer_.on_report(*closed);
  } else if (auto const* snapshot = std::get_if<ChokeSnapshot>(&report)) {
    choking_.on_snapshot(snapshot->peers);
  } else if (std::holds_alternative<ShardStopped>(report)) {
    shards_.on_stopped();
  }
}

// -- stop -----------------------------------------------------------------------------------

void Torrent::stop() {
  if (state_ == TorrentState::kStopping || state_ == TorrentState::kStopped) return;
  shared_->set_downloading(false);
  if (check_) check_->cancel();
  check_.reset();
  choking_.stop();
  watch_.stop();
  dialer_.stop();
  sources_stopping_ = shards_.empty() ? 0 : sources_.size();  // else they never started
  enter(TorrentState::kStopping);
  shards_.stop();
  if (sources_stopping_ > 0) {
    for (auto& source : sources_) {
      source->stop([this] {
        --sources_stopping_;
        finish_stop();
      });
    }
  }
  poll_stop_.arm(kDrainPoll);
}

void Torrent::finish_stop() {
  if (state_ != TorrentState::kStopping) return;
  if (!shards_.stopped() || sources_stopping_ > 0) return;
  if (!shared_->pipeline().idle()) return poll_stop_.arm(kDrainPoll);
  if (checkpoints_) {
    if (std::exchange(last_checkpoint_, true)) return;
    auto const told = failure_ ? std::optional{failure_->code} : std::nullopt;
    return checkpoints_->finish(
        [this] {
          checkpoints_.reset();
          finish_stop();
        },
        told);
  }
  last_stats_ = shard_stats();
  shards_.drop();
  enter(TorrentState::kStopped);
}

}  // namespace btfast
