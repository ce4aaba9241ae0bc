// A file written as a whole: after a crash, a full disk or a failing one it is what it was or what
// it became, never in between and never empty.  Other names of it (hard links) keep what it was.
//
// Threads: any; one at a time for one name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/base/expected.h"
#include "engine/base/limits.h"
#include "storage/fd.h"

namespace btfast::storage {

// The name under which the new file is made before it takes the old one's place.
std::string replacement_name(std::string const& name,
                             std::size_t name_max = limits::kPathElementBytes);

// kNo: it survives this process, not the machine; only where nothing is replaced.
enum class Durable : std::uint8_t { kNo, kYes };

// `name` in `directory` becomes `bytes`, and stays so.  When it fails, what was there stays;
// only a failure of the very last step (the directory's own sync) leaves the new one.
Status replace_file(int directory, std::string const& name, std::span<std::byte const> bytes,
                    Durable durable = Durable::kYes);

// The same with what `fill` writes, for bytes that are too many to hold.  The new file is open.
using FillFile = std::function<Status(int fd)>;
Expected<Fd> replace_file(int directory, std::string const& name, FillFile const& fill,
                          Durable durable = Durable::kYes);

}  // namespace btfast::storage
