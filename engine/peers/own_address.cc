#include "engine/peers/own_address.h"

#include <algorithm>

namespace btfast {
namespace {

constexpr std::uint16_t kAnyPort = 1;  // an address is dialable with a port only

net::Endpoint address_of(net::Endpoint const& endpoint) noexcept { return endpoint.with_port(0); }

}  // namespace

bool OwnAddress::on_connected_from(net::Endpoint const& local) {
  if (local.family() == net::Family::kNone) return false;
  Known& here = known(local.family());
  if (here.local.family() != net::Family::kNone) return false;
  here.local = address_of(local);
  return here.agreed.family() == net::Family::kNone;
}

bool OwnAddress::on_told(net::Endpoint const& teller, net::Endpoint const& ours) {
  if (!ours.with_port(kAnyPort).is_dialable()) return false;
  Known& here = known(ours.family());
  net::Endpoint const before = of(ours.family());
  std::erase_if(here.words, [&](Word const& w) { return w.teller == address_of(teller); });
  here.words.push_back({address_of(teller), address_of(ours)});
  if (here.words.size() > kTellers) here.words.pop_front();
  if (auto const now = agreed(here); now.family() != net::Family::kNone) here.agreed = now;
  return of(ours.family()) != before;
}

net::Endpoint OwnAddress::agreed(Known const& known) {
  for (auto const& candidate : known.words) {
    auto const votes = static_cast<std::size_t>(
        std::count_if(known.words.begin(), known.words.end(),
                      [&](Word const& word) { return word.ours == candidate.ours; }));
    if (votes >= kAgree && 2 * votes > known.words.size()) return candidate.ours;
  }
  return {};
}

net::Endpoint const& OwnAddress::of(net::Family family) const noexcept {
  Known const& here = known_[family == net::Family::kIpv6 ? 1 : 0];
  return here.agreed.family() != net::Family::kNone ? here.agreed : here.local;
}

}  // namespace btfast
