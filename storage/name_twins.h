// Which files of a torrent some file system may take for one, or a file for a directory:
// their names differ in case, in composition, in invisible characters, in what Windows does
// not hold, or in dots and spaces at an end.  More are named than any one file system
// confuses: who is named is looked at twice, nothing else.
//
// Threads: pure function.
#pragma once

#include <vector>

#include "storage/file_map.h"

namespace btfast::storage {

// Sets `contested`.
void mark_twins(std::vector<FileSpec>& files);

}  // namespace btfast::storage
