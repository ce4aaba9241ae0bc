// The names that an unfinished download's control file notes: they were chosen when it began,
// by this version of btfast or by the one before, and the data is under them whatever else
// stands beside it now.
//
// Threads: any; blocks.
#pragma once

#include <string>
#include <vector>

#include "engine/base/types.h"
#include "storage/file_map.h"

namespace btfast {

// Looks below `output_dir` for a control file of the torrent beside each name that its file or
// top folder may have, and takes its names where each is one that our rules can make of the
// file's own: whoever wrote the control file moves no file to another's place.  Of a file that
// was not there only the top is taken.  Names stay as they are where there is none to believe.
void use_noted_names(std::vector<storage::FileSpec>& files, std::string const& output_dir,
                     InfoHash const& info_hash);

}  // namespace btfast
