// A small file written as a whole: after a crash, a full disk or a failing one it is what
// it was or what it became, never in between and never empty.
//
// Threads: any; one at a time for one name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/base/expected.h"
#include "engine/base/limits.h"

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

}  // namespace btfast::storage
