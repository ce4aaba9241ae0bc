// How a torrent starts: its files, what is there already, then its peers.
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/log.h"
#include "engine/torrent/hollow_pieces.h"
#include "engine/torrent/torrent.h"

namespace btfast {
namespace {

// Of a first claim that cannot be noted: whoever lets us write the files and not their folder wants
// it so, and is told what it costs.
bool bearable(Failure const& unsaved) { return unsaved.code == Errc::kPermission; }

}  // namespace

// What the disk says before anything is changed on it.
struct Torrent::Found {
  Outcome outcome = kOk;
  std::shared_ptr<ResumePlan const> plan;
  std::shared_ptr<PieceChecker> check;  // null: there is nothing to hash
};

void Torrent::start() {
  enter(TorrentState::kPreparing);
  env_.readers.submit([shared = shared_, resume = resume_, trust = start_check_,
                       alive = std::weak_ptr(alive_), &control = env_.control] {
    auto found = std::make_shared<Found>();
    found->outcome = shared->storage().look();
    if (found->outcome && resume) found->plan = std::make_shared<ResumePlan>(resume->plan());
    auto check = std::make_shared<PieceChecker>(shared->storage(), shared->geometry(),
                                                shared->metainfo().piece_hashes);
    if (found->plan) check->restrict_to(found->plan->unsure);
    bool const asked = found->outcome && trust == StartCheck::kWhatIsThere;
    if (asked && check->anything_there()) found->check = std::move(check);
    control.post([alive, found] {
      if (auto const here = alive.lock()) (*here)->on_found(*found);
    });
  });
}

void Torrent::on_found(Found const& found) {
  if (state_ != TorrentState::kPreparing) return;
  if (!found.outcome) return fail(found.outcome.error());
  plan_ = found.plan;
  if (start_check_ == StartCheck::kTrust) {
    publish_existing(Bitfield{shared_->geometry().piece_count(), true});
  } else if (plan_) {
    publish_existing(plan_->trusted);
  }
  if (!found.check) return settle();
  check_ = found.check;
  enter(TorrentState::kChecking);
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
  settle();
}

// Files as they are when nothing is left to be made.
struct Torrent::Settled {
  Outcome outcome = kOk;
  Bitfield zeros;  // pieces that are right without a byte
};

// Now it is known what is right of what is there, so whose it is.
void Torrent::settle() {
  env_.readers.submit([shared = shared_, resume = resume_, plan = std::exchange(plan_, {}),
                       alive = std::weak_ptr(alive_), &control = env_.control] {
    auto const settled = std::make_shared<Settled>();
    Bitfield const good = shared->pieces().snapshot();
    auto& outcome = settled->outcome;
    if (plan) {
      outcome = resume->admit(*plan, good);
      if (outcome) outcome = resume->announce(good);
    }
    if (outcome) outcome = shared->storage().prepare();
    if (outcome && plan) {
      settled->zeros =
          zero_pieces(shared->storage(), shared->geometry(), shared->metainfo().piece_hashes, good);
    }
    control.post([alive, settled] {
      if (auto const here = alive.lock()) (*here)->on_settled(*settled);
    });
  });
}

void Torrent::on_settled(Settled const& settled) {
  bool const starting = state_ == TorrentState::kPreparing || state_ == TorrentState::kChecking;
  if (!starting) return;
  if (!settled.outcome) return fail(settled.outcome.error());
  publish_existing(settled.zeros);
  // Nobody is asked for what could not be kept.
  if (auto why = unwritable_goal()) return fail(*std::move(why));
  if (resume_ && !goal_.reached()) return begin_claim();
  go_live();
}

// Before the first byte is written: a start after a kill finds that the files are ours.  Where that
// cannot be noted nothing is written, unless it is bearable.
void Torrent::begin_claim() {
  env_.readers.submit(
      [shared = shared_, resume = resume_, alive = std::weak_ptr(alive_), &control = env_.control] {
        Bitfield const have = shared->pieces().snapshot();
        auto const saved = resume->begin(have);
        std::optional<Failure> unsaved;
        if (!saved) unsaved = saved.error();
        control.post([alive, claimed = saved && *saved, unsaved = std::move(unsaved)] {
          auto const here = alive.lock();
          if (!here || (*here)->state_ > TorrentState::kChecking) return;
          (*here)->claims_stand_ = claimed;
          (*here)->on_begun(unsaved);
        });
      });
}

void Torrent::on_begun(std::optional<Failure> unsaved) {
  if (unsaved && !bearable(*unsaved) && !useful_to_others()) return fail(*std::move(unsaved));
  unsaved_ = std::move(unsaved);
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
  shards_.open(shared_, reports_, rng_, goal_.wanted());
  bool const complete = goal_.reached();
  shared_->set_downloading(!complete);
  if (checkpoints_ && complete) checkpoints_->complete({});
  auto unsaved = std::exchange(unsaved_, {});
  auto unwritable = unsaved && !bearable(*unsaved) ? std::exchange(unsaved, {}) : std::nullopt;
  if (checkpoints_ && !complete) checkpoints_->start(claims_stand_, std::move(unsaved));
  enter(complete ? TorrentState::kComplete : TorrentState::kDownloading);
  // The shards hear that nothing is wanted before they hear of a peer.
  if (unwritable) on_unwritable(*std::move(unwritable));
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
