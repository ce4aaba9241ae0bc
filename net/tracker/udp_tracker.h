// UdpTracker: announces over UDP (BEP 15).
//
// A connection id is good for a minute and proves that we can receive at our address; an
// announce that finds none asks for one first.  What is not answered is sent again after
// 15 s, then 30 s, …, sooner in a request with less time than that, each time (while no
// connection stands) to the next address of the name.  What does not carry our random
// transaction id, from the address asked, is not an answer.
//
// Threads: the control thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "net/event_loop.h"
#include "net/resolver.h"
#include "net/tracker/announce_reply.h"
#include "net/tracker/tracker.h"
#include "net/tracker/tracker_url.h"
#include "net/tracker/udp_packets.h"
#include "net/udp_socket.h"

namespace btfast::net {

class UdpTracker final : public Tracker, private EventHandler {
 public:
  struct Source {
    Endpoint address;    // family kNone for any
    std::string device;  // empty for any
  };

  // REQUIRES: a udp URL; loop and resolver outlive the tracker.
  UdpTracker(TrackerUrl url, EventLoop& loop, Resolver& resolver, Source source,
             std::chrono::seconds interval_min);
  ~UdpTracker() override;

  void announce(AnnounceRequest const& request, Callback done) override;
  void cancel() noexcept override;
  std::string const& url() const noexcept override { return url_.text; }

 private:
  enum class State : std::uint8_t { kIdle, kResolving, kConnecting, kAnnouncing };

  void on_resolved(Result<Resolver::Addresses> result);
  void on_event(ReactorEvent const& event) override;
  void on_datagram(std::span<std::byte const> datagram);
  void on_error_answer(std::span<std::byte const> text);
  void on_announced(std::span<std::byte const> body);
  void on_retry();

  bool connection_is_good() const noexcept;
  void begin_connect();
  void begin_announce();
  bool open_socket();
  void try_next_address(Error why);
  void send(std::span<std::byte const> packet);
  bool new_transaction();
  void finish(Result<AnnounceReply> result);
  Failure failure(Errc code, std::string_view what) const;

  TrackerUrl const url_;
  EventLoop& loop_;
  Resolver& resolver_;
  Source const source_;
  std::chrono::seconds const interval_min_;

  State state_ = State::kIdle;
  AnnounceRequest request_;
  Callback done_;
  Resolver::Lookup lookup_;
  Resolver::Addresses addresses_;
  std::size_t address_index_ = 0;
  std::size_t addresses_refused_ = 0;  // in a row, in this announce
  UdpSocket socket_;
  Watch watch_;  // after the socket: ends before it closes
  Timer retry_timer_;
  Timer deadline_;
  std::uint32_t transaction_ = 0;
  unsigned tries_ = 0;
  bool reconnected_ = false;  // a tracker may forget a connection once an announce
  std::optional<Error> send_error_;
  std::uint64_t connection_id_ = 0;
  TimePoint connection_until_{};
};

}  // namespace btfast::net
