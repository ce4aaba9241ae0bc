// How many descriptors the process may have, and how many of them are for sockets: the rest
// is a reserve for files, the control file and logs, so that a crowd of peers cannot stop a
// download from being written.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/expected.h"

namespace btfast {

// As the limit stands now.
std::uint64_t descriptor_limit() noexcept;
// The limit less limits::kReservedFds, or less a quarter where it is very low.
std::uint64_t descriptors_for_sockets() noexcept;
// In the place of a standard stream that was closed before the program began: it fails like one,
// and no file or socket of ours gets its number, and with it what is printed.  Before all else.
void stand_in_for_closed_streams() noexcept;
// Up to what the system lets this user have.
void raise_descriptor_limit() noexcept;

// Whether a descriptor that was just made is one of the reserve.  The kernel gives the lowest
// free number, so the number tells how many are taken.
bool is_of_descriptor_reserve(int fd) noexcept;

// Whether so many sockets more may be had outside the reserve, found by having as many
// descriptors of another kind for a moment: for what would go on without them, and say that
// nobody is there.  kNoResource.
Outcome check_room_for_sockets(std::size_t count);

}  // namespace btfast
