#include "cli/fetch_words.h"

namespace btfast::cli {
namespace {

std::string joined(std::string text, std::string const& more) {
  if (!text.empty() && !more.empty()) text += "; ";
  return text + more;
}

}  // namespace

std::string fetch_notice(FetchView const& view) {
  if (!view.fetching) return {};
  auto text = tracker_notice(
      view.trackers, {.has_peers = view.peers.connected > 0, .answer_due = view.answer_due});
  bool const all_ended = view.peers.connected == 0 && view.peers.awaited == 0;
  return view.answer_due && all_ended ? joined(std::move(text), peers_text(view.peers)) : text;
}

std::string gave_up_text(std::string_view why, FetchView const& view) {
  std::string text = "gave up: " + std::string{why};
  if (!view.fetching) return text;
  bool const comes = view.block_came && view.peers.giving > 0;
  if (!comes) text = joined(std::move(text), peers_text(view.peers));
  return joined(std::move(text), trackers_text(view.trackers, view.answer_due && !comes));
}

}  // namespace btfast::cli
