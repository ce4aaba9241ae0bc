#include "cli/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "cli/text.h"

namespace btfast::cli {

ServiceNotifier ServiceNotifier::from_environment() {
  char const* const address = std::getenv("NOTIFY_SOCKET");
  ServiceNotifier notifier{address == nullptr ? "" : address};
  (void)::unsetenv("NOTIFY_SOCKET");
  return notifier;
}

void ServiceNotifier::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + escaped(status));
}
void ServiceNotifier::status(std::string_view status) const { send("STATUS=" + escaped(status)); }
void ServiceNotifier::stopping(std::string_view status) const {
  send("STOPPING=1\nSTATUS=" + escaped(status));
}

// A manager that does not listen is no reason to wait or to fail.
void ServiceNotifier::send(std::string const& text) const noexcept {
  sockaddr_un address{};
  if (address_.size() < 2 || address_.size() >= sizeof address.sun_path) return;
  if (address_[0] != '/' && address_[0] != '@') return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') address.sun_path[0] = '\0';
  auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  int const socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  (void)::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<sockaddr const*>(&address), length);
  ::close(socket);
}

}  // namespace btfast::cli
