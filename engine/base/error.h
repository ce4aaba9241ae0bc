// What can go wrong, as values.  Error is eight bytes and crosses queues; Failure
// adds the text a person needs (which path, key, byte, host) and belongs to the
// control plane.  No exceptions below cli/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace btfast {

enum class Errc : std::uint16_t {
  kInternal,
  // Bad input.
  kBadBencode,
  kBadMetainfo,
  kUnsupported,
  kBadMessage,
  kBadReply,
  kBadArgument,
  kTooLarge,
  kUnsafePath,
  // The environment refused.
  kDiskFull,
  kDiskIo,
  kNotFound,
  kPermission,
  kBusy,
  kNetwork,
  kConnectRefused,
  kTimeout,
  kRefused,  // the other side answered, and said no
  // Not an error for long.
  kWouldBlock,
  kCancelled,
  kNoResource,
};

std::string_view errc_text(Errc code) noexcept;

struct Error {
  Errc code;
  int sys_errno = 0;
  bool operator==(Error const&) const = default;
};

// "disk full (No space left on device)"
std::string error_text(Error error);

struct Failure {
  Errc code;
  int sys_errno = 0;
  std::string detail;  // what and where: "file.torrent: byte 17: leading zero in integer"

  Failure(Errc errc, std::string text) : code(errc), detail(std::move(text)) {}
  Failure(Errc errc, int err, std::string text)
      : code(errc), sys_errno(err), detail(std::move(text)) {}
  Error error() const noexcept { return {code, sys_errno}; }
};

// detail, and strerror(sys_errno) where there is one.
std::string failure_text(Failure const& failure);

// The Errc that a file system errno means (ENOSPC and EDQUOT: kDiskFull, …).
Errc errc_from_file_errno(int err) noexcept;

}  // namespace btfast
