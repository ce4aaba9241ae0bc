// How storage/io*.cc makes a call: through the fault hook, and again when a signal
// interrupted it.  Private to those files.
#pragma once

#include <cerrno>
#include <cstddef>

#include "engine/base/expected.h"
#include "storage/fault_hook.h"

namespace btfast::storage::io {

// Asks the hook, sits out its delay.
Fault next_fault(Op op) noexcept;

// The result of `f(bytes_max)`, or -errno.
template <class F>
long call(Op op, F&& f) {
  for (;;) {
    Fault const fault = next_fault(op);
    long const result = fault.error == 0 ? static_cast<long>(f(fault.bytes_max)) : -1;
    if (result >= 0) return result;
    int const error = fault.error == 0 ? errno : fault.error;
    if (error != EINTR) return -error;
  }
}

inline Error error_of(long negative) noexcept {
  int const error = static_cast<int>(-negative);
  return {errc_from_file_errno(error), error};
}

inline Status status_of(long result) noexcept {
  if (result < 0) return error_of(result);
  return kOk;
}

}  // namespace btfast::storage::io
