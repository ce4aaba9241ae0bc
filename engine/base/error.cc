#include "engine/base/error.h"

#include <cerrno>
#include <system_error>

namespace btfast {

std::string_view errc_text(Errc code) noexcept {
  switch (code) {
    case Errc::kInternal:
      return "internal error";
    case Errc::kBadBencode:
      return "bad bencode";
    case Errc::kBadMetainfo:
      return "bad torrent";
    case Errc::kUnsupported:
      return "unsupported";
    case Errc::kBadMessage:
      return "bad message";
    case Errc::kBadReply:
      return "bad reply";
    case Errc::kBadArgument:
      return "bad argument";
    case Errc::kTooLarge:
      return "too large";
    case Errc::kUnsafePath:
      return "unsafe path";
    case Errc::kDiskFull:
      return "no space left";
    case Errc::kDiskIo:
      return "storage error";
    case Errc::kNotFound:
      return "not found";
    case Errc::kPermission:
      return "permission denied";
    case Errc::kBusy:
      return "busy";
    case Errc::kNetwork:
      return "network error";
    case Errc::kConnectRefused:
      return "connection refused";
    case Errc::kTimeout:
      return "timed out";
    case Errc::kRefused:
      return "refused";
    case Errc::kWouldBlock:
      return "would block";
    case Errc::kCancelled:
      return "cancelled";
    case Errc::kNoResource:
      return "out of a resource";
  }
  return "unknown error";
}

std::string error_text(Error error) {
  std::string text{errc_text(error.code)};
  if (error.sys_errno != 0) {
    text += " (" + std::generic_category().message(error.sys_errno) + ")";
  }
  return text;
}

std::string failure_text(Failure const& failure) {
  std::string text = failure.detail.empty() ? std::string{errc_text(failure.code)} : failure.detail;
  if (failure.sys_errno != 0) {
    text += ": " + std::generic_category().message(failure.sys_errno);
  }
  return text;
}

Errc errc_from_file_errno(int err) noexcept {
  switch (err) {
    case ENOSPC:
    case EDQUOT:
      return Errc::kDiskFull;
    case ENOENT:
      return Errc::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::kPermission;
    case ELOOP:
    case EXDEV:
    case ENOTDIR:
      return Errc::kUnsafePath;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Errc::kNoResource;
    default:
      return Errc::kDiskIo;
  }
}

}  // namespace btfast
