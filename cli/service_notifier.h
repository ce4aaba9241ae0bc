// ServiceNotifier: tells the service manager that started us how we are: systemd's notify
// protocol, a datagram to the socket that $NOTIFY_SOCKET names.  Silent where there is none.
//
// Threads: one owner.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace btfast::cli {

class ServiceNotifier {
 public:
  // `address`: a path, or "@name" in the abstract namespace (Linux).
  explicit ServiceNotifier(std::string address) : address_(std::move(address)) {}
  // The variable goes: what we start must not speak for us.
  static ServiceNotifier from_environment();

  void ready(std::string_view status) const;
  void status(std::string_view status) const;
  void stopping(std::string_view status) const;

 private:
  void send(std::string const& text) const noexcept;

  std::string const address_;  // empty: nobody asks
};

}  // namespace btfast::cli
