#include "engine/torrent/data_watch.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"

namespace btfast {
namespace {

// A torrent of very many files is looked at less often: no more than a fiftieth of the time.
constexpr int kShare = 50;

}  // namespace

DataWatch::DataWatch(net::EventLoop& control, Executor& readers, Executor& workers,
                     std::shared_ptr<SharedTorrent> torrent, Actions actions)
    : control_(control),
      readers_(readers),
      workers_(workers),
      torrent_(std::move(torrent)),
      actions_(std::move(actions)),
      timer_(control.timers(), [this] { look(); }) {}

DataWatch::~DataWatch() { stop(); }

void DataWatch::start() {
  alive_ = std::make_shared<DataWatch*>(this);
  timer_.arm(kPause);
}

void DataWatch::stop() {
  timer_.disarm();
  alive_.reset();
  if (check_) check_->cancel();
  check_.reset();
}

void DataWatch::arm() {
  timer_.arm(std::max<Duration>(kPause, kShare * (control_.now() - began_)));
}

void DataWatch::look() {
  began_ = control_.now();
  auto const watch = actions_.seeding() ? storage::Watch::kContents : storage::Watch::kNames;
  readers_.submit([torrent = torrent_, watch, alive = std::weak_ptr(alive_), &control = control_] {
    auto const found = std::make_shared<Disturbances>(torrent->storage().disturbances(watch));
    control.post([alive, found] {
      if (auto const here = alive.lock()) (*here)->on_look(*found);
    });
  });
}

void DataWatch::on_look(Disturbances found) {
  if (distrusted_ && actions_.seeding()) {
    std::uint64_t const everything = torrent_->geometry().total_size();
    found.push_back({.offset = 0, .length = everything, .why = *std::exchange(distrusted_, {})});
  }
  if (found.empty()) return arm();
  storage::Disturbance const& first = found.front();
  if (first.everything || !actions_.seeding()) return actions_.gone(first.why);
  log_event(LogLevel::kWarn, "data_changed",
            {{"reason", failure_text(first.why)},
             {"files", found.size()},
             {"effect", "its pieces are hashed again"}});
  check(found);
}

void DataWatch::check(Disturbances const& found) {
  auto const suspects = std::make_shared<Bitfield>(pieces_we_have(found));
  why_ = found.front().why;
  check_ = std::make_shared<PieceChecker>(torrent_->storage(), torrent_->geometry(),
                                          torrent_->metainfo().piece_hashes);
  check_->restrict_to(*suspects);
  // The jobs read through `torrent`: it stays until they are through.
  check_->start(workers_, [torrent = torrent_, suspects, alive = std::weak_ptr(alive_),
                           &control = control_](CheckReport report) {
    auto const result = std::make_shared<CheckReport>(std::move(report));
    control.post([alive, suspects, result] {
      if (auto const here = alive.lock()) (*here)->on_checked(*suspects, *result);
    });
  });
}

void DataWatch::on_checked(Bitfield const& suspects, CheckReport const& report) {
  check_.reset();
  timer_.arm(kPause);
  std::uint32_t lost = 0;
  for (std::uint32_t p = 0; p < suspects.size(); ++p) {
    if (!suspects.test(p) || report.good.test(p)) continue;
    torrent_->lose_piece(PieceIndex{p}, *why_);
    ++lost;
  }
  log_event(LogLevel::kWarn, "data_checked", {{"pieces", suspects.count()}, {"lost", lost}});
}

void DataWatch::on_lost(Failure const& why) {
  if (torrent_->pieces().have_count() == 0) actions_.gone(why);
}

Bitfield DataWatch::pieces_we_have(Disturbances const& found) const {
  Bitfield pieces{torrent_->geometry().piece_count()};
  std::uint64_t const piece_length = torrent_->geometry().piece_length();
  for (auto const& [offset, length, everything, why] : found) {
    std::uint64_t const last = (offset + length - 1) / piece_length;
    for (std::uint64_t p = offset / piece_length; p <= last; ++p) {
      PieceIndex const piece{static_cast<std::uint32_t>(p)};
      if (torrent_->pieces().has(piece)) pieces.set(piece);
    }
  }
  return pieces;
}

}  // namespace btfast
