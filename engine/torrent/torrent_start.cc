// How a torrent starts: its files, what is there already, then its peers.
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/log.h"
#include "engine/torrent/torrent.h"

namespace btfast {

struct Torrent::Prepared {
  Outcome outcome;
  std::optional<ResumePlan> plan;
};

void Torrent::start() {
  enter(TorrentState::kPreparing);
  env_.readers.submit(
      [shared = shared_, resume = resume_, alive = std::weak_ptr(alive_), &control = env_.control] {
        auto prepared = std::make_shared<Prepared>(Prepared{shared->storage().prepare(), {}});
        if (prepared->outcome && resume) prepared->plan = resume->plan();
        control.post([alive, prepared] {
          if (auto const here = alive.lock()) (*here)->on_prepared(*prepared);
        });
      });
}

void Torrent::on_prepared(Prepared const& prepared) {
  if (state_ != TorrentState::kPreparing) return;
  if (!prepared.outcome) return fail(prepared.outcome.error());
  if (start_check_ == StartCheck::kTrust) {
    publish_existing(Bitfield{shared_->geometry().piece_count(), true});
  } else if (prepared.plan) {
    publish_existing(prepared.plan->trusted);
    if (!prepared.plan->unsure.none()) return check_existing(prepared.plan->unsure);
    claims_stand_ = !prepared.plan->trusted.none();
  } else if (has_data_ && has_data_()) {
    return check_existing({});
  }
  go_live();
}

// `only`: the pieces to hash; empty: all.
void Torrent::check_existing(std::optional<Bitfield> only) {
  enter(TorrentState::kChecking);
  check_ = std::make_shared<PieceChecker>(shared_->storage(), shared_->geometry(),
                                          shared_->metainfo().piece_hashes);
  if (only) check_->restrict_to(*std::move(only));
  // The jobs read through `shared`: it stays until they are through.
  check_->start(env_.workers, [shared = shared_, alive = std::weak_ptr(alive_),
                               &control = env_.control](CheckReport report) {
    auto const result = std::make_shared<CheckReport>(std::move(report));
    control.post([alive, result] {
      if (auto const here = alive.lock()) (*here)->on_checked(*result);
    });
  });
}

void Torrent::on_checked(CheckReport const& report) {
  if (state_ != TorrentState::kChecking) return;
  check_.reset();
  publish_existing(report.good);
  go_live();
}

void Torrent::publish_existing(Bitfield const& good) {
  for (std::uint32_t p = 0; p < good.size(); ++p) {
    if (!good.test(p)) continue;
    auto claim = shared_->pieces().try_claim(PieceIndex{p});
    BTF_CHECK(claim.has_value());
    (void)std::move(*claim).publish_have();
    goal_.on_have(PieceIndex{p});
  }
}

// Where a piece that is missing lies in what may not be written.
std::optional<Failure> Torrent::unwritable_goal() {
  std::uint64_t const piece_length = shared_->geometry().piece_length();
  for (auto& [offset, length, everything, why] : shared_->storage().unwritable()) {
    for (std::uint64_t p = offset / piece_length; p * piece_length < offset + length; ++p) {
      if (goal_.misses(PieceIndex{static_cast<std::uint32_t>(p)})) return std::move(why);
    }
  }
  return std::nullopt;
}

void Torrent::go_live() {
  // Nobody is asked for what could not be kept.
  if (auto why = unwritable_goal()) return fail(*std::move(why));
  shards_.open(shared_, reports_, rng_, goal_.wanted());
  bool const complete = goal_.reached();
  shared_->set_downloading(!complete);
  if (checkpoints_ && complete) checkpoints_->complete({});
  if (checkpoints_ && !complete) checkpoints_->start(claims_stand_);
  enter(complete ? TorrentState::kComplete : TorrentState::kDownloading);
  if (state_ == TorrentState::kStopping) return;  // on_state may have had enough
  choking_.start();
  watch_.start();
  for (auto const& own : env_.own_endpoints) dialer_.mark_self(own);
  dialer_.start();
  dialer_.add(PeerOrigin::kManual, first_peers_);
  for (auto& source : sources_) {
    source->start([this](PeerOrigin origin, auto peers) { dialer_.add(origin, peers); },
                  [this] { return totals(); });
  }
  if (next_selection_) set_selection(*std::exchange(next_selection_, {}));
}

}  // namespace btfast
