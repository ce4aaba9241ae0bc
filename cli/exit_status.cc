#include "cli/exit_status.h"

namespace btfast::cli {

ExitStatus exit_status_of(Failure const& failure) noexcept {
  switch (failure.code) {
    case Errc::kBadBencode:
    case Errc::kBadMetainfo:
    case Errc::kUnsupported:
    case Errc::kTooLarge:
      return ExitStatus::kBadTorrent;
    case Errc::kBadArgument:
      return ExitStatus::kUsage;
    case Errc::kDiskFull:
      return ExitStatus::kDiskFull;
    case Errc::kDiskIo:
    case Errc::kNotFound:
    case Errc::kPermission:
    case Errc::kUnsafePath:
      return ExitStatus::kStorage;
    case Errc::kBusy:
      return ExitStatus::kOutputBusy;
    case Errc::kNetwork:
    case Errc::kConnectRefused:
    case Errc::kRefused:
    case Errc::kBadReply:
      return ExitStatus::kNetwork;
    case Errc::kTimeout:
      return ExitStatus::kGaveUp;
    case Errc::kCancelled:
      return ExitStatus::kInterrupted;
    case Errc::kInternal:
    case Errc::kBadMessage:
    case Errc::kWouldBlock:
    case Errc::kNoResource:
      return ExitStatus::kInternal;
  }
  return ExitStatus::kInternal;
}

}  // namespace btfast::cli
