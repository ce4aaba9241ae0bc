// Which is believed of a file that stands there and has ends in the part file, too.  Its ends go
// to the part file only while what stands there, if anything does, is not ours; but a kill while
// they were brought into a new file, or a person who puts the right file there, leaves both.
//
// Threads: any; between look() and prepare().  Reads files, so it blocks.
// Bound:   two buffers; stops reading at the first byte that decides.
#pragma once

#include <cstdint>

#include "storage/file_storage.h"
#include "storage/part_file.h"
#include "storage/part_layout.h"

namespace btfast::storage {

enum class Belief : std::uint8_t {
  kFile,     // what the part file has is there, too: the file is read where it is
  kNothing,  // nothing is there but zeros and some of what the part file has: nothing would be lost
  kBrought,  // …and all that the part file has is there
  kPart,     // something else is there: of these ends only the part file knows
};

// What look() found.  kFile where the part file has nothing of it; it may be what it likes then.
Belief believed_of(FileStorage& files, PartFile const& part, PartLayout const& layout,
                   FileIndex file);

}  // namespace btfast::storage
